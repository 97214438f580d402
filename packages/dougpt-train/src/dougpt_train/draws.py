"""Draws that depend on names alone, so that neither the order of rows nor their number changes them."""

import hashlib
import math
from collections.abc import Sequence

UNITS = 1 << 53


def uniform(*names: object) -> float:
    """Return a number in (0, 1) decided by `names` alone."""
    digest = hashlib.sha256("\0".join(str(name) for name in names).encode()).digest()
    return (int.from_bytes(digest[:8]) % (UNITS - 1) + 1) / UNITS


def keep_by_rate(rates: Sequence[float], *names: object) -> list[int]:
    """Return the positions kept when each one stays with the probability `rates[position]` (1 and more: always)."""
    return [place for place, rate in enumerate(rates) if rate >= 1 or uniform("keep", place, *names) < rate]


def ranking(rates: Sequence[float], *names: object) -> list[int]:
    """Return all positions in a drawn order; its first k are k draws without putting back in proportion to `rates`.

    Exponential clocks of these rates, by when they ring (Efraimidis and Spirakis, 2006). Rates of 0 come last.
    """
    clocks = [
        -math.log(uniform("choose", place, *names)) / rate if rate > 0 else math.inf for place, rate in enumerate(rates)
    ]
    return sorted(range(len(rates)), key=lambda place: (clocks[place], place))
