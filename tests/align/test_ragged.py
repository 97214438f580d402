"""Compiled loops, numpy and a double loop over events and pairs say the same."""

from typing import Any

import numpy as np
import pytest
from dougpt_align import ragged
from hypothesis import given, settings
from hypothesis import strategies as st


class Rows:
    """Ragged rows of up to thirty events and thirty parents, some of them empty."""

    def __init__(self, seed: int, events: int, parents: int) -> None:
        rng = np.random.default_rng(seed)
        counts = rng.integers(0, parents + 1, events) * (rng.random(events) < 0.8)
        self.ptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        pairs = int(self.ptr[-1])
        self.parents = parents
        self.parent = rng.integers(0, parents, pairs).astype(np.int32)
        self.values = rng.integers(0, 5, pairs) / 4.0
        self.lag = rng.uniform(-8, 45, pairs)
        self.event = rng.uniform(0, 2, events)
        self.table = rng.uniform(0.1, 3, 7)
        self.bins = rng.integers(0, 7, pairs).astype(np.int16)

    def pairs(self) -> list[tuple[int, int]]:
        """Event and pair, in order."""
        return [(e, p) for e in range(len(self.ptr) - 1) for p in range(self.ptr[e], self.ptr[e + 1])]


def by_loop(rows: Rows) -> dict[str, Any]:
    """What each function should give, the long way."""
    pairs, values, event = rows.pairs(), rows.values, rows.event
    sums, entries = [0.0] * rows.parents, [0.0] * rows.parents
    moments = np.zeros((3, len(event)))
    largest: list[tuple[int, float, float]] = [(-1, 0.0, 0.0)] * len(event)
    for e, p in pairs:
        sums[rows.parent[p]] += values[p] * event[e]
        entries[rows.parent[p]] += values[p] * event[e] * rows.table[rows.bins[p]]
        residual = rows.lag[p] - event[e]
        if abs(residual - 3.0) < 7.0:
            moments[:, e] += values[p] * np.array([1.0, residual, residual**2])
        place, top, second = largest[e]
        if values[p] >= top:
            largest[e] = (p, values[p], top if place >= 0 else 0.0)
        else:
            largest[e] = (place, top, max(second, values[p]))
    steps = {p: int(np.floor((rows.lag[p] - event[e] + 8.0) / 10.0)) for e, p in pairs}
    return {
        "less_per_row": [values[p] - event[e] for e, p in pairs],
        "times_per_row": [values[p] * event[e] for e, p in pairs],
        "look_up": [rows.table[min(max(steps[p], 0), 6)] for _, p in pairs],
        "multiply_by": [values[p] * rows.table[rows.bins[p]] for _, p in pairs],
        "sum_by_parent": sums,
        "sum_entries_by_parent": entries,
        "residual_moments": moments,
        "two_largest": np.array(largest, dtype=np.float64).reshape(-1, 3).T,
    }


def by_package(rows: Rows) -> dict[str, Any]:
    """The same by the package's functions."""
    values, ptr, event = rows.values, rows.ptr, rows.event
    product = values.copy()
    ragged.multiply_by(product, ptr, rows.table, rows.bins)
    return {
        "less_per_row": ragged.less_per_row(values, ptr, event),
        "times_per_row": ragged.times_per_row(values, ptr, event),
        "look_up": ragged.look_up(rows.lag, ptr, event, -8.0, 10.0, rows.table),
        "multiply_by": product,
        "sum_by_parent": ragged.sum_by_parent(values, ptr, event, rows.parent, rows.parents),
        "sum_entries_by_parent": ragged.sum_entries_by_parent(
            values, ptr, event, rows.parent, rows.parents, rows.table, rows.bins
        ),
        "residual_moments": ragged.residual_moments(rows.lag, ptr, event, np.full(len(event), 3.0), 7.0, values),
        "two_largest": ragged.two_largest(values, ptr),
    }


@pytest.mark.parametrize("compiled", [False, True])
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), events=st.integers(1, 30), parents=st.integers(1, 30))
def test_all_ways_give_the_same_numbers(compiled: bool, seed: int, events: int, parents: int) -> None:
    if compiled:
        pytest.importorskip("numba")
    rows = Rows(seed, events, parents)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ragged, "COMPILED_FROM_PAIRS", 0 if compiled else 10**9)
        found = by_package(rows)

    for name, expected in by_loop(rows).items():
        assert np.asarray(found[name], dtype=np.float64) == pytest.approx(
            np.asarray(expected, dtype=np.float64), abs=1e-9
        ), name


def test_a_large_problem_is_compiled_where_numba_is_there() -> None:
    pytest.importorskip("numba")
    assert ragged._compiled(ragged.COMPILED_FROM_PAIRS) is not None
    assert ragged._compiled(ragged.COMPILED_FROM_PAIRS - 1) is None
