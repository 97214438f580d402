"""How far an ingest or a download is: a line every few seconds, with bytes and the time left."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from dougpt_media.progress import DownloadProgress, FileProgress

from dougpt.terminal import lasting, note, safe

EVERY_S = 2.0
SURE_AFTER_S = 3.0


@dataclass(slots=True)
class ProgressLines:
    """Prints on stderr; the first line at once, then one every two seconds at most."""

    tell: Callable[[str], None] = note
    clock: Callable[[], float] = time.monotonic
    _began_s: float | None = None
    _told_s: float = field(default=float("-inf"))
    _name: str = ""

    def file(self, told: FileProgress) -> None:
        """Tell about files that are read."""
        if self._is_due():
            count = f"{told.file} of {told.files} files, {size(told.done_bytes)} of {size(told.total_bytes)}"
            self.tell(f"ingest: {count}{self._left(told.done_bytes, told.total_bytes)}: {safe(told.name)}")

    def fetched(self, told: DownloadProgress) -> None:
        """Tell about a file that comes from the web."""
        if told.name != self._name:
            self._name, self._began_s, self._told_s = told.name, None, float("-inf")
        if self._is_due():
            of = "" if told.total_bytes is None else f" of {size(told.total_bytes)}"
            left = self._left(told.done_bytes, told.total_bytes or 0)
            self.tell(f"download: {size(told.done_bytes)}{of}{left}: {safe(told.name)}")

    def _is_due(self) -> bool:
        now = self.clock()
        self._began_s = now if self._began_s is None else self._began_s
        if now - self._told_s < EVERY_S:
            return False
        self._told_s = now
        return True

    def _left(self, done: int, total: int) -> str:
        taken_s = self._told_s - (self._began_s or 0.0)
        if taken_s < SURE_AFTER_S or not 0 < done < total:
            return ""
        return f", about {lasting(taken_s * (total - done) / done)} left"


def size(n_bytes: int) -> str:
    """Return a number of bytes in the unit that suits it."""
    for unit, power in (("GB", 9), ("MB", 6), ("kB", 3)):
        if n_bytes >= 10**power:
            return f"{n_bytes / 10**power:.1f} {unit}"
    return f"{n_bytes} B"
