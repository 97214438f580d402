"""Names for the arrays of this package, and sums over ragged rows.

Shape suffixes used throughout: U utterances (in the order of their ends), E events (in the order of
their times), P candidate pairs (grouped by event), B bins.
"""

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]
type Bools = NDArray[np.bool_]


def expand(starts: Ints, counts: Ints) -> Ints:
    """Concatenate the ranges starts[k] .. starts[k] + counts[k] - 1, without a Python loop."""
    total = int(counts.sum())
    offsets = np.cumsum(counts) - counts
    return np.repeat(starts - offsets, counts) + np.arange(total, dtype=np.int64)


def row_sums(values_P: Floats, ptr: Ints) -> Floats:
    """Sum `values_P` over each row of the ragged array that `ptr` (one more than rows) describes."""
    sums = np.zeros(len(ptr) - 1)
    filled = np.flatnonzero(ptr[1:] > ptr[:-1])
    if len(filled):
        sums[filled] = np.add.reduceat(values_P, ptr[:-1][filled])
    return sums


def row_maxima(values_P: Floats, ptr: Ints, empty: float = 0.0) -> Floats:
    """Maximum of `values_P` over each row, `empty` where a row has none."""
    maxima = np.full(len(ptr) - 1, empty)
    filled = np.flatnonzero(ptr[1:] > ptr[:-1])
    if len(filled):
        maxima[filled] = np.maximum.reduceat(values_P, ptr[:-1][filled])
    return maxima


def sigmoid(log_odds: Floats) -> Floats:
    """Probabilities of log odds."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * log_odds)))
