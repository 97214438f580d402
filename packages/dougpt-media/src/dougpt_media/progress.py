"""How far long work is, told to whoever asked to be told."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """Milliseconds of the recording that a step has dealt with, of how many; `step` says what is being done."""

    step: str
    done_ms: int
    total_ms: int


Tell = Callable[[Progress], None]
