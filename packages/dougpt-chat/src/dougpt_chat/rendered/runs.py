"""A row cut into pictures (badges, emotes) and runs of text of one colour, by its ink.

Columns without ink cut a row into parts. A part is a picture where it is taller than letters of this panel are, or a
filled square. Gaps cut the other parts into words, which are joined to runs, cut by pictures and once
more where their colour changes most, so that a name in its colour is a run of its own.

Shape letters: N pixels, W words, C the channels blue, green, red.
"""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from dougpt_chat.rendered.ink import Ink

# In heights of letters, tall ones and those below the line together: how tall and wide a picture is at least.
TALL = 1.12
WIDE = 0.7
# The share of its box that it fills. Letters that run into each other fill up to 0.8, but make no square.
FILLED = 0.45
SQUARE_FILLED = 0.72
SQUARE = (0.75, 1.35)
# A square no taller than letters is a picture if it is filled entirely, or if so much of it is of other colours.
ENTIRELY = 0.9
OTHER_COLOURS = 0.1
OTHER_COLOUR = 0.35
# In heights of letters: a gap as wide is between words; ink at the edge that is narrower is the panel's border.
SPACE = 0.25
BORDER = 0.3
# In heights of a run: what is no taller is a dash.
FLAT = 0.3
# How far the colours of one run are apart at most, as unit directions from the ground.
SAME_COLOUR = 0.2
STRONGEST = 0.8

Colour = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a row, in columns and rows of its picture; half-open."""

    left: int
    right: int
    top: int
    bottom: int

    @property
    def width(self) -> int:
        """In pixels."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """In pixels."""
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class Run:
    """Text of one colour.

    Attributes:
        span: Its place.
        line_px: The lower end of most of its letters: the line they stand on.
        colour: Its colour as a difference from the ground, in blue, green, red.
    """

    span: Span
    line_px: float
    colour: Colour


@dataclass(frozen=True, slots=True)
class Cut:
    """The pictures and the runs of a row, each from left to right."""

    pictures: list[Span]
    runs: list[Run]


Columns = tuple[tuple[int, int], ...]


def letters_px(ink: Ink, emotes: Columns = ()) -> float | None:
    """How tall the letters of a row are, from the tallest's top to the lowest end; None where it holds none.

    Args:
        ink: The row's.
        emotes: The columns of pictures that are known already.
    """
    parts = [part for part in _parts(ink) if not _is_square(part, ink) and not _within(part, emotes)]
    return float(max(part.bottom for part in parts) - min(part.top for part in parts)) if parts else None


def cut_row(ink: Ink, letters_px: float, emotes: Columns = ()) -> Cut:
    """Cut a row of a panel in which letters are `letters_px` tall, and in which these columns are pictures."""
    pictures = [Span(left, right, 0, len(ink.is_ink_HW)) for left, right in emotes]
    words: list[Span] = []
    letters: list[Span] = []
    for part in _parts(ink):
        if _is_border(part, ink, letters_px) or _within(part, emotes):
            continue
        if _is_picture(part, ink, letters_px):
            pictures.append(part)
            continue
        letters.append(part)
        if words and part.left - words[-1].right < SPACE * letters_px and not _between(words[-1], part, pictures):
            words[-1] = _around(words[-1], part)
        else:
            words.append(part)
    pictures.sort(key=lambda one: one.left)
    return Cut(pictures, [_on_line(run, letters) for run in _runs(words, pictures, ink)])


def _on_line(run: Run, letters: list[Span]) -> Run:
    """The run with the line of its letters: the lower end that most of them have, counted by their widths.

    Flat ones, such as underscores, do not stand on the line.
    """
    own = [part for part in letters if run.span.left <= part.left < run.span.right]
    upright = [part for part in own if part.height > FLAT * run.span.height] or own
    ends: Counter[int] = Counter()
    for part in upright:
        ends[part.bottom] += part.width
    return replace(run, line_px=float(max(ends, key=lambda end: (ends[end], -end))))


def _parts(ink: Ink) -> list[Span]:
    """Connected ink, what lies above each other joined."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(ink.is_ink_HW.astype(np.uint8), connectivity=8)
    boxes = sorted(
        (Span(int(x), int(x + w), int(y), int(y + h)) for x, y, w, h, area in stats[1:count] if area > 1),
        key=lambda box: box.left,
    )
    parts: list[Span] = []
    for box in boxes:
        if parts and box.left < parts[-1].right:
            parts[-1] = _around(parts[-1], box)
        else:
            parts.append(box)
    return parts


def _around(one: Span, other: Span) -> Span:
    return Span(
        min(one.left, other.left),
        max(one.right, other.right),
        min(one.top, other.top),
        max(one.bottom, other.bottom),
    )


