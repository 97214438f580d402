"""A stretch of a panel's ribbon to rows of text: found on the mean of all pictures, where there is the least noise.

What stands higher than letters (emotes) is left out of account where rows are told apart, since it may reach into
the rows above and below. Rows of pixels H, columns W.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from dougpt_chat.rendered.agreement import runs_of

Brightness = NDArray[np.float32]

# A pixel this much brighter than the ground is ink; letters and emotes are narrower than the ground is told over.
INK = 12.0
GROUND_PX = 31
# An emote is this many times as wide as capitals are high at most.
EMOTE = 3.3
LEAST_PART = 0.12
# A letter's outline is narrower than this, twice, in heights of capitals.
OUTLINE = 0.25
STRONGEST = 40.0
# Rows are told apart by ink that is this part of the strongest, or so strong: the blur of hard compression joins rows.
CLEAR_PART, CLEARLY_INK = 0.3, 36.0
# How much ink a row of pixels of text holds at least, of the strongest.
LEAST_INK = 40.0
# Against the height of capitals (three in four of the letters' shapes are no higher): what is higher is no letter,
# a row of text is lower than this, a row is split that is higher, a mark is part of the row beside it that is lower.
NO_LETTER, ROW, SPLIT, MARK = 1.9, 1.4, 2.1, 0.45
# What is higher than this is no emote either: an edge of the panel, or something behind it.
NO_EMOTE = 5.0
# How wide an emote is at least and at most, against its height, and the share of its box that it fills.
NARROWEST, WIDEST, FILLED = 0.7, 2.0, 0.45
LEAST_LETTER_PX = 4


@dataclass(frozen=True, slots=True)
class Segment:
    """The rows of pixels that a row of text takes, and the columns of emotes in it: first and end of each."""

    first: int
    end: int
    emotes: tuple[tuple[int, int], ...] = ()


def find_segments(luma_HW: Brightness, *, is_blurred: bool = True) -> list[Segment]:
    """Return the rows of text in an image, from top to bottom.

    Args:
        luma_HW: The image.
        is_blurred: Whether the blur of compression may lie around the letters, and join rows.
    """
    strength_HW = _above_ground(luma_HW, GROUND_PX)
    clear = min(CLEARLY_INK, CLEAR_PART * float(np.percentile(strength_HW, 98))) if is_blurred else 0.0
    ink_HW, labels_HW, boxes = _shapes(strength_HW, clear)
    capital = _capital(boxes)
    if capital is None:
        return []
    tall = np.flatnonzero(boxes[:, cv2.CC_STAT_HEIGHT] > NO_LETTER * capital)
    tall = tall[tall > 0]
    ink_HW &= ~np.isin(labels_HW, tall)
    emotes = _emotes(luma_HW, capital)
    for left, top, width, height, _ in emotes.tolist():
        ink_HW[top : top + height, left : left + width] = False
    profile_H = np.where(ink_HW, np.minimum(strength_HW, STRONGEST), 0).sum(axis=1)
    runs = _joined(runs_of(profile_H > LEAST_INK), capital)
    runs = [piece for run in runs for piece in _split(run, profile_H, capital)]
    runs += _emotes_alone(np.vstack([boxes[tall], emotes]), runs, capital)
    return [
        Segment(first, end, _emotes_in(emotes, first, end))
        for first, end in sorted(runs)
        if end - first >= LEAST_LETTER_PX
    ]


def _shapes(strength_HW: Brightness, least: float = 0.0) -> tuple[NDArray[np.bool_], NDArray[Any], NDArray[Any]]:
    """What is ink, of at least some strength, the numbers of its connected shapes, and their boxes; 0 is the ground."""
    ink_HW = strength_HW > max(ink_threshold(strength_HW), least)
    _, labels_HW, boxes, _ = cv2.connectedComponentsWithStats(ink_HW.astype(np.uint8), connectivity=8)
    return ink_HW, labels_HW, boxes


def _capital(boxes: NDArray[Any]) -> float | None:
    """The height of capitals, from all connected shapes; None where nothing is as large as a letter."""
    heights = boxes[1:, cv2.CC_STAT_HEIGHT]
    letters = heights[(heights >= LEAST_LETTER_PX) & (boxes[1:, cv2.CC_STAT_AREA] > LEAST_LETTER_PX)]
    return float(np.percentile(letters, 75 if letters.size > 8 else 50)) if letters.size else None


def _emotes(luma_HW: Brightness, capital: float) -> NDArray[Any]:
    """The boxes of shapes that are as high, as wide and as filled as emotes are."""
    boxes = _shapes(above_ground(luma_HW))[2][1:]
    _, _, width_N, height_N, area_N = boxes.T
    is_high_N = (height_N > NO_LETTER * capital) & (height_N <= NO_EMOTE * capital)
    is_wide_N = (width_N >= NARROWEST * height_N) & (width_N <= WIDEST * height_N)
    emotes: NDArray[Any] = boxes[is_high_N & is_wide_N & (area_N >= FILLED * width_N * height_N)]
    return emotes


def _emotes_in(boxes: NDArray[Any], first: int, end: int) -> tuple[tuple[int, int], ...]:
    """The columns of emotes whose middle lies in a row."""
    inside = [(left, left + width) for left, top, width, height, _ in boxes.tolist() if first <= top + height / 2 < end]
    return tuple(sorted(inside))


def above_ground(luma_HW: Brightness, *, outlined: bool = False) -> Brightness:
    """How much brighter every pixel is than the ground around it; darker, where the text is darker than its ground.

    The ground is told over more than the width of an emote; where letters are large, so are emotes.

    Args:
        luma_HW: The image.
        outlined: Whether dark outlines may stand around the letters, which are no ground.
    """
    strength_HW = _above_ground(luma_HW, GROUND_PX)
    capital = _capital(_shapes(strength_HW)[2])
    outline_px = 2 * round(OUTLINE * (capital or 0)) + 1 if outlined else 1
    wide_px = max(GROUND_PX, 2 * round(EMOTE * (capital or 0) / 2) + 1)
    return strength_HW if (wide_px, outline_px) == (GROUND_PX, 1) else _above_ground(luma_HW, wide_px, outline_px)


def _above_ground(luma_HW: Brightness, ground_px: int, outline_px: int = 1) -> Brightness:
    image = np.clip(luma_HW, 0, 255).astype(np.uint8)
    if image.mean() < np.median(image):
        image = 255 - image
    filled = cv2.morphologyEx(image, cv2.MORPH_CLOSE, np.ones((outline_px, outline_px), np.uint8))
    ground = cv2.morphologyEx(filled, cv2.MORPH_OPEN, np.ones((ground_px, ground_px), np.uint8))
    strength_HW: Brightness = cv2.subtract(image, ground).astype(np.float32)
    return strength_HW


def ink_threshold(strength_HW: Brightness) -> float:
    """The strength from which a pixel is ink: above what most of the image is, and a part of its letters'."""
    return max(INK, 3 * float(np.median(strength_HW)) + INK / 2, LEAST_PART * float(np.percentile(strength_HW, 98)))


