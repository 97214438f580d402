"""The package is light until it is used, and its names are the functions, whichever way they are reached."""

import subprocess
import sys
from pathlib import Path

import dougpt_media


def test_every_public_name_is_there() -> None:
    for name in dougpt_media.__all__:
        assert getattr(dougpt_media, name) is not None


def test_importing_loads_no_decoder_and_no_model() -> None:
    heavy = ["av", "pocketsphinx", "torch", "num2words", "faster_whisper", "whisperx", "pyarrow"]
    program = f"import sys, dougpt_media, dougpt_media.settings; print([m for m in {heavy} if m in sys.modules])"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_no_module_hides_a_public_name() -> None:
    modules = {path.stem for path in Path(dougpt_media.__path__[0]).iterdir()}

    assert modules & set(dougpt_media.__all__) == set()
