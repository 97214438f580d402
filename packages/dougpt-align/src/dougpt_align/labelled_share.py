"""The share of replies that labels drawn at random show, with an interval.

The interval is exact for as many labels as a simple sample of like variance has (Korn and Graubard 1998): strata and
unequal chances of being drawn change the variance, and with it this number, which is never taken for more than there
are labels.
"""

from dataclasses import dataclass

import numpy as np

from dougpt_align.arrays import Floats, Ints
from dougpt_align.calibrate import clopper_pearson_lower
from dougpt_align.labels import Labels

LEVEL = 0.975


@dataclass(frozen=True, slots=True)
class LabelledShare:
    """A share of replies, its 95 % interval, the labels it is from, and how many of a simple sample these amount to."""

    value: float
    low: float
    high: float
    labels: int
    effective: float

    @property
    def half_width(self) -> float:
        """Half the interval's width."""
        return (self.high - self.low) / 2

    def after(self, more: int) -> float:
        """Half the width that is to be expected after `more` labels drawn like these."""
        low, high = interval(self.value, self.effective * (1 + more / self.labels))
        return (high - low) / 2


def estimate_from_labels(labels: Labels) -> LabelledShare | None:
    """The share of replies among events, from random labels weighted by one over their inclusion; None without any.

    Half a label of each kind is added, so that a handful of equal answers does not make a share of 0 or 1.
    """
    random = labels.random
    if not random.any():
        return None
    weight, is_reply = 1.0 / labels.inclusion_L[random], labels.is_reply_L[random].astype(np.float64)
    unit = float(weight.mean())
    value = (float(weight @ is_reply) + 0.5 * unit) / (float(weight.sum()) + unit)
    variance = _variance(weight * (is_reply - value) / float(weight.sum()), labels.stratum_L[random])
    effective = min(value * (1 - value) / variance, len(weight)) if variance > 0 else float(len(weight))
    return LabelledShare(value, *interval(value, effective), len(weight), effective)


def interval(value: float, effective: float) -> tuple[float, float]:
    """The exact 95 % interval of a share found in `effective` labels of a simple sample."""
    low = clopper_pearson_lower(effective * value, effective, LEVEL)
    return low, 1.0 - clopper_pearson_lower(effective * (1 - value), effective, LEVEL)


def _variance(part_L: Floats, stratum_L: Ints) -> float:
    """Variance of the sum of parts that were drawn stratum by stratum; strata of one label count as one stratum."""
    _, number_L, size_H = np.unique(stratum_L, return_inverse=True, return_counts=True)
    number_L = np.where(size_H[number_L] < 2, len(size_H), number_L)
    total = 0.0
    for stratum in np.unique(number_L).tolist():
        part = part_L[number_L == stratum]
        n = len(part)
        spread = part - part.mean() if n > 1 else part
        total += float(spread @ spread) * (n / (n - 1) if n > 1 else 1.0)
    return total