def _joined(runs: list[tuple[int, int]], capital: float) -> list[tuple[int, int]]:
    """Runs with the dots, accents and underscores that belong to them."""
    joined: list[tuple[int, int]] = []
    for first, end in runs:
        before = joined[-1] if joined else None
        if before is not None and end - before[0] <= ROW * capital + 2 and first - before[1] <= MARK * capital:
            small = min(end - first, before[1] - before[0])
            if small < MARK * capital:
                joined[-1] = (before[0], end)
                continue
        joined.append((first, end))
    return joined


def _split(run: tuple[int, int], profile_H: NDArray[np.float32], capital: float) -> list[tuple[int, int]]:
    """A run that is too high for one row, parted where the least ink is."""
    first, end = run
    if end - first <= SPLIT * capital:
        return [run]
    margin = round(0.7 * capital)
    inside = profile_H[first + margin : end - margin]
    if not inside.size:
        return [run]
    at = (
        first + margin + int(np.argmin(np.convolve(inside, np.ones(3) / 3, "same")[: inside.size]))
        if inside.size > 3
        else first + margin
    )
    if profile_H[at] > 0.5 * float(profile_H[first:end].mean()):
        return [run]
    return [*_split((first, at), profile_H, capital), *_split((at + 1, end), profile_H, capital)]


def _emotes_alone(boxes: NDArray[Any], runs: list[tuple[int, int]], capital: float) -> list[tuple[int, int]]:
    """Rows that hold nothing but emotes: high shapes that share their middle with no other row."""
    alone: list[tuple[int, int]] = []
    for top, height in sorted(boxes[:, [cv2.CC_STAT_TOP, cv2.CC_STAT_HEIGHT]].tolist()):
        if height > NO_EMOTE * capital:
            continue
        middle = top + height / 2
        others = [*runs, *alone]
        if any(first <= middle < end or top <= (first + end) / 2 < top + height for first, end in others):
            continue
        alone.append((top, top + height))
    return alone
