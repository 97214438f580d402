"""Runs of text as an engine reads them best: dark on light, as strong as each other, with room above and below.

All crops of a panel are equally tall and hold the line at the same height: whether a letter is small or a capital is
seen by its size alone.
"""

import numpy as np
from numpy.typing import NDArray

from dougpt_chat.rendered.engines import Image
from dougpt_chat.rendered.ink import Ink
from dougpt_chat.rendered.runs import Run

# In heights of letters: how far a crop reaches above the line that letters stand on, below it, and to both sides.
ABOVE = 1.0
BELOW = 0.45
BESIDE = 0.25
# Grey levels of the ground and of the strongest ink, as print has them.
PAPER, PRINT = 230, 30
# What is that strong is full ink, as a quantile of a run's pixels; and the least that is: noise is not made to text.
FULL = 0.985
LEAST = 40.0
# The ink is brighter than the ground unless the darker side is that much stronger; outlines are dark around bright.
DARKER = 1.25


def line_px(runs: list[Run]) -> float:
    """Where the letters of a row stand, in its picture: the ends of most runs and words, but for those below it."""
    bottoms = np.array([run.line_px for run in runs], dtype=float)
    widths = np.array([run.span.width for run in runs], dtype=float)
    return float(np.average(bottoms, weights=widths))


def crop_of(ink: Ink, run: Run, line_px: float, letters_px: float) -> Image:
    """The picture of a run for an engine: BGR of shape (H, W, 3)."""
    top, bottom = round(line_px - ABOVE * letters_px), round(line_px + BELOW * letters_px)
    beside = max(1, round(BESIDE * letters_px))
    left, right = max(0, run.span.left - beside), min(ink.strength_HW.shape[1], run.span.right + beside)
    inside = np.s_[max(0, top) : max(0, bottom), left:right]
    strength = _towards_text(ink.towards_HWC[inside])
    full = max(LEAST, float(np.quantile(strength, FULL)))
    grey = PAPER + (PRINT - PAPER) * np.clip(strength / full, 0, 1)
    above = max(0, -top)
    below = max(0, bottom - top - above - len(grey))
    whole = np.pad(grey, ((above, below), (0, 0)), constant_values=PAPER)
    return np.repeat(whole.round().astype(np.uint8)[..., None], 3, axis=2)


def _towards_text(towards_HWC: NDArray[np.float32]) -> NDArray[np.float32]:
    """How far each pixel is from the ground in the direction in which the text is."""
    brighter_HW, darker_HW = towards_HWC.max(axis=2).clip(0), (-towards_HWC).max(axis=2).clip(0)
    is_dark = np.quantile(darker_HW, FULL) > DARKER * np.quantile(brighter_HW, FULL)
    return np.asarray(darker_HW if is_dark else brighter_HW, dtype=np.float32)
