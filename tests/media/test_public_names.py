"""The package is light until it is used, and its names are the functions, whichever way they are reached."""

import subprocess
import sys

import dougpt_media


def test_every_public_name_is_there() -> None:
    for name in dougpt_media.__all__:
        assert getattr(dougpt_media, name) is not None


def test_importing_loads_no_decoder_and_no_model() -> None:
    heavy = ["av", "pocketsphinx", "torch", "num2words", "faster_whisper", "whisperx", "pyarrow"]
    program = f"import sys, dougpt_media, dougpt_media.settings; print([m for m in {heavy} if m in sys.modules])"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_a_public_name_is_the_function_even_after_its_modules_were_imported() -> None:
    program = (
        "import dougpt_media.ingestion, dougpt_media.captions, dougpt_media.refinement, dougpt_media.transcription\n"
        "from dougpt_media import ingest, read_captions, refine, transcribe\n"
        "print(all(map(callable, (ingest, read_captions, refine, transcribe))))"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "True"
