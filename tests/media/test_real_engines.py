"""The real libraries, offline, on tiny models with random weights: what they are asked, and what is made of it."""

import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dougpt_media import RefineSettings, TranscribeSettings, Transcript, read_audio, refine, transcribe
from dougpt_media.memory import OutOfMemoryError
from dougpt_media.progress import Progress
from dougpt_media.transcription import MissingWeightsError
from dougpt_schema import WORDS
from tiny_models import make_wav2vec2, make_whisper

pytest.importorskip("faster_whisper")

CHUNK_S = 3.0


@pytest.fixture(scope="session")
def whisper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny Whisper."""
    return make_whisper(tmp_path_factory.mktemp("whisper"))


@pytest.fixture(scope="session")
def wav2vec2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny wav2vec2."""
    pytest.importorskip("whisperx")
    return make_wav2vec2(tmp_path_factory.mktemp("wav2vec2"))


def settings(whisper: Path, wav2vec2: Path | None = None, **others: Any) -> TranscribeSettings:
    fast: dict[str, Any] = {"device": "cpu", "compute_type": "float32", "beam_size": 1, "offline": True}
    # Random weights write nonsense, which is doubted; believed, it is not heard again six times.
    trusting: dict[str, Any] = {"min_logprob": -1e9, "max_compression": 1e9, "max_letters_per_s": 1e9}
    align_model = None if wav2vec2 is None else str(wav2vec2)
    return TranscribeSettings(model=str(whisper), align_model=align_model, **{**fast, **trusting, **others})


def has_all(found: Transcript) -> None:
    WORDS.check(found.words)
    assert found.words.num_rows
    assert found.words["text"].to_pylist() == [text for text in found.words["text"].to_pylist() if text]


def test_faster_whisper_hears_and_tells_how_far_it_is(speech: Path, whisper: Path) -> None:
    told: list[Progress] = []
    path = speech / "jfk.flac"

    found = transcribe(
        path,
        recording_id="r",
        engine="faster_whisper",
        settings=settings(whisper, chunk_s=CHUNK_S),
        progress=told.append,
    )

    has_all(found)
    assert set(found.words["timing"].to_pylist()) == {"decoded"}
    assert [step.done_ms for step in told] == sorted(step.done_ms for step in told)
    assert told[-1] == Progress("recognising speech", 11_000, 11_000)
    assert len(told) > 2


def test_whisperx_hears_and_aligns(speech: Path, whisper: Path, wav2vec2: Path) -> None:
    found = transcribe(speech / "jfk.flac", recording_id="r", engine="whisperx", settings=settings(whisper, wav2vec2))

    has_all(found)
    assert set(found.words["timing"].to_pylist()) <= {"forced", "interpolated"}
    for row in found.words.to_pylist():
        assert (row["timing"] == "forced") == ("unaligned" not in row["flags"])
    assert max(found.words["end_ms"].to_pylist()) <= read_audio(speech / "jfk.flac").end_ms
    assert found.report.facts["align_model"] == wav2vec2.name


def test_words_of_another_engine_are_aligned_by_choice(speech: Path, whisper: Path) -> None:
    pytest.importorskip("pocketsphinx")

    found = transcribe(
        speech / "cards-001.wav",
        recording_id="r",
        engine="faster_whisper",
        settings=settings(whisper, align="pocketsphinx"),
    )

    has_all(found)
    assert found.report.facts["aligner"] == "pocketsphinx"
    assert all("unaligned" in flags for flags in found.words["flags"].to_pylist())


def test_captions_are_refined_by_wav2vec2(conversation: Any, as_cues: Any, wav2vec2: Path) -> None:
    audio, gold = conversation
    captions = as_cues(gold, 8)
    by_letters = RefineSettings(aligner="wav2vec2", align_model=str(wav2vec2), offline=True, min_probability=1e-6)

    one, two = (refine(captions, audio, by_letters).words for _ in range(2))

    assert one.equals(two)
    assert one["text"].equals(captions["text"])
    assert "forced" in one["timing"].to_pylist()


