"""Every engine's words come out as the same table, on the recording's clock, and what is missing is named."""

import subprocess
import sys
from pathlib import Path

import pytest
from dougpt_media import TranscribeSettings, transcribe
from dougpt_media.gpu import NoGpuError
from dougpt_media.transcription import UnknownEngineError
from dougpt_schema import GAPS, WORDS, DougptError
from dougpt_schema.installing import install_command


def test_an_unknown_engine_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(UnknownEngineError, match="'siri': it is one of faster_whisper, pocketsphinx, whisperx"):
        transcribe(tmp_path / "a.wav", recording_id="r", engine="siri")


@pytest.mark.parametrize(("engine", "extra"), [("faster_whisper", "faster-whisper"), ("whisperx", "whisperx")])
def test_an_engine_that_is_not_installed_names_its_extra(engine: str, extra: str) -> None:
    program = f"""
import sys
class Absent:
    def find_spec(self, name, *_):
        library = name.partition(".")[0]
        if library in ("whisperx", "faster_whisper", "torch", "ctranslate2"):
            raise ModuleNotFoundError(name, name=library)
sys.meta_path.insert(0, Absent())
from dougpt_media import transcribe
from dougpt_schema import MissingExtraError
try:
    transcribe("a.wav", recording_id="r", engine={engine!r})
except MissingExtraError as error:
    print(error)
"""

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert install_command(f"dougpt-media[{extra}]") in done.stdout


@pytest.mark.parametrize("engine", ["faster_whisper", "whisperx"])
def test_missing_weights_are_said_before_torch_is_loaded(engine: str, tmp_path: Path) -> None:
    pytest.importorskip("faster_whisper")
    program = f"""
import importlib.util, sys
find_spec = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: sys if name == "whisperx" else find_spec(name, *more)
from dougpt_media import TranscribeSettings, transcribe
from dougpt_media.transcription import MissingWeightsError
for model in ("small", "tony", {str(tmp_path)!r}):
    own = TranscribeSettings(model=model, model_cache={str(tmp_path / "cache")!r}, offline=True)
    try:
        transcribe("never opened.wav", recording_id="r", engine={engine!r}, settings=own)
    except MissingWeightsError as error:
        print(error, error.fetch, sep=" | ")
print([name for name in ("torch", "whisperx") if name in sys.modules])
"""

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    named, unknown, folder, loaded = done.stdout.splitlines()
    fetch = "hf download Systran/faster-whisper-small --local-dir models/faster-whisper-small"
    assert f"{engine} cannot load the model 'small': it is no folder here, it is in no cache, and no network" in named
    assert f"where there is a network, run `{fetch}`, copy the folder here and set transcribe.model (--mod" in named
    assert named.endswith(f" | {fetch}")
    assert "published are only tiny.en, tiny, base.en" in unknown
    assert "lacks model.bin, config.json, tokenizer.json of a model in faster-whisper's format; set" in folder
    assert "hf download" not in unknown + folder
    assert loaded == "[]"


def test_a_gpu_that_is_not_there_is_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("faster_whisper")
    monkeypatch.setattr("dougpt_media.gpu.has_gpu", lambda: False)

    with pytest.raises(NoGpuError, match="no GPU is found here: take cpu, or auto"):
        transcribe(
            tmp_path / "a.wav", recording_id="r", engine="faster_whisper", settings=TranscribeSettings(device="cuda")
        )


def test_pocketsphinx_recognises_offline_and_warns_loudly(speech: Path) -> None:
    pytest.importorskip("pocketsphinx")
    one, two = (transcribe(speech / "cards-001.wav", recording_id="r", engine="pocketsphinx") for _ in range(2))

    WORDS.check(one.words)
    GAPS.check(one.gaps)
    assert one.words.num_rows
    assert set(one.words["timing"].to_pylist()) == {"decoded"}
    assert "50 to 70 of 100 words" in one.report.warnings[0]
    assert one.words.equals(two.words)


def test_pocketsphinx_refuses_another_language(speech: Path) -> None:
    pytest.importorskip("pocketsphinx")
    settings = TranscribeSettings(language="de")

    with pytest.raises(DougptError, match="English alone"):
        transcribe(speech / "cards-001.wav", recording_id="r", engine="pocketsphinx", settings=settings)


def test_settings_outside_their_range_are_refused() -> None:
    for wrong in ({"device": "tpu"}, {"batch_size": 0}, {"model": ""}, {"chunk_s": 0.0}):
        with pytest.raises(ValueError, match="must"):
            TranscribeSettings(**wrong)
