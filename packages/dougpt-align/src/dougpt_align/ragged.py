"""Loops over candidate pairs that the fit repeats in every round, compiled where numba is installed.

Pairs (P) are ragged rows of events (E): event e owns pairs ptr[e] .. ptr[e + 1] - 1. Both implementations give the
same numbers; small problems stay with numpy, because loading compiled code takes longer than they do.
"""
# ruff: noqa: PLR0917 - the arrays of a ragged table

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dougpt_align.arrays import Floats, Ints, Rows, row_maxima, row_sums

COMPILED_FROM_PAIRS = 200_000
# A fixed number, so that sums are added up in one order whatever the machine.
PARTS = 4


def less_per_row(values_P: Floats, ptr: Ints, shift_E: Floats) -> Floats:
    """`values_P` less the shift of each pair's event."""
    if compiled := _compiled(len(values_P)):
        found = np.empty_like(values_P)
        _in_parts(compiled.less_per_row, ptr, values_P, shift_E, found)
        return found
    return values_P - np.repeat(shift_E, np.diff(ptr))


def times_per_row(values_P: Floats, ptr: Ints, scale_E: Floats) -> Floats:
    """`values_P` times the scale of each pair's event."""
    if compiled := _compiled(len(values_P)):
        found = np.empty_like(values_P)
        _in_parts(compiled.times_per_row, ptr, values_P, scale_E, found)
        return found
    return values_P * np.repeat(scale_E, np.diff(ptr))


def look_up(values_P: Floats, ptr: Ints, shift_E: Floats, start: float, width: float, table_B: Floats) -> Floats:
    """The entry of `table_B` for each value less its event's shift; bins of `width` begin at `start`."""
    if compiled := _compiled(len(values_P)):
        found = np.empty_like(values_P)
        _in_parts(compiled.look_up, ptr, values_P, shift_E, start, width, table_B, found)
        return found
    bins = np.floor((values_P - np.repeat(shift_E, np.diff(ptr)) - start) / width).astype(np.int64)
    return np.asarray(table_B[np.clip(bins, 0, len(table_B) - 1)])


def multiply_by(values_P: Floats, ptr: Ints, table_B: Floats, bins_P: NDArray[np.integer[Any]]) -> None:
    """Multiply `values_P` in place by the entries of a table."""
    if compiled := _compiled(len(values_P)):
        _in_parts(compiled.multiply_by, ptr, values_P, table_B, bins_P)
    else:
        values_P *= table_B[bins_P]


def sum_by_parent(values_P: Floats, ptr: Ints, weight_E: Floats, parent_P: Rows, parents: int) -> Floats:
    """Sum of each parent's values, weighted by event."""
    if compiled := _compiled(len(values_P)):
        return _summed(compiled.sum_by_parent, ptr, parents, values_P, weight_E, parent_P)
    weighted_P = values_P * np.repeat(weight_E, np.diff(ptr))
    return np.bincount(parent_P, weights=weighted_P, minlength=parents)


def sum_entries_by_parent(
    values_P: Floats,
    ptr: Ints,
    weight_E: Floats,
    parent_P: Rows,
    parents: int,
    table_B: Floats,
    bins_P: NDArray[np.integer[Any]],
) -> Floats:
    """Sum of the table's entries of each parent's pairs, weighted by value and event."""
    if compiled := _compiled(len(values_P)):
        return _summed(compiled.sum_entries_by_parent, ptr, parents, values_P, weight_E, parent_P, table_B, bins_P)
    weighted_P = values_P * np.repeat(weight_E, np.diff(ptr))
    return np.bincount(parent_P, weights=weighted_P * table_B[bins_P], minlength=parents)


def residual_moments(
    lag_P: Floats, ptr: Ints, shift_E: Floats, near_E: Floats, reach: float, weight_P: Floats
) -> tuple[Floats, Floats, Floats]:
    """Per event: mass, sum and sum of squares of lag less shift, over pairs within `reach` of `near_E`."""
    if compiled := _compiled(len(lag_P)):
        moments = np.zeros((3, len(ptr) - 1))
        _in_parts(compiled.residual_moments, ptr, lag_P, shift_E, near_E, reach, weight_P, moments)
        return moments[0], moments[1], moments[2]
    residual = lag_P - np.repeat(shift_E, np.diff(ptr))
    weight = np.where(np.abs(residual - np.repeat(near_E, np.diff(ptr))) < reach, weight_P, 0.0)
    pulled = weight * residual
    return row_sums(weight, ptr), row_sums(pulled, ptr), row_sums(pulled * residual, ptr)


def two_largest(values_P: Floats, ptr: Ints) -> tuple[Ints, Floats, Floats]:
    """Per event: the place of the largest value (of equals the last; -1 without pairs), it, and the second largest."""
    events = len(ptr) - 1
    place = np.full(events, -1, dtype=np.int64)
    if compiled := _compiled(len(values_P)):
        largest = np.zeros((2, events))
        _in_parts(compiled.two_largest, ptr, values_P, place, largest)
        return place, largest[0], largest[1]
    top = row_maxima(values_P, ptr, empty=-1.0)
    owner = np.repeat(np.arange(events), np.diff(ptr))
    where = np.flatnonzero(values_P >= top[owner])
    place[owner[where]] = where
    rest = values_P.copy()
    rest[place[place >= 0]] = 0.0
    return place, np.maximum(top, 0.0), row_maxima(rest, ptr)


def _compiled(pairs: int) -> ModuleType | None:
    return _load() if pairs >= COMPILED_FROM_PAIRS else None


@cache
def _load() -> ModuleType | None:
    if find_spec("numba") is None:
        return None
    from dougpt_align import ragged_numba  # noqa: PLC0415 - numba is optional and slow to import

    return ragged_numba


def _bounds(ptr: Ints) -> list[tuple[int, int]]:
    """Ranges of events that own about as many pairs each."""
    marks = np.searchsorted(ptr, np.linspace(0, int(ptr[-1]), PARTS + 1)[1:-1])
    edges = [0, *(int(mark) for mark in marks), len(ptr) - 1]
    return list(pairwise(edges))


def _in_parts(loop: Callable[..., None], ptr: Ints, *arguments: object) -> None:
    """Run a loop over ranges of events at once; compiled loops let go of the interpreter."""
    # Made anew each time: threads that are kept do not survive a fork.
    with ThreadPoolExecutor(PARTS) as threads:
        for done in [threads.submit(loop, first, last, ptr, *arguments) for first, last in _bounds(ptr)]:
            done.result()


def _summed(loop: Callable[..., None], ptr: Ints, size: int, *arguments: object) -> Floats:
    """Run a loop that adds to an array of its own in each part, and add these up."""
    sums = np.zeros((PARTS, size))
    parts = zip(_bounds(ptr), sums, strict=True)
    with ThreadPoolExecutor(PARTS) as threads:
        for done in [threads.submit(loop, *bound, ptr, *arguments, mine) for bound, mine in parts]:
            done.result()
    return np.asarray(sums.sum(axis=0))