def test_random_text_is_heard_again_the_same_way_each_time_and_flagged(speech: Path, whisper: Path) -> None:
    doubting = settings(whisper, min_logprob=-0.01)

    one, two = (
        transcribe(speech / "cards-001.wav", recording_id="r", engine="faster_whisper", settings=doubting)
        for _ in range(2)
    )

    assert one.words.equals(two.words)
    assert one.report.counts["hallucinated"] == one.words.num_rows > 0
    assert {flags[:2] == ["hallucinated", "unlikely"] for flags in one.words["flags"].to_pylist()} == {True}


@pytest.mark.parametrize("engine", ["faster_whisper", "whisperx"])
def test_a_batch_that_does_not_fit_is_halved_and_told(
    engine: str, speech: Path, whisper: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    import faster_whisper

    own = settings(whisper, request.getfixturevalue("wav2vec2") if engine == "whisperx" else None, batch_size=4)
    whole = transcribe(speech / "cards-001.wav", recording_id="r", engine=engine, settings=own)
    calls: list[Any] = []

    def encode(model: Any, features: Any) -> Any:
        calls.append(features)
        if len(calls) <= 2:
            raise RuntimeError("CUDA failed with error out of memory")
        return real(model, features)

    holder = sys.modules["whisperx.asr"].WhisperModel if engine == "whisperx" else faster_whisper.WhisperModel
    real = holder.encode
    monkeypatch.setattr(holder, "encode", encode)
    found = transcribe(speech / "cards-001.wav", recording_id="r", engine=engine, settings=own)

    assert found.words.equals(whole.words)
    assert found.report.counts["batch_halvings"] == 2
    assert any("the batch size was halved 2 times" in warning for warning in found.report.warnings)


def test_an_aligner_that_does_not_fit_says_what_to_do(
    conversation: Any, as_cues: Any, wav2vec2: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch
    from transformers import Wav2Vec2ForCTC

    def forward(*_: Any, **__: Any) -> None:
        raise torch.OutOfMemoryError("tried to allocate 2 GiB")

    monkeypatch.setattr(Wav2Vec2ForCTC, "forward", forward)
    audio, gold = conversation

    with pytest.raises(OutOfMemoryError, match="forced alignment with wav2vec2: out of memory"):
        refine(as_cues(gold, 8), audio, RefineSettings(aligner="wav2vec2", align_model=str(wav2vec2), device="cpu"))


def test_a_model_is_given_back_before_the_next_is_loaded(
    speech: Path, whisper: Path, wav2vec2: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import weakref

    from dougpt_media import align_models
    from dougpt_media.transcription import whisperx as engine

    recogniser: list[weakref.ref[Any]] = []
    real_load, real_align = engine.whisperx.load_model, engine.whisperx.load_align_model

    def load(*args: Any, **options: Any) -> Any:
        pipeline = real_load(*args, **options)
        recogniser.append(weakref.ref(pipeline))
        return pipeline

    def load_align(*args: Any, **options: Any) -> Any:
        assert [pipeline() for pipeline in recogniser] == [None]
        return real_align(*args, **options)

    monkeypatch.setattr(engine.whisperx, "load_model", load)
    monkeypatch.setattr(align_models.whisperx, "load_align_model", load_align)
    has_all(
        transcribe(speech / "cards-001.wav", recording_id="r", engine="whisperx", settings=settings(whisper, wav2vec2))
    )
    assert recogniser


KILLED = """
    import sys
    from pathlib import Path
    from dougpt_media import TranscribeSettings, transcribe
    from dougpt_media.settings import TranscribeSettings as S

    path, model, resume, out = sys.argv[1:]
    settings = S(model=model, device="cpu", compute_type="float32", beam_size=1, offline=True, chunk_s=3.0,
                 min_logprob=-1e9, max_compression=1e9, max_letters_per_s=1e9)
    def told(step):
        print(step.done_ms, step.kept_ms, flush=True)
    found = transcribe(path, recording_id="r", engine="faster_whisper", settings=settings, source_id="s",
                       progress=told, resume=Path(resume))
    import pyarrow.parquet
    pyarrow.parquet.write_table(found.words, out)
"""


def test_a_killed_run_goes_on_after_its_last_finished_chunk(speech: Path, whisper: Path, tmp_path: Path) -> None:
    program = textwrap.dedent(KILLED)

    def command(resume: str, out: str) -> list[str]:
        path = speech / "jfk.flac"
        return [sys.executable, "-c", program, str(path), str(whisper), str(tmp_path / resume), str(tmp_path / out)]

    subprocess.run(command("undisturbed", "whole.parquet"), check=True, capture_output=True)
    with subprocess.Popen(command("killed", "none.parquet"), stdout=subprocess.PIPE, text=True) as victim:
        assert victim.stdout is not None
        victim.stdout.readline()  # nothing is done yet
        victim.stdout.readline()
        victim.send_signal(signal.SIGKILL)
    kept = {file: file.stat().st_mtime_ns for file in (tmp_path / "killed").rglob("recognised-*.json")}
    resumed = subprocess.run(command("killed", "resumed.parquet"), check=True, capture_output=True, text=True)

    assert 0 < int(resumed.stdout.split()[-1]) < 11_000  # milliseconds that were not its work
    assert not (tmp_path / "none.parquet").exists()
    files = sorted((tmp_path / "killed").rglob("recognised-*.json"))
    assert 0 < len(kept) < len(files)
    assert {file: file.stat().st_mtime_ns for file in kept} == kept
    assert (tmp_path / "resumed.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()


def test_chunks_of_other_settings_are_not_taken(speech: Path, whisper: Path, tmp_path: Path) -> None:
    for beam_size in (1, 2):
        own = settings(whisper, beam_size=beam_size)
        transcribe(
            speech / "cards-001.wav", recording_id="r", engine="faster_whisper", settings=own, resume=tmp_path / "kept"
        )

    assert len(list((tmp_path / "kept").iterdir())) == 2


@pytest.mark.parametrize("engine", ["faster_whisper", "whisperx"])
def test_missing_weights_are_named_with_the_command_that_fetches_them(
    engine: str, speech: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    align_model = str(request.getfixturevalue("wav2vec2")) if engine == "whisperx" else None

    def hear(model: str) -> None:
        own = TranscribeSettings(
            model=model, align_model=align_model, model_cache=str(tmp_path / "cache"), offline=True
        )
        transcribe(speech / "cards-001.wav", recording_id="r", engine=engine, settings=own)

    with pytest.raises(
        MissingWeightsError, match="hf download Systran/faster-whisper-small --local-dir models/"
    ) as error:
        hear("small")
    assert "copy the folder here and set transcribe.model (--model) to it" in str(error.value)
    with pytest.raises(MissingWeightsError, match=r"lacks model\.bin, config\.json, tokenizer\.json"):
        hear(str(tmp_path))
    with pytest.raises(MissingWeightsError, match="there is no such folder"):
        hear(str(tmp_path / "nowhere"))


@pytest.mark.parametrize(
    ("language", "command"),
    [
        ("en", r"torchaudio\.pipelines\.WAV2VEC2_ASR_BASE_960H\.get_model.*set model_cache of"),
        ("nl", "hf download jonatasgrosman/wav2vec2-large-xlsr-53-dutch --local-dir models/wav2vec2-nl"),
    ],
)
def test_a_missing_aligner_is_named_before_hours_of_recognition(
    language: str, command: str, whisper: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("whisperx")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    own = settings(whisper, language=language, model_cache=str(tmp_path), offline=False)

    with pytest.raises(MissingWeightsError, match=f"(?s){command}"):
        transcribe(tmp_path / "never opened.wav", recording_id="r", engine="whisperx", settings=own)


def test_silence_has_no_words_and_that_is_said(whisper: Path, tmp_path: Path) -> None:
    import wave

    with wave.open(str(tmp_path / "silence.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(np.zeros(16_000 * 5, np.int16).tobytes())

    found = transcribe(tmp_path / "silence.wav", recording_id="r", engine="faster_whisper", settings=settings(whisper))

    assert found.words.num_rows == 0
    assert any("no speech was recognised" in warning for warning in found.report.warnings)
