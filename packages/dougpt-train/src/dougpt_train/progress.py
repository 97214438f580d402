"""How far a run is, how fast it is, and how long it will take."""

import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

RSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is.

    Attributes:
        stage: "base" (the tiny model's first training) or "adapter".
        done: Steps done.
        total: Steps in all.
        loss: The last loss, in nats a token.
        tokens_per_s: Tokens trained on a second since the first step, padding not counted.
        seconds_left: How long the stage will still take at this speed.
        memory_bytes: The most memory held so far, of the GPU where one is used.
    """

    stage: str
    done: int
    total: int
    loss: float | None = None
    tokens_per_s: float | None = None
    seconds_left: float | None = None
    memory_bytes: int | None = None


Told = Callable[[Progress], None]


class Teller:
    """Tells of steps, with speed and time left measured from the first of them.

    Args:
        told: Whoever wants to know; None for nobody.
        stage: The stage's name.
        tokens_a_step: Tokens that a step trains on, on average.
    """

    def __init__(self, told: Told | None, stage: str, tokens_a_step: float) -> None:
        self._told = told
        self._stage = stage
        self._tokens_a_step = tokens_a_step
        self._first: tuple[int, float] | None = None

    def __call__(self, done: int, total: int, loss: float | None, memory_bytes: int | None = None) -> None:
        """Tell of a step, and of the memory that another process held for it."""
        if self._told is None:
            return
        now = time.monotonic()
        if self._first is None:
            self._first = done, now
        steps, seconds = done - self._first[0], now - self._first[1]
        rate = steps / seconds if steps and seconds else None
        self._told(
            Progress(
                self._stage,
                done,
                total,
                loss,
                tokens_per_s=None if rate is None else rate * self._tokens_a_step,
                seconds_left=None if rate is None else (total - done) / rate,
                memory_bytes=memory_bytes or memory_held(),
            )
        )


def memory_held() -> int:
    """Return the most bytes held so far: of the GPU where one is used, else of this process."""
    if torch.cuda.is_available() and (held := torch.cuda.max_memory_allocated()):
        return int(held)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * RSS_UNIT
