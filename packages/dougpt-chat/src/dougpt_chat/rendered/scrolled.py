"""Two pictures a moment apart, compared: where something stood still, and where it moved straight up or down.

H rows, W columns of pixels; S strips of columns, D shifts, F frequencies.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from dougpt_chat.rendered.cells import Cells, cells_of
from dougpt_chat.rendered.motion import Strokes

# A cell scrolled where the shift explains this share of its strokes more than standing still does.
EXPLAINED = 0.3
INK = 3.0
STRIP_COLUMNS = 16
LEAST_SHIFT = 3
CANDIDATES = 3
# Chat stands still in this share of pairs at least.
LEAST_REST = 0.15


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures compared, in cells: where something stood, where it stood still, where each shift explains it."""

    at_ms: int
    inked: Cells
    still: Cells
    scrolled: list[Cells]


def compare_pair(before_HW: Strokes, after_HW: Strokes, at_ms: int) -> Pair:
    """Compare two pictures by their strokes."""
    still = cells_of(np.abs(after_HW - before_HW))
    strength = cells_of(np.abs(after_HW))
    inked = strength > INK
    there = [cells_of(np.abs(after_HW - _shifted(before_HW, shift))) for shift in _shifts(before_HW, after_HW)]
    scrolled = [inked & (still - one > EXPLAINED * strength) for one in there]
    return Pair(at_ms, inked, inked & (still < (1 - EXPLAINED) * strength), scrolled)


def resting_cells(pairs: list[Pair]) -> Cells:
    """Return the cells whose neighbourhood stood still in many of the pairs in which something stood there."""
    inked = np.sum([pair.inked for pair in pairs], axis=0, dtype=np.float32)
    still = np.sum([pair.still for pair in pairs], axis=0, dtype=np.float32)
    near_inked, near_still = (cv2.blur(one, (3, 3), borderType=cv2.BORDER_CONSTANT) for one in (inked, still))
    rests: Cells = near_still > LEAST_REST * near_inked
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
