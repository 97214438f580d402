"""Intervals cover the truth as often as they say, and figures are the plain ratios that they claim to be."""

import numpy as np
import pytest
from dougpt_eval.resampling import Resampler, per_recording, ratio
from hypothesis import given
from hypothesis import strategies as st

NAMES = [f"r{number:02d}" for number in range(40)]


def covered(recordings: int, trials: int) -> float:
    """The share of 95 % intervals that hold the truth, for windows that agree within a recording."""
    hits = 0
    for trial in range(trials):
        rng = np.random.default_rng(trial)
        level_R = 3.0 + 0.5 * rng.standard_normal(recordings)
        bytes_R = rng.integers(500, 1500, recordings).astype(float)
        estimate = Resampler(NAMES[:recordings], draws=500, seed=trial).estimate(ratio(level_R * bytes_R, bytes_R))
        hits += estimate.low is not None and estimate.high is not None and estimate.low <= 3.0 <= estimate.high
    return hits / trials


@pytest.mark.parametrize("recordings", [2, 4, 8, 20, 40])
def test_intervals_cover_the_truth_about_as_often_as_they_say(recordings: int) -> None:
    assert 0.9 <= covered(recordings, 300) <= 0.99


def test_two_recordings_say_little_and_the_interval_says_so() -> None:
    estimate = Resampler(["a", "b"], draws=500, seed=0).estimate(ratio(np.array([1.0, 3.0]), np.ones(2)))
    assert estimate.value == 2
    assert estimate.low is not None
    assert estimate.low < -9
    assert estimate.by_recording == {"a": 1, "b": 3}
    assert estimate.without == {"a": 3, "b": 1}


def test_nothing_to_count_is_none_and_not_a_number() -> None:
    estimate = Resampler(["a", "b"], draws=100, seed=0).estimate(ratio(np.zeros(2), np.zeros(2)))
    assert (estimate.value, estimate.low, estimate.high) == (None, None, None)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), min_size=1, max_size=30))
def test_sums_by_recording_are_sums(pairs: list[tuple[int, int]]) -> None:
    places = np.array([place for place, _ in pairs])
    sums = per_recording(np.array([float(number) for _, number in pairs]), places, 4)
    assert sums.tolist() == [sum(number for place, number in pairs if place == k) for k in range(4)]
