"""Intervals by drawing recordings, never rows: windows of one broadcast are no independent witnesses.

A statistic is a function of how often each recording counts, so that the value (each once), a bootstrap
draw and the value without one recording are one call each. With few recordings a percentile interval is
too narrow; its percentiles are widened as Hesterberg (2015, "What Teachers Should Know About the
Bootstrap", section 3.2) proposes, so that it is as wide as a t interval where the statistic is a mean.
No percentile reaches beyond the range of the recordings, which with two of them covers half of the time:
with fewer than eight the interval is a t interval on the bootstrap's own standard error, and honestly wide.
Shape suffixes: B draws, R recordings, S samples.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from dougpt_eval.student import t_quantile

type Floats = NDArray[np.float64]
type Statistic = Callable[[Floats], Floats]
"""From weights_BR to one value a row; NaN where a draw has nothing to count."""

DIGITS = 6
COVERAGE = 0.95
FEW_RECORDINGS = 8


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval over recordings.

    Attributes:
        value: The statistic on all recordings; None where there is nothing to count.
        low: The interval's lower end; None with fewer than two recordings.
        high: The interval's upper end.
        by_recording: The statistic on each recording alone.
        without: The statistic without each recording, from which two runs are compared in pairs.
    """

    value: float | None
    low: float | None
    high: float | None
    by_recording: dict[str, float | None]
    without: dict[str, float | None]


class Resampler:
    """Draws of the same recordings for every statistic, so that figures of one report move together."""

    def __init__(self, recordings: Sequence[str], *, draws: int, seed: int) -> None:
        self.recordings = tuple(recordings)
        size = len(self.recordings)
        picks = np.random.default_rng(seed).integers(0, size, (draws, size))
        self._weights_BR = np.stack([np.bincount(row, minlength=size) for row in picks]).astype(np.float64)

    def estimate(self, statistic: Statistic) -> Estimate:
        """Return the statistic's value, interval and jackknife values."""
        size = len(self.recordings)
        each_RR = np.eye(size)
        value = statistic(np.ones((1, size)))[0]
        low, high = _interval(value, statistic(self._weights_BR), size)
        return Estimate(
            value=_rounded(value),
            low=low,
            high=high,
            by_recording=self._named(statistic(each_RR)),
            without=self._named(statistic(1 - each_RR)) if size > 1 else dict.fromkeys(self.recordings),
        )

    def _named(self, values_R: Floats) -> dict[str, float | None]:
        return {name: _rounded(value) for name, value in zip(self.recordings, values_R, strict=True)}


def ratio(above_R: Floats, below_R: Floats) -> Statistic:
    """Return the statistic "sum of `above` over sum of `below`", such as bits over bytes."""

    def statistic(weights_BR: Floats) -> Floats:
        below_B = weights_BR @ below_R
        value_B: Floats = np.divide(weights_BR @ above_R, below_B, out=np.full(len(below_B), np.nan), where=below_B > 0)
        return value_B

    return statistic


def per_recording(values_S: Floats, recording_S: NDArray[np.int64], recordings: int) -> Floats:
    """Return the sum over each recording's samples."""
    return np.bincount(recording_S, weights=values_S, minlength=recordings).astype(np.float64)


def _interval(value: float, values_B: Floats, recordings: int) -> tuple[float | None, float | None]:
    values_B = values_B[np.isfinite(values_B)]
    if recordings < 2 or not len(values_B) or not np.isfinite(value):
        return None, None
    # Drawing R recordings from R makes the spread too small by this factor.
    widened = math.sqrt(recordings / (recordings - 1)) * t_quantile((1 + COVERAGE) / 2, recordings - 1)
    if recordings < FEW_RECORDINGS:
        half = widened * float(np.std(values_B))
        return _rounded(value - half), _rounded(value + half)
    tail = NormalDist().cdf(-widened)
    low, high = np.quantile(values_B, [tail, 1 - tail])
    return _rounded(low), _rounded(high)


def _rounded(value: float) -> float | None:
    # + 0.0 turns a rounded -0.0 into 0.0.
    return round(float(value), DIGITS) + 0.0 if np.isfinite(value) else None
