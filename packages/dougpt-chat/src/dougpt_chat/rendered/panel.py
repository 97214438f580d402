"""Where the chat stands in the picture: the place in which text moves up or down as a whole and then stands still.

Pairs of pictures are compared in stretches spread over the video. Where a shift straight up or down explains what
stands there much better than standing still does, something scrolled; places that scrolled again and again, and stood
still in between, are panels. Whether what lies behind the text is opaque or a moving picture makes no difference.
H rows, W columns of pixels.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

import cv2
import numpy as np
from numpy.typing import NDArray

from dougpt_chat.rendered.edges import snapped
from dougpt_chat.rendered.frames import Picture, Region, Video
from dougpt_chat.rendered.motion import COLUMN_STEP, Strokes, strokes_of

# Pictures are made smaller until they have about this many rows.
ROWS = 480
PAIR_MS, APART_MS = 100, 250
MOST_KEPT, LEAST_KEPT = 40, 4
# How many pairs are looked at together: some seconds, in which a panel stands in one place.
PAIRS = 16
STRETCH_MS = 3_000
SPACING_MS = 20_000
MOST_STRETCHES = 80
# Up to this length a video in which too little was found is looked through as a whole.
WHOLE_MS = 300_000
ENOUGH_SCROLLS = 6
# Cells in which scrolling is told, in pixels of the smaller picture; a cell scrolled where the shift explains this
# share of its strokes more than standing still does.
CELL = 16
EXPLAINED = 0.3
INK = 3.0
# A pixel is of a stroke from this strength on; lines of a panel that hold this much of what its usual line holds of
# strokes that stood still are within its text.
STROKE, WITHIN_TEXT = 20.0, 0.12
LEAST_CELLS = 8
STRIP_COLUMNS = 16
LEAST_SHIFT = 3
CANDIDATES = 3
# Two scrolls are of one panel where their cells overlap this much; a panel is what scrolled so often, stood still in
# this share of the pairs, is not nearly all of the picture, and scrolled this much against what scrolled most.
SAME_PANEL = 0.25
LEAST_SCROLLS = 2
# A scroll moves this much of what stands at its place, and so much of what it moves is there; where a scene moves, only
# some of it is, by chance.
AS_A_WHOLE, INSIDE = 0.7, 0.6
# Chat rests this long before and after some of its scrolls, in ms.
SHORTLY_MS = 800
# What stood still so near the scrolls of a place counts as its own, in ms.
AROUND_MS = 1_000
LEAST_REST, STILL = 0.15, 0.7
LEAST_MASS = 0.1
MOST_OVERLAP = 0.1
MOST_OF_PICTURE = 0.6
# A cell belongs to a panel where it took part in this share of the scrolls, at least, of the cell with the most.
TAKES_PART = 0.2

Cells = NDArray[np.bool_]
Box = tuple[int, int, int, int]


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


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two pictures compared, in cells: where something stood, where it stood still, where each shift explains it."""

    at_ms: int
    inked: Cells
    still: Cells
    scrolled: list[Cells]


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

    def note(self, pair: _Pair, cells: Cells) -> None:
        """Note a scroll."""
        self.cells += cells
        self.scrolls.append((pair.at_ms, cells, pair.inked))

    def finish(self, pairs: list[_Pair]) -> None:
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


