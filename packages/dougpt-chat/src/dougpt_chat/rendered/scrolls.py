"""All scrolls at one place of the picture, and whether it rests between them: chat does, a scene that pans does not.

N pairs of pictures, Y rows and X columns of cells.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from dougpt_chat.rendered.cells import Cells
from dougpt_chat.rendered.scrolled import LEAST_REST, Pair

# A panel is what scrolled so often, and is not nearly all of the picture.
LEAST_SCROLLS = 2
MOST_OF_PICTURE = 0.6
# A cell takes part that did so in this share of the scrolls, at least, of the cell with the most.
TAKES_PART = 0.2
# A scroll moves this much of what stands at its place, and so much of what it moves is there; where a scene moves, only
# some of it is, by chance.
AS_A_WHOLE, INSIDE = 0.7, 0.6
# Chat rests this long before and after some of its scrolls, in ms.
SHORTLY_MS = 800
# What stood still so near the scrolls of a place counts as its own, in ms.
AROUND_MS = 1_000
# A place stood still where this share of its cells did.
STILL = 0.7


@dataclass(slots=True)
class Scrolls:
    """Scrolls at one place: the sum of their cells, and when they were.

    How often the place stood still is counted between its first scroll and its last: before and after, something else
    may stand there.
    """

    cells: NDArray[np.float32]
    scrolls: list[tuple[int, Cells, Cells]] = field(default_factory=list)
    inked: NDArray[np.float32] = field(default_factory=lambda: np.zeros((1, 1), np.float32))
    still: NDArray[np.float32] = field(default_factory=lambda: np.zeros((1, 1), np.float32))
    from_ms: int = 0
    to_ms: int = 0
    rests: int = 0
    pairs: int = 0

    def note(self, pair: Pair, cells: Cells) -> None:
        """Note a scroll."""
        self.cells += cells
        self.scrolls.append((pair.at_ms, cells, pair.inked))

    def finish(self, pairs: list[Pair]) -> None:
        """Find from when to when this place scrolled as a whole, and how often it stood still meanwhile."""
        part = self.taking_part
        inked_NYX, still_NYX = np.stack([one.inked for one in pairs]), np.stack([one.still for one in pairs])
        count_N, still_N = inked_NYX[:, part].sum(axis=1), (inked_NYX & still_NYX)[:, part].sum(axis=1)
        rests_N = (count_N > 0) & (still_N > STILL * count_N)
        at_N = np.array([one.at_ms for one in pairs])
        rests_ms = at_N[rests_N]
        times = [
            at_ms for at_ms, cells, inked in self.scrolls if _is_of(cells, part, inked) and _is_between(at_ms, rests_ms)
        ]
        if len(times) < LEAST_SCROLLS:
            return
        self.from_ms, self.to_ms = min(times), max(times)
        near_N = (at_N >= self.from_ms - AROUND_MS) & (at_N <= self.to_ms + AROUND_MS) & (count_N > 0)
        self.pairs, self.rests = int(near_N.sum()), int((near_N & rests_N).sum())
        self.inked, self.still = (one[near_N].sum(axis=0, dtype=np.float32) for one in (inked_NYX, still_NYX))

    @property
    def resting(self) -> Cells:
        """The cells that stood still about as often as the place usually did."""
        inked, still = (cv2.blur(one, (3, 3)) for one in (self.inked, self.still))
        share = still / np.maximum(inked, 1)
        resting: Cells = share > STILL * float(np.median(share[self.taking_part]))
        return resting

    @property
    def mass(self) -> float:
        """How much scrolled here, in cells, weighed by how often it stood still between: chat rests, a scene pans."""
        return float(self.cells[self.taking_part].sum()) * (self.rests / max(self.pairs, 1)) ** 2

    def meets(self, other: "Scrolls") -> bool:
        """Whether both scrolled in the same part of the video."""
        return self.from_ms <= other.to_ms and other.from_ms <= self.to_ms

    def overlap(self, cells: Cells) -> float:
        """How much other cells overlap with these, 0 to 1."""
        size = np.linalg.norm(self.cells) * np.sqrt(cells.sum())
        return float(self.cells[cells].sum() / (size + 1e-9))

    @property
    def taking_part(self) -> Cells:
        """The cells that took part often enough."""
        part: Cells = self.cells >= max(1.0, TAKES_PART * float(self.cells.max()))
        return part

    @property
    def is_panel(self) -> bool:
        """Whether it rested often enough, and is not nearly all of the picture."""
        part = self.taking_part
        return (
            self.pairs > 0
            and self.rests >= LEAST_REST * self.pairs
            and bool(part.any())
            and float(part.mean()) < MOST_OF_PICTURE
        )


def alone(one: Scrolls, all_of: list[Scrolls]) -> tuple[int, int | None]:
    """Return from when to when a place may be a panel's: after those that ended before it, before those that follow."""
    before = [its.to_ms for its in all_of if its.to_ms < one.from_ms]
    after = [its.from_ms for its in all_of if its.from_ms > one.to_ms]
    return max(before, default=0), min(after, default=None)


def _is_of(cells: Cells, part: Cells, inked: Cells) -> bool:
    """Whether what scrolled is most of what stands in a place, and little beside it."""
    own = int((cells & part).sum())
    return own > 0 and own >= AS_A_WHOLE * int((inked & part).sum()) and own >= INSIDE * int(cells.sum())


def _is_between(at_ms: int, rests_ms: NDArray[np.int64]) -> bool:
    """Whether a place stood still shortly before a scroll and shortly after it: a scene that pans does not."""
    after = int(np.searchsorted(rests_ms, at_ms, side="right"))
    before = int(np.searchsorted(rests_ms, at_ms, side="left")) - 1
    return (
        before >= 0
        and after < len(rests_ms)
        and at_ms - int(rests_ms[before]) <= SHORTLY_MS
        and int(rests_ms[after]) - at_ms <= SHORTLY_MS
    )
