"""Pairs of recordings against the t interval by hand."""

from statistics import mean, stdev

import numpy as np
import pytest
from dougpt_eval.pairs import difference
from dougpt_eval.resampling import Estimate, Resampler, ratio
from hypothesis import given
from hypothesis import strategies as st

NUMBERS = st.lists(st.tuples(st.floats(-50, 50), st.floats(-50, 50)), min_size=3, max_size=12)


def of(values: list[float]) -> Estimate:
    """The mean over recordings of one window each."""
    names = [f"r{place:02d}" for place in range(len(values))]
    return Resampler(names, draws=100, seed=0).estimate(ratio(np.array(values), np.ones(len(values))))


@given(NUMBERS)
def test_for_means_the_interval_is_students_of_the_differences(pairs: list[tuple[float, float]]) -> None:
    each = [after - before for before, after in pairs]
    found = difference(of([before for before, _ in pairs]), of([after for _, after in pairs]))
    assert found is not None
    assert found.value == pytest.approx(mean(each), abs=1e-4)
    assert found.error == pytest.approx(stdev(each) / len(each) ** 0.5, abs=1e-4)
    low, high = found.interval
    assert low <= found.value + 1e-6
    assert high >= found.value - 1e-6


def test_what_moves_both_alike_cancels_out() -> None:
    hard = [1.0, 5.0, 9.0, 2.0]
    found = difference(of(hard), of([value - 0.5 for value in hard]))
    assert found is not None
    assert found.interval == pytest.approx((-0.5, -0.5), abs=1e-4)
    assert found.p_above(0.0, sign=-1.0) < 0.001
    assert found.p_above(0.0) == 1


def test_one_recording_or_a_missing_figure_says_nothing() -> None:
    assert difference(of([1.0]), of([2.0])) is None
    assert difference(of([1.0, 2.0]), of([1.0, float("nan")])) is None
