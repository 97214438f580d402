"""Fits under a shape: rising, or rising to one mode and falling after it (pool adjacent violators)."""

import numpy as np

from dougpt_align.arrays import Floats


def rising(values: Floats, weights: Floats | None = None) -> Floats:
    """The non-decreasing sequence nearest to `values` in weighted least squares."""
    weights = np.ones(len(values)) if weights is None else weights
    means: list[float] = []
    masses: list[float] = []
    sizes: list[int] = []
    for value, weight in zip(values.tolist(), np.maximum(weights, 1e-12).tolist(), strict=True):
        means.append(value)
        masses.append(weight)
        sizes.append(1)
        while len(means) > 1 and means[-2] > means[-1]:
            mass = masses[-2] + masses[-1]
            means[-2:] = [(means[-2] * masses[-2] + means[-1] * masses[-1]) / mass]
            masses[-2:] = [mass]
            sizes[-2:] = [sizes[-2] + sizes[-1]]
    return np.repeat(np.array(means), np.array(sizes, dtype=np.int64))


def unimodal(values: Floats) -> Floats:
    """`values` made to rise up to their largest entry and to fall from it."""
    mode = int(np.argmax(values))
    left = rising(values[: mode + 1])
    right = rising(values[mode:][::-1])[::-1]
    return np.concatenate([left[:-1], [max(left[-1], right[0])], right[1:]])
