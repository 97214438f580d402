"""The start of a video on which most of its messages agree, found by stabbing intervals of one second.

Letters: N messages. The greatest start that a message allows is its time of sending less its whole second.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SECOND_MS = 1000

Times = NDArray[np.int64]
Starts = NDArray[np.int32]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Stab:
    """The start on which most messages agree.

    Attributes:
        start_ms: The middle of the values of S that are left, wall-clock.
        half_width_ms: Half the width of what is left: how far off `start_ms` can be.
        agreeing: How many messages agree.
    """

    start_ms: float
    half_width_ms: float
    agreeing: int


def stab(start_high_N: Times | Starts) -> Stab:
    """Return the start on which most of the intervals (high - 1 s, high] agree.

    A largest set of agreeing intervals is a largest set of highs within one second of its smallest.

    Args:
        start_high_N: The greatest start that each message allows, in any order; at least one.
    """
    high_N = np.sort(start_high_N)
    ends_N = np.searchsorted(high_N, high_N + SECOND_MS, side="left")
    ends_N -= np.arange(len(high_N), dtype=np.int32)
    best = np.flatnonzero(ends_N == ends_N.max())
    first = int(best[len(best) // 2])
    agreeing = int(ends_N[first])
    lowest, highest = int(high_N[first + agreeing - 1]) - SECOND_MS, int(high_N[first])
    return Stab((lowest + highest) / 2, (highest - lowest) / 2, agreeing)


def beyond_start(high_N: Starts, start_ms: float) -> NDArray[np.float32]:
    """Return how far the interval of each message misses the start; 0 where it holds it."""
    middle_N = np.abs((high_N - (start_ms + SECOND_MS / 2)).astype(np.float32))
    beyond_N: NDArray[np.float32] = np.maximum(middle_N - SECOND_MS / 2, 0)
    return beyond_N