def _filled(part: Span, ink: Ink) -> float:
    return float(ink.is_ink_HW[part.top : part.bottom, part.left : part.right].mean())


def _is_square(part: Span, ink: Ink) -> bool:
    return SQUARE[0] < part.width / part.height < SQUARE[1] and _filled(part, ink) > SQUARE_FILLED


def _within(part: Span, emotes: Columns) -> bool:
    """Whether most of a part stands in one of these columns."""
    return any(min(part.right, right) - max(part.left, left) > part.width / 2 for left, right in emotes)


def _is_border(part: Span, ink: Ink, letters_px: float) -> bool:
    at_edge = part.left == 0 or part.right == ink.is_ink_HW.shape[1]
    return at_edge and part.width < BORDER * letters_px


def _is_picture(part: Span, ink: Ink, letters_px: float) -> bool:
    if part.height > TALL * letters_px and part.width > WIDE * letters_px:
        return _filled(part, ink) > FILLED
    if part.height < letters_px or not _is_square(part, ink):
        return False
    return _filled(part, ink) > ENTIRELY or _other_colours(part, ink) > OTHER_COLOURS


def _other_colours(part: Span, ink: Ink) -> float:
    """The share of a part's ink whose colour is not that of most."""
    inside = np.s_[part.top : part.bottom, part.left : part.right]
    towards_NC = ink.towards_HWC[inside][ink.is_ink_HW[inside]]
    unit_NC = towards_NC / np.maximum(np.linalg.norm(towards_NC, axis=1, keepdims=True), 1e-6)
    return float((np.linalg.norm(unit_NC - np.median(unit_NC, axis=0), axis=1) > OTHER_COLOUR).mean())


def _runs(words: list[Span], pictures: list[Span], ink: Ink) -> list[Run]:
    """Words joined to runs, which pictures cut, the end of marks before a name, and where the colour changes most."""
    if not words:
        return []
    colours_WC = np.array([_colour(word, ink) for word in words])
    widths_W = np.array([word.width for word in words], dtype=float)
    marks = _marks(colours_WC)
    change = marks + _change(colours_WC[marks:], widths_W[marks:])
    runs: list[Run] = []
    for number, word in enumerate(words):
        side = slice(marks) if number < marks else slice(marks, change) if number < change else slice(change, None)
        if runs and number not in (marks, change) and not _between(runs[-1].span, word, pictures):
            runs[-1] = replace(runs[-1], span=_around(runs[-1].span, word))
        else:
            blue, green, red = np.average(colours_WC[side], axis=0, weights=widths_W[side])
            runs.append(Run(word, float(word.bottom), (float(blue), float(green), float(red))))
    return runs


def _marks(colours_WC: NDArray[np.float64]) -> int:
    """How many words before one of another colour are written in the colour of the last: marks before a name."""
    others = [number for number, one in enumerate(colours_WC) if unlike(one, colours_WC[-1]) > SAME_COLOUR]
    return others[0] if others else 0


def _change(colours_WC: NDArray[np.float64], widths_W: NDArray[np.float64]) -> int:
    """The number of the first word of another colour: where two groups are most unlike; all words if none is."""
    best, most = len(widths_W), 0.0
    for first in range(1, len(widths_W)):
        left_C, right_C = (
            np.average(colours_WC[side], axis=0, weights=widths_W[side]) for side in (slice(first), slice(first, None))
        )
        apart = unlike(left_C, right_C)
        between = apart**2 * widths_W[:first].sum() * widths_W[first:].sum()
        if apart > SAME_COLOUR and between > most:
            best, most = first, between
    return best


def _between(left: Span, right: Span, pictures: list[Span]) -> bool:
    return any(left.left <= one.left < right.left for one in pictures)


def _colour(part: Span, ink: Ink) -> Colour:
    """The colour of the strongest ink: edges of letters are mixed with the ground, and with what stands beside."""
    inside = np.s_[part.top : part.bottom, part.left : part.right]
    strength_HW = ink.strength_HW[inside]
    is_strong_HW = strength_HW >= np.quantile(strength_HW, STRONGEST)
    blue, green, red = ink.towards_HWC[inside][is_strong_HW].mean(axis=0)
    return float(blue), float(green), float(red)


def unlike(one: Iterable[float], other: Iterable[float]) -> float:
    """How far apart two colours are, however strong they are: 0 for the same, 1.4 for a right angle."""
    return math.dist(_unit(one), _unit(other))


def _unit(colour: Iterable[float]) -> list[float]:
    channels = [float(channel) for channel in colour]
    size = max(math.hypot(*channels), 1e-6)
    return [channel / size for channel in channels]
