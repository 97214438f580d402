"""How long a reply takes: a kernel over the lag from an utterance's end, less the time that typing takes.

The kernel is a histogram over bins (B) of half a second, smoothed, made unimodal and shrunk towards the
kernel it started from; what is typed shifts it by so many seconds a character.
"""

from dataclasses import dataclass

import numpy as np

from dougpt_align.arrays import Floats, Ints
from dougpt_align.shapes import unimodal

BIN_S = 0.5
SMOOTH_S = 0.75
# A trace of density everywhere keeps every candidate possible.
FLOOR = 1e-5


@dataclass(frozen=True, slots=True)
class Kernel:
    """Density per second over bins that begin at `start_s`; `typing_s` is the shift a character typed."""

    start_s: float
    bin_s: float
    density_B: Floats
    typing_s: float

    def bins(self, lag_s: Floats) -> Ints:
        """The bin of each lag, already less typing; lags outside lie in the outermost bins."""
        found = np.floor((lag_s - self.start_s) / self.bin_s).astype(np.int64)
        return np.clip(found, 0, len(self.density_B) - 1)

    @property
    def centres_s(self) -> Floats:
        """Middle of each bin, in seconds."""
        return np.asarray(self.start_s + self.bin_s * (np.arange(len(self.density_B)) + 0.5), dtype=np.float64)

    def quantile(self, share: float) -> float:
        """The lag in seconds that a `share` of replies stays under, typing left out."""
        mass = np.cumsum(self.density_B) * self.bin_s
        edges = self.start_s + self.bin_s * np.arange(len(mass) + 1)
        return float(np.interp(share * mass[-1], np.r_[0.0, mass], edges))

    def later(self, seconds: float) -> "Kernel":
        """The same kernel, so many seconds later; what leaves the window is lost."""
        moved = np.interp(self.centres_s - seconds, self.centres_s, self.density_B, left=0.0, right=0.0)
        return Kernel(self.start_s, self.bin_s, _normal(moved, self.bin_s), self.typing_s)

    def mass_before(self, lag_s: Floats) -> Floats:
        """The share of replies that arrive within `lag_s` of the utterance's end."""
        mass = np.r_[0.0, np.cumsum(self.density_B) * self.bin_s]
        edges = self.start_s + self.bin_s * np.arange(len(mass))
        return np.asarray(np.interp(lag_s, edges, mass / mass[-1]))


def initial_kernel(earliest_s: float, latest_s: float) -> Kernel:
    """Where a fit starts: a mode near 4 s after the utterance, 90 % within 12 s, typing at 6 characters a second."""
    bins = max(2, int(np.ceil((latest_s - earliest_s) / BIN_S)))
    centres = earliest_s + BIN_S * (np.arange(bins) + 0.5)
    since = np.maximum(centres + 2.0, 1e-9)
    shape = np.exp(-0.5 * ((np.log(since) - np.log(7.5)) / 0.5) ** 2) / since
    return Kernel(earliest_s, BIN_S, _normal(np.where(centres > -2.0, shape, 0.0), BIN_S), typing_s=0.15)


def refit(kernel: Kernel, anchor: Kernel, lag_bins_P: Ints, weight_P: Floats, anchor_replies: float) -> Kernel:
    """Return the kernel of the weighted lags, shrunk towards `anchor` as if that were `anchor_replies` replies."""
    counts = np.bincount(lag_bins_P, weights=weight_P, minlength=len(kernel.density_B))
    counts = _smooth(counts, SMOOTH_S / kernel.bin_s)
    counts = counts + anchor_replies * anchor.density_B * kernel.bin_s
    return Kernel(kernel.start_s, kernel.bin_s, _normal(unimodal(counts), kernel.bin_s), kernel.typing_s)


def refit_typing(typing_s: float, lag_s_P: Floats, typed_P: Floats, weight_P: Floats, anchor_replies: float) -> float:
    """Seconds a character, from the weighted regression of lag on characters; kept within 0 to 0.4."""
    total = weight_P.sum()
    if total <= 0:
        return typing_s
    typed = typed_P - (weight_P @ typed_P) / total
    spread = float(weight_P @ typed**2)
    prior = anchor_replies * 200.0
    slope = (float(weight_P @ (typed * lag_s_P)) + prior * typing_s) / (spread + prior) if spread + prior else typing_s
    return float(np.clip(slope, 0.0, 0.4))


def _normal(shape: Floats, bin_s: float) -> Floats:
    shape = shape / (shape.sum() * bin_s)
    mixed = (1 - FLOOR * len(shape) * bin_s) * shape + FLOOR
    return np.asarray(mixed / (mixed.sum() * bin_s))


def _smooth(counts: Floats, sd_bins: float) -> Floats:
    """Gaussian smoothing that keeps the total: mass that would leave the ends is kept in the outermost bins."""
    reach = int(np.ceil(3 * sd_bins))
    window = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sd_bins) ** 2)
    spread = np.convolve(counts, window / window.sum())
    inner = spread[reach:-reach].copy() if reach else spread
    if reach:
        inner[0] += spread[:reach].sum()
        inner[-1] += spread[-reach:].sum()
    return inner
