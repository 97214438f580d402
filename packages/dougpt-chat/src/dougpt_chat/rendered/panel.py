"""Where the chat stands in the picture: the place in which text moves up or down as a whole and then stands still.

Pairs of pictures are compared in stretches spread over the video. Where a shift straight up or down explains what
stands there much better than standing still does, something scrolled; places that scrolled again and again, and stood
still in between, are panels. Whether what lies behind the text is opaque or a moving picture makes no difference.
H rows, W columns of pixels.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

import cv2
import numpy as np
from numpy.typing import NDArray

from dougpt_chat.rendered.cells import CELL, Cells, largest_group
from dougpt_chat.rendered.edges import snapped
from dougpt_chat.rendered.frames import Picture, Region, Video
from dougpt_chat.rendered.motion import Strokes, strokes_of
from dougpt_chat.rendered.scrolled import Pair, compare_pair, resting_cells
from dougpt_chat.rendered.scrolls import Scrolls, alone
from dougpt_chat.rendered.still_text import StillStrokes

# Pictures are made smaller until they have about this many rows.
ROWS = 480
# Between two that are compared: every jump of the chat lies between two of them.
APART_MS = 165
MOST_KEPT, LEAST_KEPT = 40, 4
# How many pairs are looked at together: some seconds, in which a panel stands in one place.
PAIRS = 32
STRETCH_MS = 3_000
SPACING_MS = 20_000
MOST_STRETCHES = 80
# Up to this length a video in which too little was found is looked through as a whole.
WHOLE_MS = 300_000
ENOUGH_SCROLLS = 6
LEAST_CELLS = 8
# Two scrolls are of one panel where their cells overlap this much; a panel scrolled this much against what scrolled
# most, and lies no more than that in another.
SAME_PANEL = 0.25
LEAST_MASS = 0.1
MOST_OVERLAP = 0.1


@dataclass(frozen=True, slots=True)
class Panel:
    """A chat in the picture: where it stands, and from when to when it may; to the end of the video where None."""

    panel_id: int
    region: Region
    from_ms: int
    to_ms: int | None

    def holds(self, at_ms: int) -> bool:
        """Whether it may stand there at a time."""
        return self.from_ms <= at_ms and (self.to_ms is None or at_ms <= self.to_ms)


def find_panels(video: Video) -> list[Panel]:
    """Return the panels of a video by the time of their first scroll; none where nothing scrolls like chat."""
    search = _Search(video.size)
    spacing_ms = max(SPACING_MS, video.duration_ms // MOST_STRETCHES)
    if video.duration_ms > 2 * SPACING_MS:
        for from_ms in range(0, video.duration_ms, spacing_ms):
            search.look(video.stretch(from_ms, from_ms + STRETCH_MS))
    if search.scrolls < ENOUGH_SCROLLS and video.duration_ms <= WHOLE_MS:
        search = _Search(video.size)
        search.look(video.stretch(0, video.duration_ms or WHOLE_MS))
    return search.panels()


class _Search:
    """What scrolled so far."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size
        self._times = max(1, round(size[1] / ROWS))
        self._found: list[Scrolls] = []
        self._kept: list[tuple[int, NDArray[np.uint8]]] = []
        self._seen, self._every = 0, 1
        self._pairs: list[Pair] = []
        self._still = StillStrokes()
        self.scrolls = 0

    def look(self, pictures: Iterator[Picture]) -> None:
        """Compare the pictures of a stretch, two and two, some seconds at a time."""
        pairs = self._with_strokes(self._sampled(pictures))
        while seen := [compare_pair(before, after, at_ms) for before, after, at_ms in islice(pairs, PAIRS)]:
            rests = resting_cells(seen)
            for one in seen:
                for scrolled in one.scrolled:
                    cells = largest_group(scrolled & rests)
                    if cells.sum() >= LEAST_CELLS:
                        self._note(cells, one)
            self._pairs += [replace(one, scrolled=[]) for one in seen]

    def _sampled(self, pictures: Iterator[Picture]) -> Iterator[tuple[Strokes, Strokes, int]]:
        """Pictures and those that follow a moment later."""
        before: Strokes | None = None
        due_ms = -1
        for picture in pictures:
            if picture.at_ms < due_ms:
                continue
            due_ms = picture.at_ms + APART_MS
            luma_HW = picture.luma_HW((0, 0, *self._size))
            strokes_HW = strokes_of(self._smaller(luma_HW))
            self._keep(luma_HW, picture.at_ms)
            if before is not None:
                yield before, strokes_HW, picture.at_ms
            before = strokes_HW

    def _with_strokes(self, pairs: Iterator[tuple[Strokes, Strokes, int]]) -> Iterator[tuple[Strokes, Strokes, int]]:
        """The same pairs, after noting the strokes that stood still in them."""
        for before_HW, after_HW, at_ms in pairs:
            self._still.note(before_HW, after_HW, at_ms)
            yield before_HW, after_HW, at_ms

    def _keep(self, luma_HW: NDArray[np.uint8], at_ms: int) -> None:
        """Keep some pictures, spread over what was seen: every second is let go when they are too many."""
        self._seen += 1
        if self._seen % self._every == 0:
            self._kept.append((at_ms, luma_HW.copy()))
        if len(self._kept) > MOST_KEPT:
            self._kept, self._every = self._kept[::2], 2 * self._every

    def _smaller(self, luma_HW: NDArray[np.uint8]) -> NDArray[np.uint8]:
        if self._times == 1:
            return luma_HW
        size = (luma_HW.shape[1] // self._times, luma_HW.shape[0] // self._times)
        return np.asarray(cv2.resize(luma_HW, size, interpolation=cv2.INTER_AREA), np.uint8)

    def _note(self, cells: Cells, pair: Pair) -> None:
        self.scrolls += 1
        scrolls = max(self._found, key=lambda one: one.overlap(cells), default=None)
        if scrolls is None or scrolls.overlap(cells) < SAME_PANEL:
            scrolls = Scrolls(np.zeros(cells.shape, np.float32))
            self._found.append(scrolls)
        scrolls.note(pair, cells)

    def panels(self) -> list[Panel]:
        """Return what was found, with the times between which each may stand there.

        Of places that overlap at the same time, that is a panel in which more scrolled.
        """
        for one in self._found:
            one.finish(self._pairs)
        likely = sorted((one for one in self._found if one.is_panel), key=lambda one: -one.mass)
        likely = [one for one in likely if one.mass >= LEAST_MASS * likely[0].mass]
        found: list[tuple[Scrolls, Region]] = []
        for one in likely:
            region = self._region(one, *alone(one, likely))
            if not any(_overlap(region, other) > MOST_OVERLAP and one.meets(its) for its, other in found):
                found.append((one, region))
        panels: list[Panel] = []
        for one, region in sorted(found, key=lambda pair: pair[0].from_ms):
            from_ms, to_ms = alone(one, [its for its, _ in found])
            panels.append(Panel(len(panels), region, from_ms, to_ms))
        return panels

    def _region(self, scrolls: Scrolls, from_ms: int, to_ms: int | None) -> Region:
        part = largest_group(scrolls.taking_part & scrolls.resting)
        rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
        to_ms = self._pairs[-1].at_ms if to_ms is None else to_ms
        box = self._still.box(
            slice(rows[0] * CELL, (rows[-1] + 1) * CELL),
            slice(columns[0] * CELL, (columns[-1] + 1) * CELL),
            from_ms,
            to_ms,
        )
        left, top, right, bottom = (int(edge) * self._times for edge in box)
        kept = [luma_HW for at_ms, luma_HW in self._kept if from_ms <= at_ms <= to_ms]
        if len(kept) < LEAST_KEPT:
            kept = [luma_HW for _, luma_HW in self._kept]
        return snapped(kept, (left, top, min(right, self._size[0]), min(bottom, self._size[1])))


def _overlap(one: Region, other: Region) -> float:
    """How much of the smaller region lies in the other."""
    across = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    down = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    return max(across, 0) * max(down, 0) / min(one[2] * one[3], other[2] * other[3])
