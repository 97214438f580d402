"""The loops of `ragged`, compiled. Each runs over the events first .. last - 1 and writes to its last argument.

`ragged` says what each computes, under the same name. Compiled code takes plain arrays and numbers, many of them.
"""
# ruff: noqa: D103, PLR0917

from collections.abc import Callable
from math import floor

import numba

from dougpt_align.arrays import Floats, Ints, Rows


def _jit(loop: Callable[..., None]) -> Callable[..., None]:
    try:
        compiled: Callable[..., None] = numba.jit(nopython=True, nogil=True, cache=True)(loop)
    except RuntimeError:
        # Neither the package's folder nor the user's can be written to: compiled anew in each process.
        compiled = numba.jit(nopython=True, nogil=True)(loop)
    return compiled


@_jit
def less_per_row(first: int, last: int, ptr: Ints, values: Floats, shift: Floats, found: Floats) -> None:
    for e in range(first, last):
        for p in range(ptr[e], ptr[e + 1]):
            found[p] = values[p] - shift[e]


@_jit
def times_per_row(first: int, last: int, ptr: Ints, values: Floats, scale: Floats, found: Floats) -> None:
    for e in range(first, last):
        for p in range(ptr[e], ptr[e + 1]):
            found[p] = values[p] * scale[e]


@_jit
def look_up(
    first: int,
    last: int,
    ptr: Ints,
    values: Floats,
    shift: Floats,
    start: float,
    width: float,
    table: Floats,
    found: Floats,
) -> None:
    top = len(table) - 1
    for e in range(first, last):
        for p in range(ptr[e], ptr[e + 1]):
            place = floor((values[p] - shift[e] - start) / width)
            found[p] = table[min(max(place, 0), top)]


@_jit
def multiply_by(first: int, last: int, ptr: Ints, values: Floats, table: Floats, bins: Ints) -> None:
    for p in range(ptr[first], ptr[last]):
        values[p] *= table[bins[p]]


@_jit
def sum_by_parent(first: int, last: int, ptr: Ints, values: Floats, weight: Floats, parent: Rows, sums: Floats) -> None:
    for e in range(first, last):
        for p in range(ptr[e], ptr[e + 1]):
            sums[parent[p]] += values[p] * weight[e]


@_jit
def sum_entries_by_parent(
    first: int,
    last: int,
    ptr: Ints,
    values: Floats,
    weight: Floats,
    parent: Rows,
    table: Floats,
    bins: Ints,
    sums: Floats,
) -> None:
    for e in range(first, last):
        for p in range(ptr[e], ptr[e + 1]):
            sums[parent[p]] += values[p] * weight[e] * table[bins[p]]


@_jit
def residual_moments(
    first: int,
    last: int,
    ptr: Ints,
    lag: Floats,
    shift: Floats,
    near: Floats,
    reach: float,
    weight: Floats,
    moments: Floats,
) -> None:
    for e in range(first, last):
        mass, total, square = 0.0, 0.0, 0.0
        for p in range(ptr[e], ptr[e + 1]):
            residual = lag[p] - shift[e]
            if abs(residual - near[e]) < reach:
                mass += weight[p]
                total += weight[p] * residual
                square += weight[p] * residual * residual
        moments[0, e], moments[1, e], moments[2, e] = mass, total, square


@_jit
def two_largest(first: int, last: int, ptr: Ints, values: Floats, place: Ints, largest: Floats) -> None:
    for e in range(first, last):
        top, second = 0.0, 0.0
        for p in range(ptr[e], ptr[e + 1]):
            if values[p] >= top:
                if place[e] >= 0:
                    second = top
                place[e], top = p, values[p]
            elif values[p] > second:
                second = values[p]
        largest[0, e], largest[1, e] = top, second
