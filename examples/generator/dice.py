"""Chance that repeats itself: every part of a recording has dice of its own, named by what they decide."""

import math
import random
from collections.abc import Sequence


def dice(*names: object) -> random.Random:
    """Dice for the purpose that `names` spell; the same names give the same throws on every machine."""
    return random.Random("/".join(map(str, names)))  # noqa: S311 - nothing here is secret


def around(rng: random.Random, median: float, spread: float) -> float:
    """A positive number near `median`; it is rarely more than `exp(2 * spread)` times off, and more often above."""
    return rng.lognormvariate(math.log(median), spread)


def weighted[T](rng: random.Random, items: Sequence[tuple[T, float]]) -> T:
    """One of the items, each as likely as its weight says."""
    return rng.choices([item for item, _ in items], [weight for _, weight in items])[0]
