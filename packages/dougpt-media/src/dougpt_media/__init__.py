"""Recordings to words with times: ingest, decode, captions, forced alignment, transcription.

The public names are loaded on first use, so that importing the package loads no decoder and no model.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from dougpt_media.settings import DiariseSettings, DownloadSettings, RefineSettings, TranscribeSettings

if TYPE_CHECKING:
    from dougpt_media.audio import Audio, read_audio
    from dougpt_media.captions import read_captions
    from dougpt_media.diarisation import diarise
    from dougpt_media.downloading import Download, download
    from dougpt_media.gaps import known_gaps, merged_gaps
    from dougpt_media.ingestion import Ingest, ingest
    from dougpt_media.normalise import normal
    from dougpt_media.refinement import refine
    from dougpt_media.transcript import Transcript, join_parts
    from dougpt_media.transcription import transcribe

_HOMES = {
    "Audio": "audio",
    "Download": "downloading",
    "Ingest": "ingestion",
    "Transcript": "transcript",
    "diarise": "diarisation",
    "download": "downloading",
    "ingest": "ingestion",
    "join_parts": "transcript",
    "known_gaps": "gaps",
    "merged_gaps": "gaps",
    "normal": "normalise",
    "read_audio": "audio",
    "read_captions": "captions",
    "refine": "refinement",
    "transcribe": "transcription",
}

__all__ = [
    "Audio",
    "DiariseSettings",
    "Download",
    "DownloadSettings",
    "Ingest",
    "RefineSettings",
    "TranscribeSettings",
    "Transcript",
    "diarise",
    "download",
    "ingest",
    "join_parts",
    "known_gaps",
    "merged_gaps",
    "normal",
    "read_audio",
    "read_captions",
    "refine",
    "transcribe",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
