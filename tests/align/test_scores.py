"""Scores on cases that can be counted by hand."""

import numpy as np
import pyarrow as pa
import pytest
from dougpt_align.scores import (
    Scored,
    auroc,
    best_f1,
    bootstrap,
    calibration_error,
    jump_recall,
    macro_f1,
    parent_accuracy,
    path_error_s,
    precision_recall_f1,
    recall_at_precision,
    set_against,
)
from hypothesis import given
from hypothesis import strategies as st


def scored(probability: list[float], right: list[bool], reply: list[bool]) -> Scored:
    p = np.array(probability)
    return Scored(np.array(right), np.array(reply), p, p >= 0.5)


SMALL = scored([0.9, 0.8, 0.6, 0.3, 0.1], [True, True, False, True, False], [True, True, True, True, False])


def test_precision_recall_and_f1_count_accepted_links() -> None:
    assert precision_recall_f1(SMALL) == pytest.approx((2 / 3, 2 / 4, 4 / 7))


def test_the_best_f1_names_its_threshold() -> None:
    assert best_f1(SMALL) == pytest.approx((6 / 8, 0.3))


def test_equal_probabilities_are_not_split() -> None:
    tied = scored([0.5, 0.5], [True, False], [True, False])

    assert best_f1(tied) == pytest.approx((2 / 3, 0.5))


def test_parent_accuracy_looks_at_replies_alone() -> None:
    assert parent_accuracy(SMALL) == 0.75


def test_recall_at_precision_takes_the_longest_list_that_holds_it() -> None:
    assert recall_at_precision(SMALL, 0.95)[0] == pytest.approx(2 / 4)
    assert recall_at_precision(SMALL, 0.70)[0] == pytest.approx(3 / 4)


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=30))
def test_auroc_counts_ordered_pairs(rows: list[tuple[int, bool]]) -> None:
    score, positive = np.array([float(a) for a, _ in rows]), np.array([b for _, b in rows])
    if positive.all() or not positive.any():
        assert auroc(score, positive) == 0.5
        return
    pairs = [(a > b) + 0.5 * (a == b) for a in score[positive] for b in score[~positive]]
    assert auroc(score, positive) == pytest.approx(float(np.mean(pairs)))


def test_a_calibrated_score_has_no_calibration_error_and_an_inverted_one_has_much() -> None:
    rng = np.random.default_rng(0)
    p = rng.random(20_000)
    right = rng.random(20_000) < p
    honest = Scored(right, right, p, p > 0.5)
    inverted = Scored(right, right, 1 - p, p > 0.5)

    assert calibration_error(honest) < 0.02
    assert calibration_error(inverted) > 0.4


def clock(*rows: tuple[int, int, int]) -> pa.Table:
    return pa.table(dict(zip(("from_ms", "to_ms", "offset_ms"), map(list, zip(*rows, strict=True)), strict=True)))


def test_a_constant_shift_of_the_clock_is_no_error_and_a_missed_jump_is() -> None:
    true = clock((0, 100_000, 0), (100_000, 200_000, 40_000))
    at = np.arange(0, 200_000, 1000)

    assert path_error_s(clock((0, 100_000, 5000), (100_000, 200_000, 45_000)), true, at) == 0.0
    assert path_error_s(clock((0, 200_000, 0)), true, at) > 10.0
    assert jump_recall(clock((0, 90_000, 5000), (90_000, 200_000, 44_000)), true) == 1.0
    assert jump_recall(clock((0, 200_000, 0)), true) == 0.0


def test_macro_f1_weighs_reasons_equally() -> None:
    assert macro_f1(["a", "a", "b", None], ["a", "a", "c", None]) == pytest.approx(0.5)
    assert macro_f1([None], [None]) == 1.0


def test_links_are_matched_to_events_by_id() -> None:
    links = pa.table(
        {
            "event_id": ["b", "a"],
            "utterance_id": pa.array([7, None], pa.int64()),
            "probability": np.array([0.9, 0.0], dtype=np.float32),
            "background": np.array([0.1, 1.0], dtype=np.float32),
            "accepted": [True, False],
        }
    )

    found = set_against(links, ["a", "b"], np.array([-1, 7]))

    assert found.right.tolist() == [True, False]
    assert found.is_reply.tolist() == [True, False]


def test_the_bootstrap_interval_holds_the_mean() -> None:
    low, high = bootstrap([SMALL, SMALL], parent_accuracy)

    assert low == high == 0.75
