"""The clock's path: found where there is evidence, whole whatever the evidence."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from dougpt_align import align, segment
from dougpt_align.offset import DRIFT_COST, JUMP_COST, Votes, _refined, constant_path, viterbi
from dougpt_align.scores import jump_recall, path_error_s
from dougpt_align.synthetic import Slice, make_hostile, make_stream
from hypothesis import given, settings
from hypothesis import strategies as st

type Make = Callable[..., Any]


def cost(score: np.ndarray, states: np.ndarray) -> float:
    steps = np.abs(np.diff(states))
    return float(score[np.arange(len(states)), states].sum() - np.minimum(DRIFT_COST * steps, JUMP_COST).sum())


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 12), st.integers(1, 30))
def test_no_constant_offset_scores_better_than_the_path(seed: int, windows: int, offsets: int) -> None:
    score = np.random.default_rng(seed).gamma(0.3, 5.0, (windows, offsets))

    states, through = viterbi(score, np.zeros(offsets))

    best = cost(score, states)
    assert best >= max(cost(score, np.full(windows, k)) for k in range(offsets)) - 1e-9
    assert through[np.arange(windows), states] == pytest.approx(np.full(windows, best))
    assert through.max() == pytest.approx(best)


def test_a_jump_is_found_near_its_time_and_size() -> None:
    made = make_stream(50, Slice(minutes=60, per_minute=80, jumps=((1800.0, 40.0),)))

    found = align(segment(made.words), made.chat_events)

    assert jump_recall(found.clock, made.clock) == 1.0
    assert path_error_s(found.clock, made.clock, made.chat_events["offset_ms"].to_numpy()) < 4.0


def test_pieces_whose_borders_meet_leave_no_empty_row() -> None:
    at_ms = np.array([0, 1000, 60_000, 61_000, 120_000, 121_000])
    pieces = [(0, 60_000, 0, 5.0), (60_000, 120_000, 5, 5.0), (120_000, 121_001, 10, 5.0)]
    # The middle piece loses every event to the first one.
    votes = Votes(np.array([2, 3, 4]), np.array([5.0, 5.0, 5.0]), np.array([9.0, 9.0, 9.0]))

    path = _refined(pieces, np.arange(11.0) * 30, votes, at_ms, 0)

    assert np.all(path.to_ms > path.from_ms)
    assert len(np.unique(path.from_ms)) == len(path.from_ms)
    assert path.piece_of(at_ms).min() >= 0


def test_a_path_knows_which_piece_holds_a_time() -> None:
    path = constant_path(100, 200, 7, 0.0)

    assert path.piece_of(np.array([99, 100, 199, 200])).tolist() == [-1, 0, 0, -1]


@pytest.mark.parametrize("seed", range(45, 48))
def test_recordings_that_jump_are_aligned_to_the_end(seed: int) -> None:
    made = make_hostile(seed, Slice(minutes=20, per_minute=40))

    assert align(segment(made.words), made.chat_events).links.num_rows == made.chat_events.num_rows
