"""How many underscores stand in a row: an engine takes a long line for one, a name may have three.

They are flat ink below the line that letters stand on, and as wide as there are many.
"""

import re

import cv2
import numpy as np

from dougpt_chat.rendered.ink import Ink
from dougpt_chat.rendered.runs import Run

UNDERSCORES = re.compile("_+")
# In heights of letters: how wide one is in the usual fonts, how wide and how tall it is at least and at most.
WIDE = 0.47
LEAST_WIDE = 0.3
TALL = 0.17
# Some fonts leave a gap between two of them.
APART = 0.25


def with_underscores(text: str, ink: Ink, run: Run, letters_px: float) -> str:
    """`text` with as many underscores in each place as stand in the run; as it is where the places do not agree."""
    counts = _counts(ink, run, letters_px) if "_" in text else []
    if len(UNDERSCORES.findall(text)) != len(counts):
        return text
    following = iter(counts)
    return UNDERSCORES.sub(lambda _: "_" * next(following), text)


def _counts(ink: Ink, run: Run, letters_px: float) -> list[int]:
    # Above the line they run into the letters beside them.
    below = ink.is_ink_HW[round(run.line_px) :, run.span.left : run.span.right].astype(np.uint8)
    if not below.size:  # OpenCV would crash
        return []
    count, _, stats, _ = cv2.connectedComponentsWithStats(below, connectivity=8)
    flat = sorted(
        (int(left), int(width))
        for left, _, width, height, _ in stats[1:count]
        if height <= max(2, TALL * letters_px) and width >= LEAST_WIDE * letters_px
    )
    counts: list[int] = []
    end = -np.inf
    for left, width in flat:
        many = max(1, round(width / (WIDE * letters_px)))
        if left - end < APART * letters_px:
            counts[-1] += many
        else:
            counts.append(many)
        end = left + width
    return counts
