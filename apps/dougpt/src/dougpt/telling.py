"""How far work on a recording's sound is, and how long it will take: on stderr, on one line where that is a terminal.

A job of a pipeline, and a log, gets plain lines, with some seconds between them.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

import click
from dougpt_media.progress import Progress

from dougpt.terminal import lasting

LINE_EVERY_S = 15.0
REDRAW_EVERY_S = 0.5
LEAST_S = 2.0  # before that a rate means nothing
CLEAR = "\r\x1b[K"


def span(ms: int) -> str:
    """Return milliseconds as m:ss or h:mm:ss."""
    minutes, seconds = divmod(ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def line_of(progress: Progress, worked_ms: int, elapsed_s: float) -> str:
    """Return one line: what is done, how much of it, how many times faster than the sound plays, how long to go.

    Args:
        progress: What was told last.
        worked_ms: Sound dealt with in this run; a resumed one began further on.
        elapsed_s: Seconds that this took.
    """
    text = f"{progress.step}: {span(progress.done_ms)} of {span(progress.total_ms)}"
    if elapsed_s < LEAST_S or worked_ms <= 0:
        return text
    rate = worked_ms / 1000 / elapsed_s
    left_s = max(progress.total_ms - progress.done_ms, 0) / 1000 / rate
    return f"{text} at {rate:.{0 if rate >= 10 else 1}f} x real time, {lasting(left_s)} left"


def _to_stderr(text: str) -> None:
    click.echo(text, nl=False, err=True)


def _is_terminal() -> bool:
    return sys.stderr.isatty()


@dataclass(slots=True)
class Telling:
    """Tells of the steps of one job; the line of a terminal is gone once the context is left.

    Attributes:
        name: What the line begins with.
        write: Where text goes.
        redraws: Whether one line is written over and over.
        clock: Seconds.
    """

    name: str
    write: Callable[[str], object] = _to_stderr
    redraws: bool = field(default_factory=_is_terminal)
    clock: Callable[[], float] = time.monotonic
    _step: str = ""
    _from_ms: int = 0
    _began_s: float = 0.0
    _told_s: float = float("-inf")
    _drawn: bool = False

    def __enter__(self) -> Self:
        self._told_s = self.clock()
        return self

    def __exit__(self, *_: object) -> None:
        if self._drawn:
            self.write(CLEAR)

    def __call__(self, progress: Progress, more: str = "") -> None:
        """Take what a library tells; `more` stands at the end of the line."""
        now_s = self.clock()
        worked_ms = progress.done_ms - progress.kept_ms
        if progress.step != self._step or worked_ms < self._from_ms:
            self._step, self._from_ms, self._began_s = progress.step, worked_ms, now_s
        if now_s - self._told_s < (REDRAW_EVERY_S if self.redraws else LINE_EVERY_S):
            return
        self._told_s = now_s
        line = f"{self.name}: {line_of(progress, worked_ms - self._from_ms, now_s - self._began_s)}{more}"
        self.write(CLEAR + line if self.redraws else line + "\n")
        self._drawn = self.redraws
