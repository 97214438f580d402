"""Kappa is 1 for raters who always agree, about 0 for those who toss coins, and what the textbook says in between."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from dougpt_align.agreement import cohens_kappa, kappa
from dougpt_schema import LABELS
from hypothesis import given
from hypothesis import strategies as st

counts = st.integers(0, 40)


def labels_of(answers: dict[str, list[str | None]], spans: dict[tuple[str, int], tuple[int, int]] | None = None) -> Any:
    """One answer a rater and event; None where there is none."""
    rows: list[dict[str, Any]] = []
    for rater, verdicts in answers.items():
        for event, verdict in enumerate(verdicts):
            if verdict is not None:
                start, end = (spans or {}).get((rater, event), (None, None))
                rows.append(
                    {"label_id": f"{rater}{event}", "recording_id": "r", "event_id": f"e{event}", "verdict": verdict,
                     "utterance_start_ms": start, "utterance_end_ms": end, "rater": rater, "asked_as": "random",
                     "stratum": "all", "inclusion_probability": 0.1, "blind": True, "at_order": len(rows)}
                )  # fmt: skip
    return LABELS.table(rows)


@pytest.mark.parametrize(
    ("table", "expected", "error"),
    [
        # 20 both yes, 15 both no of 50: observed .7, expected .5*.6 + .5*.4 = .5.
        ([[15, 5], [10, 20]], 0.4, None),
        # Fleiss, Cohen and Everitt's formula worked out by hand: .4 of 45 of 70 against .4745.
        ([[45, 15], [25, 15]], 0.1304, None),
        ([[9, 0], [0, 3]], 1.0, 0.0),
        ([[0, 5], [5, 0]], -1.0, None),
    ],
)
def test_kappa_is_what_the_textbook_says(table: list[list[int]], expected: float, error: float | None) -> None:
    value, low, high = cohens_kappa(np.array(table, float))

    assert value == pytest.approx(expected, abs=1e-4)
    assert low is not None
    assert high is not None
    assert low <= value <= high
    if error == 0.0:
        assert low < 0.95


@given(counts, counts, counts, counts)
def test_kappa_does_not_hang_on_who_is_first_nor_on_what_is_called_a_reply(a: int, b: int, c: int, d: int) -> None:
    table = np.array([[a, b], [c, d]], float)
    value = cohens_kappa(table)[0]

    assert cohens_kappa(table.T)[0] == (None if value is None else pytest.approx(value))
    assert cohens_kappa(table[::-1, ::-1])[0] == (None if value is None else pytest.approx(value))
    assert value is None or -1 <= value <= 1


def test_the_interval_holds_the_kappa_of_all_in_19_of_20_samples() -> None:
    share = np.array([[0.45, 0.1], [0.05, 0.4]])
    expected = cohens_kappa(share * 1000)[0]
    rng = np.random.default_rng(1)
    found = [cohens_kappa(rng.multinomial(80, share.ravel()).reshape(2, 2).astype(float)) for _ in range(400)]

    assert expected is not None
    assert np.mean([low <= expected <= high for _, low, high in found if low is not None and high is not None]) > 0.93


def test_raters_are_compared_on_what_both_answered_and_were_sure_of() -> None:
    labels = labels_of(
        {
            "ann": ["reply", "reply", "not_a_reply", "unsure", "reply", None],
            "bob": ["reply", "not_a_reply", "not_a_reply", "reply", None, "reply"],
            "cat": [None, None, None, None, None, "reply"],
        }
    )

    pairs = {pair.raters: pair for pair in kappa(labels).pairs}

    assert set(pairs) == {("ann", "bob"), ("bob", "cat")}
    both = pairs["ann", "bob"]
    assert (both.items, both.unsure, both.agreed) == (3, 1, 2)
    assert both.conflicts == (("r", "e1"),)
    assert both.kappa == pytest.approx(0.4)
    assert pairs["bob", "cat"].kappa is None


def test_replies_to_other_speech_are_no_agreement_on_the_parent() -> None:
    answers: dict[str, list[str | None]] = {"ann": ["reply"] * 3, "bob": ["reply"] * 3}
    spans = {("ann", 0): (0, 1000), ("bob", 0): (500, 1400), ("ann", 1): (0, 1000), ("bob", 1): (5000, 6000),
             ("ann", 2): (0, 1000)}  # fmt: skip

    pair = kappa(labels_of(answers, spans)).pairs[0]

    assert (pair.replies, pair.same_speech) == (2, 1)
    assert pair.conflicts == (("r", "e1"),)


def test_only_the_last_answer_of_a_rater_counts() -> None:
    first = labels_of({"ann": ["reply"], "bob": ["not_a_reply"]}).to_pylist()
    changed = first[0] | {"label_id": "again", "verdict": "not_a_reply", "at_order": 9}

    pair = kappa(LABELS.table([*first, changed])).pairs[0]

    assert pair.agreed == 1


def test_nobody_and_one_rater_agree_with_nobody() -> None:
    assert kappa(LABELS.empty()).pairs == ()
    assert kappa(labels_of({"ann": ["reply"]})).pairs == ()
    assert isinstance(kappa(labels_of({"ann": ["reply"], "bob": ["reply"]})).to_dict(), dict)
    assert pa.table(LABELS.empty()).num_rows == 0
