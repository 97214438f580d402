"""Speech to words with one of several engines behind one function."""

from importlib import import_module
from pathlib import Path
from typing import cast

from dougpt_schema import DougptError, file_sha256
from dougpt_schema import source_id as id_of

from dougpt_media.audio import read_audio
from dougpt_media.progress import Progress, Tell
from dougpt_media.report import Report
from dougpt_media.settings import TranscribeSettings
from dougpt_media.transcript import Transcript, Word, words_table
from dougpt_media.transcription.recognition import MissingWeightsError, Recogniser

ENGINES = ("faster_whisper", "pocketsphinx", "whisperx")

__all__ = ["ENGINES", "MissingWeightsError", "UnknownEngineError", "transcribe"]


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
) -> Transcript:
    """Recognise the speech of a media file.

    Args:
        path: A file with sound.
        recording_id: The recording it belongs to.
        engine: One of `ENGINES`.
        settings: The engine's model and how it runs.
        source_id: The file's id, computed from its bytes if not given.
        progress: Told how far the work is.

    Raises:
        UnknownEngineError: There is no such engine.
        MissingExtraError: The engine is not installed.
        MissingWeightsError: Its model is not there.
        UnreadableMediaError: The file cannot be decoded, or holds no sound.
    """
    recognise = _recogniser(engine)
    audio = read_audio(path)
    if progress is not None:
        progress(Progress("recognising speech", 0, audio.end_ms))
    recognition = recognise(audio, settings or TranscribeSettings())
    words = [inside for word in recognition.words if (inside := _within(word, audio.end_ms)) is not None]
    counts = {"words": len(words), "outside_sound": len(recognition.words) - len(words)}
    return Transcript(
        words=words_table(words, recording_id=recording_id, source_id=source_id or id_of(file_sha256(path))),
        gaps=audio.gaps_table(recording_id),
        report=Report(
            "transcribe",
            {**audio.report.counts, **counts},
            {"engine": engine, **recognition.facts},
            (*recognition.warnings, *audio.report.warnings),
        ),
    )


def _recogniser(engine: str) -> Recogniser:
    if engine not in ENGINES:
        raise UnknownEngineError(f"there is no engine {engine!r}: it is one of {', '.join(ENGINES)}")
    return cast("Recogniser", import_module(f"{__name__}.{engine}").recognise)


def _within(word: Word, end_ms: int) -> Word | None:
    """Clip a word to the sound; recognisers place some after its end, where nothing can have been said."""
    if word.start_ms >= end_ms:
        return None
    return Word(
        max(0, word.start_ms),
        max(0, word.start_ms, min(word.end_ms, end_ms)),
        word.text,
        word.segment_id,
        word.timing,
        word.probability,
        word.speaker,
        word.flags,
    )
