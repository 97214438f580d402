"""Speech to words with one of several engines behind one function."""

from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import cast

from dougpt_schema import DougptError, file_sha256
from dougpt_schema import source_id as id_of
from dougpt_schema.fingerprints import code_fingerprint, library_versions

from dougpt_media.audio import Audio, read_audio
from dougpt_media.extras import require_installed
from dougpt_media.gpu import require_gpu
from dougpt_media.progress import Progress, Tell
from dougpt_media.report import Report
from dougpt_media.settings import TranscribeSettings
from dougpt_media.transcript import Transcript, Word, words_table
from dougpt_media.transcription.engine import Engine
from dougpt_media.transcription.resume import Shelf
from dougpt_media.transcription.running import HALLUCINATED, RECOGNISING, Run
from dougpt_media.weights import MissingWeightsError, identity

EXTRAS = {"faster_whisper": "faster-whisper", "pocketsphinx": "pocketsphinx", "whisperx": "whisperx"}
ENGINES = tuple(EXTRAS)
OF_WHISPER = frozenset({"faster_whisper", "whisperx"})
ALIGNER_VERSIONS = {"wav2vec2": ("whisperx", "torch", "torchaudio", "transformers"), "pocketsphinx": ("pocketsphinx",)}

__all__ = ["ENGINES", "HALLUCINATED", "MissingWeightsError", "UnknownEngineError", "transcribe"]


class UnknownEngineError(DougptError):
    """There is no engine of that name."""


def transcribe(
    path: Path | str,
    *,
    recording_id: str,
    engine: str = "whisperx",
    settings: TranscribeSettings | None = None,
    source_id: str | None = None,
    progress: Tell | None = None,
    resume: Path | None = None,
) -> Transcript:
    """Recognise the speech of a media file.

    Words that nobody seems to have said have the flag `hallucinated` or `repeated`, with the reasons; they are in
    the table all the same.

    Args:
        path: A file with sound.
        recording_id: The recording it belongs to.
        engine: One of `ENGINES`.
        settings: The engine's model and how it runs.
        source_id: The file's id, computed from its bytes if not given.
        progress: Told after each chunk.
        resume: A folder for finished chunks: a run that was killed goes on after the last of them. It is the
            caller's to remove once the words are safe.

    Raises:
        UnknownEngineError: There is no such engine.
        MissingExtraError: The engine is not installed.
        MissingWeightsError: Its model is not there.
        NoGpuError: It is to run on a GPU, and there is none.
        OutOfMemoryError: Its model does not fit, even one piece of sound at a time.
        UnreadableMediaError: The file cannot be decoded, or holds no sound.
        NoRoomError: The disk has no room for its sound.
        DougptError: The engine does not know the language.
    """
    settings = settings or TranscribeSettings()
    recogniser = _engine(engine, settings)
    run = Run(recogniser, settings, progress)
    run.check()
    audio = read_audio(path)
    if progress is not None:
        progress(Progress(RECOGNISING, 0, audio.end_ms))
    sha256 = file_sha256(path)
    versions = library_versions(*recogniser.versions, *ALIGNER_VERSIONS.get(run.aligner or "", ()))
    models = (identity(settings.model), identity(settings.align_model))
    shelf = Shelf(resume, sha256, engine, settings, models, versions, code_fingerprint("dougpt_media"))
    recognised = run.words(audio, shelf)
    words = [inside for word in recognised if (inside := _within(word, audio.end_ms)) is not None]
    counts = {"words": len(words), "outside_sound": len(recognised) - len(words), **run.counts}
    return Transcript(
        words=words_table(words, recording_id=recording_id, source_id=source_id or id_of(sha256)),
        gaps=audio.gaps_table(recording_id),
        report=Report(
            "transcribe",
            {**audio.report.counts, **counts},
            {"engine": engine, "aligner": run.aligner or "none", **_model_facts(run), **recogniser.facts},
            (*recogniser.warnings, *_warnings(counts, audio), *audio.report.warnings),
        ),
    )


def _engine(name: str, settings: TranscribeSettings) -> Engine:
    if name not in ENGINES:
        raise UnknownEngineError(f"there is no engine {name!r}: it is one of {', '.join(ENGINES)}")
    # First of all, so that it is the engine's extra that is named where nothing is installed.
    require_installed(name, extra=EXTRAS[name], purpose=f"speech recognition with {name}")
    if name in OF_WHISPER:
        require_gpu(settings.device)
        # WhisperX and torch take half a minute to import.
        import_module(f"{__name__}.whisper_weights").find_model(settings, name)
    return cast("Engine", import_module(f"{__name__}.{name}").load(settings))


def _model_facts(run: Run) -> dict[str, str | float]:
    if run.aligner != "wav2vec2":
        return {}
    return {"align_model": Path(run.settings.align_model).name if run.settings.align_model else "default"}


def _warnings(counts: dict[str, int], audio: Audio) -> list[str]:
    warnings = []
    if made_up := counts["hallucinated"]:
        warnings.append(f"{made_up} of {counts['words']} words seem made up over music or silence: flagged, not used")
    if repeated := counts["repeated"]:
        warnings.append(f"{repeated} words repeat the line before without being heard: flagged, not used")
    if halvings := counts["batch_halvings"]:
        warnings.append(f"memory ran out: the batch size was halved {halvings} times; set a smaller `batch_size`")
    if not counts["words"]:
        warnings.append(f"no speech was recognised in {audio.end_ms / 60_000:.1f} minutes of sound")
    return warnings


def _within(word: Word, end_ms: int) -> Word | None:
    """Clip a word to the sound; recognisers place some after its end, where nothing can have been said."""
    if word.start_ms >= end_ms:
        return None
    start_ms = max(0, word.start_ms)
    return replace(word, start_ms=start_ms, end_ms=max(start_ms, min(word.end_ms, end_ms)))
