"""A part of a panel that moved by itself: a message was taken out, and what stood above or below it closed up."""

from dataclasses import dataclass

import cv2
import numpy as np

from dougpt_chat.rendered.agreement import Flags
from dougpt_chat.rendered.motion import Strokes

MOST_ROWS = 160
LEAST_ROWS = 10
# How alike the part and the ribbon are where it moved to, and how much more than where it stood.
LEAST_LIKENESS, LEAST_GAIN = 0.65, 0.25
# How far a part may have moved, and how near an edge of what is known it must reach, in pixels.
FARTHEST_PX = 160
EDGE_PX = 12
# The blank between two messages is looked for this far from where the parts seem to meet.
MEET_PX = 8


@dataclass(frozen=True, slots=True)
class TakenOut:
    """Rows `first` to `end` of the ribbon are shown no more; where they stood above what still stands, `is_above`."""

    first: int
    end: int
    is_above: bool


def find_taken_out(
    ribbon_HW: Strokes, top: int, picture_HW: Strokes, differs_H: Flags, inked_H: Flags
) -> TakenOut | None:
    """Return what was taken out of the ribbon, if one part of the picture shows it moved.

    Args:
        ribbon_HW: The strokes of all rows that are held.
        top: Where the picture begins among them.
        picture_HW: The picture's strokes.
        differs_H: Which rows of the picture show something else than the ribbon.
        inked_H: Which rows of the ribbon hold text there.
    """
    differing, inked = np.flatnonzero(differs_H), np.flatnonzero(inked_H)
    if len(differing) < LEAST_ROWS or not len(inked):
        return None
    first, end = int(differing[0]), int(differing[-1]) + 1
    reaches_up, reaches_down = first <= inked[0] + EDGE_PX, end >= inked[-1] - EDGE_PX
    if reaches_up == reaches_down:
        return None
    part = slice(max(first, end - MOST_ROWS), end) if reaches_up else slice(first, min(end, first + MOST_ROWS))
    moved = _moved_by(ribbon_HW, top, picture_HW, part)
    if moved is None or (moved < 0) != reaches_up:
        return None
    height, meets = abs(moved), top + (end if reaches_up else first)
    meets = _in_the_blank(ribbon_HW, meets, -height if reaches_up else height)
    return (
        TakenOut(meets - height, meets, is_above=True)
        if reaches_up
        else TakenOut(meets, meets + height, is_above=False)
    )


def _moved_by(ribbon_HW: Strokes, top: int, picture_HW: Strokes, part: slice) -> int | None:
    template = picture_HW[part]
    begin = max(0, top + part.start - FARTHEST_PX)
    around = ribbon_HW[begin : top + part.stop + FARTHEST_PX]
    if len(around) < len(template) or not template.any():
        return None
    likeness = np.nan_to_num(cv2.matchTemplate(around, template, cv2.TM_CCORR_NORMED).ravel(), posinf=0.0)
    best = int(np.argmax(likeness))
    stood = top + part.start - begin
    still = float(likeness[stood]) if stood < len(likeness) else 0.0
    return best - stood if likeness[best] > max(LEAST_LIKENESS, still + LEAST_GAIN) else None


def _in_the_blank(ribbon_HW: Strokes, meets: int, other: int) -> int:
    """Where near `meets` both that row and the one `other` rows on stand in the blank between messages."""
    energy_H = np.einsum("hw,hw->h", ribbon_HW, ribbon_HW)
    energy_H = np.convolve(energy_H, np.ones(3), "same")
    near = [
        at
        for at in range(meets - MEET_PX, meets + MEET_PX + 1)
        if 0 <= at < len(energy_H) and 0 <= at + other < len(energy_H)
    ]
    return min(near, key=lambda at: (energy_H[at] + energy_H[at + other], abs(at - meets)), default=meets)
