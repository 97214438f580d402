"""How far a picture of a panel moved up or down against another, to a fraction of a pixel.

Text is told from what lies behind it by its strokes, which are narrow. Two pictures are compared by
the correlation of their strokes, which knows neither fading nor the panel's colour. All shifts are tried at once on a
few random sums of each row of pixels, and the best is then measured on all of them. H rows, W columns of pixels.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Strokes = NDArray[np.float32]

# What is wider than this is no stroke; a stroke that stands out by so much is as strong as can be.
NARROW = np.ones((9, 9), np.uint8)
STRONGEST = 64.0
COLUMN_STEP = 2
# Random sums of a row; their error is about one part in the root of sums times rows.
SUMS = 16
# How much of the text two pictures must share for a shift to count, and how near the best correlation a shift must
# come to be preferred for sharing more text.
MIN_SHARED = 0.12
NEAR_BEST = 0.08
# How much more a shift the usual way counts where several come near: a chat that says the same again scrolls on.
USUAL_WAY = 2.0


@dataclass(frozen=True, slots=True)
class Shift:
    """A picture shows at row p what the other shows at p + `up_px`; `likeness` is their correlation there."""

    up_px: float
    likeness: float


def strokes_of(luma_HW: NDArray[np.uint8]) -> Strokes:
    """Return the strokes of a picture, in every second column: enough to compare.

    A stroke is narrow: brighter than an opening leaves it, or darker than a closing does. Edges of larger things, of
    which a moving picture behind the text is full, are neither.
    """
    bright_HW = cv2.morphologyEx(luma_HW, cv2.MORPH_TOPHAT, NARROW)[:, ::COLUMN_STEP].astype(np.float32)
    bright_HW -= cv2.morphologyEx(luma_HW, cv2.MORPH_BLACKHAT, NARROW)[:, ::COLUMN_STEP]
    return np.clip(bright_HW, -STRONGEST, STRONGEST, out=bright_HW)


def moved_down(image: Strokes, down_px: float) -> Strokes:
    """Return an image moved down by a fraction of a pixel, by a cubic; what comes in at the edge is repeated."""
    if down_px == 0:
        return image
    rest = abs(down_px)
    taps = [_cubic(rest + 1), _cubic(rest), _cubic(1 - rest), _cubic(2 - rest)]
    # The kernel's second tap weighs the row itself, its third the row that comes towards it.
    taps, anchor = (taps, 1) if down_px < 0 else (taps[::-1], 2)
    kernel = np.array(taps, np.float32)[:, None]
    moved = cv2.filter2D(image, -1, kernel, anchor=(0, anchor), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.float32)


def _cubic(x: float) -> float:
    """The Catmull-Rom spline's weight of a sample at distance x, 0 to 2."""
    return 1 - 2.5 * x**2 + 1.5 * x**3 if x < 1 else 2 - 4 * x + 2.5 * x**2 - 0.5 * x**3


class ShiftSearch:
    """Looks for shifts between pictures of one size.

    Args:
        height: Of the pictures.
        width: Of the pictures.
    """

    def __init__(self, height: int, width: int) -> None:
        self._height = height
        self._length = cv2.getOptimalDFTSize(2 * height)
        signs = np.random.default_rng(0).integers(0, 2, size=(-(-width // COLUMN_STEP), SUMS))
        self._signs_WK = (2 * signs - 1).astype(np.float32)

    def find(self, before_HW: Strokes, after_HW: Strokes, *, goes_down: bool = False) -> Shift | None:
        """Return the shift that takes `before_HW` to `after_HW`, or None where nothing corresponds.

        Args:
            before_HW: The strokes of one picture.
            after_HW: Those of a later one.
            goes_down: Whether text usually moves down here: text that repeats itself looks as if it moved either way.
        """
        correlation_S, shared_S = self._all_shifts(before_HW, after_HW)
        usable_S = shared_S > MIN_SHARED
        if not usable_S.any():
            return None
        best = float(correlation_S[usable_S].max())
        near_S = usable_S & (correlation_S > best - NEAR_BEST)
        worth_S = correlation_S * np.sqrt(shared_S)
        worth_S[slice(None, self._height - 1) if goes_down else slice(self._height, None)] *= USUAL_WAY
        at = int(np.argmax(np.where(near_S, worth_S, -np.inf)))
        return self._refined(before_HW, after_HW, at - self._height + 1)

    def _all_shifts(self, before_HW: Strokes, after_HW: Strokes) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The correlation at each shift from -(H - 1) to H - 1, and the share of the text that it is over."""
        height, length = self._height, self._length
        # OpenCV's product runs in one thread; NumPy's would wake all of them for a millisecond's work.
        none = np.zeros((0, 0), np.float32)
        before_HK, after_HK = (
            np.asarray(cv2.gemm(one, self._signs_WK, 1, none, 0), np.float32) for one in (before_HW, after_HW)
        )
        before_KF, after_KF = (np.fft.rfft(np.ascontiguousarray(one.T), length) for one in (before_HK, after_HK))
        products = np.fft.irfft(np.einsum("kf,kf->f", before_KF, np.conj(after_KF)), length)
        products_S = np.concatenate([products[-(height - 1) :], products[:height]])
        before_S, all_before = _overlaps(before_HK)
        after_S, all_after = _overlaps(after_HK)
        after_S = after_S[::-1]
        correlation_S = products_S / np.sqrt(np.maximum(before_S * after_S, 1e-9))
        shared_S = np.minimum(before_S / max(all_before, 1e-9), after_S / max(all_after, 1e-9))
        return correlation_S, shared_S

    def _refined(self, before_HW: Strokes, after_HW: Strokes, up_px: int) -> Shift:
        around = [likeness_at(before_HW, after_HW, up_px + step) for step in (-1, 0, 1)]
        while around[2] > around[1] and up_px < self._height - 2:
            up_px += 1
            around = [*around[1:], likeness_at(before_HW, after_HW, up_px + 1)]
        while around[0] > around[1] and up_px > 2 - self._height:
            up_px -= 1
            around = [likeness_at(before_HW, after_HW, up_px - 1), *around[:2]]
        left, middle, right = around
        bend = left - 2 * middle + right
        beyond = 0.5 * (left - right) / bend if bend < 0 else 0.0
        return Shift(up_px + float(np.clip(beyond, -0.5, 0.5)), middle)


def likeness_at(before_HW: Strokes, after_HW: Strokes, up_px: int) -> float:
    """Return the correlation of two pictures where one is moved by whole pixels."""
    height = len(before_HW)
    before = before_HW[max(up_px, 0) : height + min(up_px, 0)]
    after = after_HW[max(-up_px, 0) : height + min(-up_px, 0)]
    if not before.size:
        return 0.0
    before_flat, after_flat = before.ravel(), after.ravel()
    size = float(before_flat @ before_flat) * float(after_flat @ after_flat)
    return float(before_flat @ after_flat) / size**0.5 if size > 0 else 0.0


def _overlaps(sums_HK: Strokes) -> tuple[NDArray[np.float64], float]:
    """The energy of the rows that stay in view at each shift from -(H - 1) to H - 1 of the other picture."""
    energy_H = np.einsum("hk,hk->h", sums_HK, sums_HK, dtype=np.float64)
    below = np.cumsum(energy_H[::-1])[::-1]
    above = np.cumsum(energy_H)
    return np.concatenate([above[:-1], below]), float(above[-1])
