"""How the words of a recording are found, part by part: by which sources, which engine and which settings."""

from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from dougpt_media.settings import DiariseSettings
from dougpt_schema import SourceRole, file_sha256

from dougpt.project import SPEECH_ROLES, Recording, Source
from dougpt.settings import Settings, SpeechSettings

ENGINES = ("whisperx", "faster_whisper", "pocketsphinx")
"""In the order in which `auto` takes them."""

WAY_LIBRARIES: dict[str, tuple[str, ...]] = {
    "captions": (),
    "refined captions": ("av", "numpy", "num2words"),
    "whisperx": ("av", "numpy", "num2words", "whisperx", "faster-whisper", "ctranslate2", "pyannote-audio", "torch"),
    "faster_whisper": ("av", "numpy", "num2words", "faster-whisper", "ctranslate2", "onnxruntime"),
    "pocketsphinx": ("av", "numpy", "num2words", "pocketsphinx"),
}
"""Distributions that decide the words, by way; an aligner's come to them."""

ALIGNER_LIBRARIES: dict[str, tuple[str, ...]] = {
    "pocketsphinx": ("pocketsphinx",),
    "wav2vec2": ("whisperx", "torch", "torchaudio", "transformers"),
    "none": (),
}
"""Distributions that decide the times of words by forced alignment."""


DIARISE_LIBRARIES = ("av", "numpy", "pyannote-audio", "torch")
"""Distributions that decide who is heard."""


def parts_of(recording: Recording) -> list[tuple[Source, ...]]:
    """Return the speech sources of each part of a recording, parts in order; none where nobody can be heard."""
    sources = [source for source in recording.of(*SPEECH_ROLES) if _can_be_heard(source)]
    numbers = sorted({source.row["part_index"] for source in sources})
    return [tuple(source for source in sources if source.row["part_index"] == number) for number in numbers]


def _can_be_heard(source: Source) -> bool:
    """Return whether a source has words or sound; a picture that was downloaded apart from its sound has none."""
    streams = source.row["streams"]
    return streams is None or any(stream["kind"] == "audio" for stream in streams)


def way_of(part: tuple[Source, ...], settings: SpeechSettings) -> str:
    """Return how the words of a part are found, a key of WAY_LIBRARIES; nothing is imported for it."""
    roles = {source.role for source in part}
    if SourceRole.CAPTIONS in roles and (settings.use_captions or len(roles) == 1):
        return "refined captions" if len(roles) > 1 and settings.refine_captions else "captions"
    if settings.engine != "auto":
        return settings.engine
    return next((name for name in ENGINES if find_spec(name) is not None), "pocketsphinx")


def libraries_of_way(settings: Settings, way: str) -> tuple[str, ...]:
    """Return the distributions that decide the words of a way with these settings."""
    aligner = "none"
    if way == "refined captions":
        aligner = settings.refine.aligner
    elif way in ENGINES:
        choice = settings.transcribe.align
        aligner = ("wav2vec2" if way == "whisperx" else "none") if choice == "auto" else choice
    return (*WAY_LIBRARIES[way], *ALIGNER_LIBRARIES[aligner])


def settings_of_way(settings: Settings, way: str) -> object:
    """Return the settings that the way heeds, so that no others make its output stale."""
    if way == "refined captions":
        return settings.refine
    return settings.transcribe if way in ENGINES else None


def sound_of(part: tuple[Source, ...]) -> Source | None:
    """Return the source of a part that can be heard."""
    return next((source for source in part if source.role != SourceRole.CAPTIONS), None)


def tells_apart(parts: Sequence[tuple[Source, ...]], settings: Settings) -> bool:
    """Return whether speakers are told apart: it is asked for, and there is something to hear."""
    return settings.speech.diarise and any(sound_of(part) is not None for part in parts)


def in_workspace(settings: DiariseSettings, root: Path) -> DiariseSettings:
    """Return the settings with the streamer's sample as a path that holds anywhere; it is given from the workspace."""
    if settings.streamer_sample is None:
        return settings
    return replace(settings, streamer_sample=str(root.absolute() / settings.streamer_sample))


def what_tells_apart(settings: DiariseSettings, root: Path) -> tuple[DiariseSettings, str | None]:
    """Return what a recipe holds of telling speakers apart: the settings, and what the streamer's sample is."""
    sample = in_workspace(settings, root).streamer_sample
    there = sample is not None and Path(sample).is_file()
    return settings, file_sha256(Path(sample)) if sample is not None and there else None
