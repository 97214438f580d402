"""Where the chat stands in the picture: the place in which text moves up or down as a whole and then stands still.

Pairs of pictures are compared in stretches spread over the video. Where a shift straight up or down explains what
stands there much better than standing still does, something scrolled; places that scrolled again and again, and stood
still in between, are panels. Whether what lies behind the text is opaque or a moving picture makes no difference.
H rows, W columns of pixels.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
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
MOST_KEPT = 40
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
LEAST_REST, STILL = 0.15, 0.7
LEAST_MASS = 0.3
MOST_OVERLAP = 0.1
MOST_OF_PICTURE = 0.6
# A cell belongs to a panel where it took part in this share of the scrolls, at least, of the cell with the most.
TAKES_PART = 0.2


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


@dataclass(slots=True)
class Scrolls:
    """Scrolls at one place: the sum of their cells, and when they were."""

    cells: NDArray[np.float32]
    inked: NDArray[np.float32]
    still: NDArray[np.float32]
    times: list[int] = field(default_factory=list)
    rests: int = 0
    pairs: int = 0

    @property
    def resting(self) -> NDArray[np.bool_]:
        """The cells that stood still about as often as the place usually did."""
        inked, still = (cv2.blur(one, (3, 3)) for one in (self.inked, self.still))
        share = still / np.maximum(inked, 1)
        resting: NDArray[np.bool_] = share > STILL * float(np.median(share[self.taking_part]))
        return resting

    @property
    def mass(self) -> float:
        """How much scrolled here, in cells, weighed by how often it stood still between: chat rests, a scene pans."""
        return float(self.cells[self.taking_part].sum()) * (self.rests / max(self.pairs, 1)) ** 2

    def meets(self, other: "Scrolls") -> bool:
        """Whether both scrolled in the same part of the video."""
        return min(self.times) <= max(other.times) and min(other.times) <= max(self.times)

    def note_rests(self, seen: "list[_Pair]") -> None:
        """Count how often this place stood still while scrolls were seen here."""
        for pair in seen:
            place = self.taking_part & pair.inked
            if place.any():
                self.inked += pair.inked
                self.still += pair.still
                self.pairs += 1
                self.rests += bool(pair.still[place].mean() > STILL)

    def overlap(self, cells: NDArray[np.float32]) -> float:
        """How much other cells overlap with these, 0 to 1."""
        return float((self.cells * cells).sum() / (np.linalg.norm(self.cells) * np.linalg.norm(cells) + 1e-9))

    @property
    def taking_part(self) -> NDArray[np.bool_]:
        """The cells that took part often enough."""
        part: NDArray[np.bool_] = self.cells >= max(1.0, TAKES_PART * float(self.cells.max()))
        return part


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


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two pictures compared, in cells: where something stood, where it stood still, where each shift explains it."""

    at_ms: int
    inked: NDArray[np.bool_]
    still: NDArray[np.bool_]
    scrolled: list[NDArray[np.bool_]]


class _Search:
    """What scrolled so far."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size
        self._times = max(1, round(size[1] / ROWS))
        self._found: list[Scrolls] = []
        self._kept: list[NDArray[np.uint8]] = []
        self._seen, self._every = 0, 1
        self._stood_HW: NDArray[np.float32] | None = None
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
                        self._note(cells.astype(np.float32), one.at_ms)
            for scrolls in self._found:
                scrolls.note_rests(seen)

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
                self._keep(luma_HW)
                before, due_ms = strokes_HW, picture.at_ms + PAIR_MS
            else:
                yield before, strokes_HW, picture.at_ms
                before, due_ms = None, picture.at_ms + APART_MS - PAIR_MS

    def _with_strokes(self, pairs: Iterator[tuple[Strokes, Strokes, int]]) -> Iterator[tuple[Strokes, Strokes, int]]:
        """The same pairs, after counting the strokes that stood still in them."""
        for before_HW, after_HW, at_ms in pairs:
            strength_HW = np.abs(after_HW)
            stood_HW = (strength_HW > STROKE) & (cv2.absdiff(after_HW, before_HW) < EXPLAINED * strength_HW)
            self._stood_HW = stood_HW.astype(np.float32) + (0 if self._stood_HW is None else self._stood_HW)
            yield before_HW, after_HW, at_ms

    def _keep(self, luma_HW: NDArray[np.uint8]) -> None:
        """Keep some pictures, spread over what was seen: every second is let go when they are too many."""
        self._seen += 1
        if self._seen % self._every == 0:
            self._kept.append(luma_HW.copy())
        if len(self._kept) > MOST_KEPT:
            self._kept, self._every = self._kept[::2], 2 * self._every

    def _smaller(self, luma_HW: NDArray[np.uint8]) -> NDArray[np.uint8]:
        if self._times == 1:
            return luma_HW
        size = (luma_HW.shape[1] // self._times, luma_HW.shape[0] // self._times)
        return np.asarray(cv2.resize(luma_HW, size, interpolation=cv2.INTER_AREA), np.uint8)

    def _note(self, cells: NDArray[np.float32], at_ms: int) -> None:
        self.scrolls += 1
        scrolls = max(self._found, key=lambda one: one.overlap(cells), default=None)
        if scrolls is None or scrolls.overlap(cells) < SAME_PANEL:
            scrolls = Scrolls(np.zeros_like(cells), np.zeros_like(cells), np.zeros_like(cells))
            self._found.append(scrolls)
        scrolls.cells += cells
        scrolls.times.append(at_ms)

    def panels(self) -> list[Panel]:
        """Return what was found, with the times between which each may stand there.

        Of places that overlap at the same time, that is a panel in which more scrolled.
        """
        likely = sorted((one for one in self._found if self._is_panel(one)), key=lambda one: -one.mass)
        found: list[tuple[Scrolls, Region]] = []
        for one in likely:
            region = self._region(one)
            clashes = any(_overlap(region, other) > MOST_OVERLAP and one.meets(its) for its, other in found)
            if one.mass >= LEAST_MASS * likely[0].mass and not clashes:
                found.append((one, region))
        panels: list[Panel] = []
        for one, region in sorted(found, key=lambda pair: min(pair[0].times)):
            before = [max(its.times) for its, _ in found if max(its.times) < min(one.times)]
            after = [min(its.times) for its, _ in found if min(its.times) > max(one.times)]
            panels.append(Panel(len(panels), region, max(before, default=0), min(after, default=None)))
        return panels

    def _is_panel(self, scrolls: Scrolls) -> bool:
        part = scrolls.taking_part
        return (
            len(scrolls.times) >= LEAST_SCROLLS
            and scrolls.rests >= LEAST_REST * scrolls.pairs
            and bool(part.any())
            and float(part.mean()) < MOST_OF_PICTURE
        )

    def _region(self, scrolls: Scrolls) -> Region:
        part = _largest(scrolls.taking_part & scrolls.resting)
        rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
        box = self._text_box(
            slice(rows[0] * CELL, (rows[-1] + 1) * CELL), slice(columns[0] * CELL, (columns[-1] + 1) * CELL)
        )
        left, top, right, bottom = (int(edge) * self._times for edge in box)
        return snapped(self._kept, (left, top, min(right, self._size[0]), min(bottom, self._size[1])))

    def _text_box(self, rows: slice, columns: slice) -> tuple[int, int, int, int]:
        """Where within cells strokes stood still: left, top, right, bottom in the smaller picture."""
        across = slice(columns.start // COLUMN_STEP, columns.stop // COLUMN_STEP)
        stood_HW = np.zeros((1, 1), np.float32) if self._stood_HW is None else self._stood_HW[rows, across]
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