def _alone(one: Scrolls, all_of: list[Scrolls]) -> tuple[int, int | None]:
    """From when to when a place may be a panel's: after those that ended before it, before those that follow."""
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
        self._pairs: list[_Pair] = []
        self._stood: list[tuple[int, NDArray[np.uint8], int]] = []  # bits of each row, and how long rows are
        self.scrolls = 0

    def look(self, pictures: Iterator[Picture]) -> None:
        """Compare the pictures of a stretch, two and two, some seconds at a time."""
        pairs = self._with_strokes(self._sampled(pictures))
        while seen := [_compare(before, after, at_ms) for before, after, at_ms in islice(pairs, PAIRS)]:
            rests = _rests(seen)
            for one in seen:
                for scrolled in one.scrolled:
                    cells = _largest(scrolled & rests)
                    if cells.sum() >= LEAST_CELLS:
                        self._note(cells, one)
            self._pairs += [replace(one, scrolled=[]) for one in seen]

    def _sampled(self, pictures: Iterator[Picture]) -> Iterator[tuple[Strokes, Strokes, int]]:
        """Pairs of pictures a moment apart, some in each second."""
        before: Strokes | None = None
        due_ms = -1
        for picture in pictures:
            if picture.at_ms < due_ms:
                continue
            luma_HW = picture.luma_HW((0, 0, *self._size))
            strokes_HW = strokes_of(self._smaller(luma_HW))
            if before is None:
                self._keep(luma_HW, picture.at_ms)
                before, due_ms = strokes_HW, picture.at_ms + PAIR_MS
            else:
                yield before, strokes_HW, picture.at_ms
                before, due_ms = None, picture.at_ms + APART_MS - PAIR_MS

    def _with_strokes(self, pairs: Iterator[tuple[Strokes, Strokes, int]]) -> Iterator[tuple[Strokes, Strokes, int]]:
        """The same pairs, after noting the strokes that stood still in them."""
        for before_HW, after_HW, at_ms in pairs:
            strength_HW = np.abs(after_HW)
            stood_HW = (strength_HW > STROKE) & (cv2.absdiff(after_HW, before_HW) < EXPLAINED * strength_HW)
            self._stood.append((at_ms, np.packbits(stood_HW, axis=1), stood_HW.shape[1]))
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

    def _note(self, cells: Cells, pair: _Pair) -> None:
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
        likely = sorted((one for one in self._found if self._is_panel(one)), key=lambda one: -one.mass)
        likely = [one for one in likely if one.mass >= LEAST_MASS * likely[0].mass]
        found: list[tuple[Scrolls, Region]] = []
        for one in likely:
            region = self._region(one, *_alone(one, likely))
            if not any(_overlap(region, other) > MOST_OVERLAP and one.meets(its) for its, other in found):
                found.append((one, region))
        panels: list[Panel] = []
        for one, region in sorted(found, key=lambda pair: pair[0].from_ms):
            from_ms, to_ms = _alone(one, [its for its, _ in found])
            panels.append(Panel(len(panels), region, from_ms, to_ms))
        return panels

    def _is_panel(self, scrolls: Scrolls) -> bool:
        part = scrolls.taking_part
        return (
            scrolls.pairs > 0
            and scrolls.rests >= LEAST_REST * scrolls.pairs
            and bool(part.any())
            and float(part.mean()) < MOST_OF_PICTURE
        )

    def _region(self, scrolls: Scrolls, from_ms: int, to_ms: int | None) -> Region:
        part = _largest(scrolls.taking_part & scrolls.resting)
        rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
        to_ms = self._pairs[-1].at_ms if to_ms is None else to_ms
        box = self._text_box(
            slice(rows[0] * CELL, (rows[-1] + 1) * CELL),
            slice(columns[0] * CELL, (columns[-1] + 1) * CELL),
            [(bits, width) for at_ms, bits, width in self._stood if from_ms <= at_ms <= to_ms],
        )
        left, top, right, bottom = (int(edge) * self._times for edge in box)
        kept = [luma_HW for at_ms, luma_HW in self._kept if from_ms <= at_ms <= to_ms]
        if len(kept) < LEAST_KEPT:
            kept = [luma_HW for _, luma_HW in self._kept]
        return snapped(kept, (left, top, min(right, self._size[0]), min(bottom, self._size[1])))

    def _text_box(self, rows: slice, columns: slice, stood: list[tuple[NDArray[np.uint8], int]]) -> Box:
        """Where within cells strokes stood still: left, top, right, bottom in the smaller picture."""
        across = slice(columns.start // COLUMN_STEP, columns.stop // COLUMN_STEP)
        stood_HW = sum(
            (np.unpackbits(bits[rows], axis=1, count=width)[:, across].astype(np.float32) for bits, width in stood),
            np.zeros((1, 1), np.float32),
        )
        left, right = _within(stood_HW.sum(axis=0))
        top, bottom = _within(stood_HW.sum(axis=1))
        return (
            columns.start + left * COLUMN_STEP,
            rows.start + top,
            columns.start + right * COLUMN_STEP,
            rows.start + bottom,
        )


def _within(strokes_N: NDArray[np.float32]) -> tuple[int, int]:
    smooth_N = cv2.blur(strokes_N.reshape(1, -1), (5, 1)).ravel()
    within = np.flatnonzero(smooth_N > WITHIN_TEXT * float(np.median(smooth_N[smooth_N > 0], keepdims=False)))
    return int(within[0]), int(within[-1]) + 1


def _compare(before_HW: Strokes, after_HW: Strokes, at_ms: int) -> _Pair:
    still = _cells(np.abs(after_HW - before_HW))
    strength = _cells(np.abs(after_HW))
    inked = strength > INK
    there = [_cells(np.abs(after_HW - _shifted(before_HW, shift))) for shift in _shifts(before_HW, after_HW)]
    scrolled = [inked & (still - one > EXPLAINED * strength) for one in there]
    return _Pair(at_ms, inked, inked & (still < (1 - EXPLAINED) * strength), scrolled)


def _rests(pairs: list[_Pair]) -> NDArray[np.bool_]:
    """The cells whose neighbourhood stood still in many of the pairs in which something stood there."""
    inked = np.sum([pair.inked for pair in pairs], axis=0, dtype=np.float32)
    still = np.sum([pair.still for pair in pairs], axis=0, dtype=np.float32)
    near_inked, near_still = (cv2.blur(one, (3, 3), borderType=cv2.BORDER_CONSTANT) for one in (inked, still))
    rests: NDArray[np.bool_] = near_still > LEAST_REST * near_inked
    return rests


def _shifts(before_HW: Strokes, after_HW: Strokes) -> list[int]:
    """The shifts that the most strips of the picture show, apart from standing still."""
    height, width = before_HW.shape
    length = cv2.getOptimalDFTSize(height + height // 2)
    strips = width // STRIP_COLUMNS
    whole = slice(0, strips * STRIP_COLUMNS)
    before_WF, after_WF = (np.fft.rfft(np.ascontiguousarray(one[:, whole].T), length) for one in (before_HW, after_HW))
    spectrum_SF = (before_WF * np.conj(after_WF)).reshape(strips, STRIP_COLUMNS, -1).sum(axis=1)
    curves_SD = np.fft.irfft(spectrum_SF, length)
    size_S1 = np.sqrt(_energy(before_HW[:, whole], strips) * _energy(after_HW[:, whole], strips))[:, None]
    curves_SD = np.maximum(curves_SD / np.maximum(size_S1, 1.0) - 0.05, 0)
    total_D = curves_SD.sum(axis=0)
    total_D[:LEAST_SHIFT] = total_D[-LEAST_SHIFT + 1 :] = 0
    farthest = height // 2
    total_D[farthest:-farthest] = 0
    shifts: list[int] = []
    for _ in range(CANDIDATES):
        best = int(np.argmax(total_D))
        if total_D[best] <= 0:
            break
        shifts.append(best if best < length // 2 else best - length)
        total_D[np.arange(best - LEAST_SHIFT, best + LEAST_SHIFT + 1) % length] = 0
    return shifts


def _energy(strokes_HW: Strokes, strips: int) -> NDArray[np.float32]:
    energy_S: NDArray[np.float32] = np.einsum("hw,hw->w", strokes_HW, strokes_HW).reshape(strips, -1).sum(axis=1)
    return energy_S


def _shifted(strokes_HW: Strokes, up_px: int) -> Strokes:
    """The picture moved up; what comes in is blank."""
    moved = np.zeros_like(strokes_HW)
    if up_px > 0:
        moved[:-up_px] = strokes_HW[up_px:]
    else:
        moved[-up_px:] = strokes_HW[:up_px]
    return moved


def _cells(image_HW: Strokes) -> NDArray[np.float32]:
    height, width = image_HW.shape
    rows, columns = height // CELL, width * COLUMN_STEP // CELL
    whole = image_HW[: rows * CELL, : columns * CELL // COLUMN_STEP]
    return np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA), np.float32)


def _largest(cells: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The largest group of cells, over gaps of two."""
    near = cv2.dilate(cells.astype(np.uint8), np.ones((5, 3), np.uint8))
    _, labels, _, _ = cv2.connectedComponentsWithStats(near, connectivity=8)
    sizes = np.bincount(np.asarray(labels, np.int64)[cells], minlength=2)
    sizes[0] = 0
    largest: NDArray[np.bool_] = cells & (labels == int(np.argmax(sizes)))
    return largest


def _overlap(one: Region, other: Region) -> float:
    """How much of the smaller region lies in the other."""
    across = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    down = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    return max(across, 0) * max(down, 0) / min(one[2] * one[3], other[2] * other[3])
