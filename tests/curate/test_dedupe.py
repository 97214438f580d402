"""Copies become one reply with a multiplicity, and every copy says which reply stands for it."""

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from dougpt_curate import CurateSettings, curate
from dougpt_curate.dedupe import normal
from hypothesis import given
from hypothesis import strategies as st

PASTA = "never trust a snail with your money, my friends"


def normals(texts: list[str]) -> list[str]:
    return normal(pl.Series(texts, dtype=pl.String)).to_list()


@pytest.mark.parametrize(("one", "two"), [("LUL", "lul"), ("yes!", "Yes"), ("a  b", "a b "), ("\uff46ull", "full")])
def test_case_spaces_and_closing_marks_make_no_difference(one: str, two: str) -> None:
    assert len(set(normals([one, two]))) == 1


@pytest.mark.parametrize(("one", "two"), [("yes", "yes?"), ("1000", "10000"), ("!!!", "..."), ("left", "right")])
def test_what_means_something_else_stays_apart(one: str, two: str) -> None:
    assert len(set(normals([one, two]))) == 2


@given(st.text())
def test_normalising_twice_is_normalising_once(text: str) -> None:
    (once,) = normals([text])

    assert normals([once]) == [once]


def test_copies_in_a_turn_are_one_reply_where_the_first_stood(make_dialogue: Callable[..., Any]) -> None:
    made = make_dialogue(["hello"], [["LUL", "hi", "lul", "LUL!"]])

    (row,) = curate(*made.tables).samples.to_pylist()

    assert [(reply["event_id"], reply["multiplicity"]) for reply in row["responses"]] == [("0.0", 3), ("0.1", 1)]
    assert row["merged"] == [{"event_id": "0.2", "into": "0.0"}, {"event_id": "0.3", "into": "0.0"}]


def test_the_same_short_reply_to_two_turns_stays_twice(make_dialogue: Callable[..., Any]) -> None:
    made = make_dialogue(["left?", "right?"], [["yes"], ["yes"]])

    assert curate(*made.tables).samples.num_rows == 2


def test_copypasta_is_kept_once_over_turns_with_all_its_copies(make_dialogue: Callable[..., Any]) -> None:
    made = make_dialogue(["one", "two", "three"], [[PASTA, PASTA], [PASTA, "hm"], [PASTA.upper()]])

    found = curate(*made.tables)

    texts = {
        row["prompt"]: [(reply["text"], reply["multiplicity"]) for reply in row["responses"]]
        for row in found.samples.to_pylist()
    }
    assert texts == {"one": [(PASTA, 4)], "two": [("hm", 1)]}
    copies = [copy for row in found.samples.to_pylist() for copy in row["merged"]]
    assert sorted(copy["event_id"] for copy in copies) == ["0.1", "1.0", "2.0"]
    assert {copy["into"] for copy in copies} == {"0.0"}
    assert found.report.turns["rejected"] == {"no_response_left": 1}
    assert found.report.replies == {"accepted": 5, "kept": 2, "merged": 3, "rejected": {}}


def test_copypasta_that_comes_back_much_later_is_a_new_one(make_dialogue: Callable[..., Any]) -> None:
    made = make_dialogue(["one", "two"], [[PASTA], [PASTA]])

    found = curate(*made.tables, CurateSettings(copypasta_window_s=10))

    assert found.samples.num_rows == 2


def test_copies_of_a_copy_follow_to_the_reply_that_stayed(make_dialogue: Callable[..., Any]) -> None:
    made = make_dialogue(["one", "two"], [[PASTA], [PASTA, PASTA + "!"]])

    copies = [copy for row in curate(*made.tables).samples.to_pylist() for copy in row["merged"]]

    assert copies == [{"event_id": "1.0", "into": "0.0"}, {"event_id": "1.1", "into": "0.0"}]
