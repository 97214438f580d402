"""The strokes that stood still, picture after picture: where within a place text is, to the pixel.

H rows, W columns of pixels.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from dougpt_chat.rendered.motion import COLUMN_STEP, Strokes
from dougpt_chat.rendered.scrolled import EXPLAINED

# A pixel is of a stroke from this strength on; lines of a panel that hold this much of what its usual line holds of
# strokes that stood still are within its text.
STROKE, WITHIN_TEXT = 20.0, 0.12

Box = tuple[int, int, int, int]


class StillStrokes:
    """The strokes that stood still in pairs of pictures, and when; a bit for each pixel."""

    def __init__(self) -> None:
        self._stood: list[tuple[int, NDArray[np.uint8], int]] = []  # bits of each row, and how long rows are

    def note(self, before_HW: Strokes, after_HW: Strokes, at_ms: int) -> None:
        """Note what stood still between two pictures."""
        strength_HW = np.abs(after_HW)
        stood_HW = (strength_HW > STROKE) & (cv2.absdiff(after_HW, before_HW) < EXPLAINED * strength_HW)
        self._stood.append((at_ms, np.packbits(stood_HW, axis=1), stood_HW.shape[1]))

    def box(self, rows: slice, columns: slice, from_ms: int, to_ms: int) -> Box:
        """Return where within a part of the picture text stood in some time: left, top, right, bottom in pixels."""
        across = slice(columns.start // COLUMN_STEP, columns.stop // COLUMN_STEP)
        stood = [(bits, width) for at_ms, bits, width in self._stood if from_ms <= at_ms <= to_ms]
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
