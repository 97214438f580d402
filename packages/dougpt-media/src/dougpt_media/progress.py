"""How far long work is, told to whoever asked to be told."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """Milliseconds of the recording that a step has dealt with, of how many; `step` says what is being done.

    `kept_ms` of what is done were done by an earlier run, which was killed: they say nothing of the speed.
    """

    step: str
    done_ms: int
    total_ms: int
    kept_ms: int = 0


@dataclass(frozen=True, slots=True)
class FileProgress:
    """Bytes of the files of a folder that were dealt with, of how many, and which file is at hand, counted from 1."""

    name: str
    file: int
    files: int
    done_bytes: int
    total_bytes: int


@dataclass(frozen=True, slots=True)
class DownloadProgress:
    """Bytes of one file that were fetched, of how many, where that is known."""

    name: str
    done_bytes: int
    total_bytes: int | None


Tell = Callable[[Progress], None]
# Takes the share of a file's work that is done.
TellShare = Callable[[float], None]
