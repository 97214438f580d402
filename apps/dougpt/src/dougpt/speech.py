"""How the words of a recording are found: by which sources, which engine and which settings."""

from importlib.util import find_spec

from dougpt_schema import SourceRole

from dougpt.project import Recording
from dougpt.settings import Settings, SpeechSettings

ENGINES = ("whisperx", "faster_whisper", "pocketsphinx")
"""In the order in which `auto` takes them."""

WAY_LIBRARIES: dict[str, tuple[str, ...]] = {
    "none": (),
    "captions": (),
    "refined captions": ("av", "numpy", "pocketsphinx", "num2words"),
    "whisperx": ("av", "numpy", "whisperx", "faster-whisper", "ctranslate2", "torch"),
    "faster_whisper": ("av", "numpy", "faster-whisper", "ctranslate2"),
    "pocketsphinx": ("av", "numpy", "pocketsphinx"),
}
"""Distributions that decide the words, by way."""


def speech_way(recording: Recording, settings: SpeechSettings) -> str:
    """Return how the words of a recording are found, a key of WAY_LIBRARIES; nothing is imported for it."""
    captions = recording.of(SourceRole.CAPTIONS)
    audio = recording.of(SourceRole.VIDEO, SourceRole.AUDIO)
    if captions:
        return "refined captions" if audio and settings.refine_captions else "captions"
    if not audio:
        return "none"
    if settings.engine != "auto":
        return settings.engine
    return next((name for name in ENGINES if find_spec(name) is not None), "pocketsphinx")


def settings_of_way(settings: Settings, way: str) -> object:
    """Return the settings that the way heeds, so that no others make its output stale."""
    if way == "refined captions":
        return settings.refine
    return settings.transcribe if way in ENGINES else None
