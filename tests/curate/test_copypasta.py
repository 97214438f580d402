"""Copypasta of several training recordings is kept once, and what is held out knows nothing of it."""

from collections.abc import Callable, Sequence
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from dougpt_curate import CurateSettings, Style, assign_holdout, curate
from dougpt_schema import recording_id
from hypothesis import given, settings
from hypothesis import strategies as st

PASTA = "never trust a snail with your money, that is what my grandmother said"
NEARLY = PASTA.replace("money", "honey") + "!!"
APART = CurateSettings(leak_similarity=0)
EXACT = CurateSettings(leak_similarity=0, near_similarity=0)


@pytest.fixture
def together(make_dialogue: Callable[..., Any]) -> Callable[..., list[pa.Table]]:
    """Puts dialogues of several recordings, of a single turn each, into one set of tables."""

    def build(**answers: Sequence[Any]) -> list[pa.Table]:
        made = [make_dialogue(["what now?"], [said], recording=name) for name, said in answers.items()]
        return [pa.concat_tables([scene.tables[place] for scene in made]) for place in range(3)]

    return build


def replies(found: Any, recording: str) -> list[tuple[str, int]]:
    rows = [row for row in found.samples.to_pylist() if row["recording_id"] == recording]
    return [(reply["text"], reply["multiplicity"]) for row in rows for reply in row["responses"]]


def test_it_is_kept_in_the_recording_that_came_first_with_the_multiplicity_of_all(
    together: Callable[..., Any],
) -> None:
    tables = together(a=["hi", PASTA], b=[PASTA, NEARLY, "hello"], c=[NEARLY])

    found = curate(*tables, APART, holdout={"b": "train", "c": "train", "a": "train"})

    assert replies(found, "b") == [(PASTA, 4), ("hello", 1)]
    assert replies(found, "a") == [("hi", 1)]
    assert found.report.replies["rejected"] == {"repeated_copypasta": 2}
    assert found.report.replies["merged"] == 1
    (pasta,) = (reply for row in found.samples.to_pylist() for reply in row["responses"] if reply["text"] == PASTA)
    assert pasta["style"] == Style.COPYPASTA


def test_what_is_left_out_says_where_it_is_kept_and_where_it_stood(together: Callable[..., Any]) -> None:
    tables = together(a=[PASTA], b=["hello", PASTA, PASTA])

    found = curate(*tables, APART, holdout=dict.fromkeys("ab", "train"))

    rejects = [row for row in found.rejects.to_pylist() if row["reason"] == "repeated_copypasta"]
    assert [(row["recording_id"], row["subject_id"], row["detail"]) for row in rejects] == [
        ("b", "0.1", "kept once, as 0.0 of a"),
        ("b", "0.2", "kept once, as 0.0 of a"),
    ]
    assert all(row["source_id"] for row in rejects)
    assert not [copy for row in found.samples.to_pylist() for copy in row["merged"]]


def test_a_sample_that_is_left_without_replies_goes(together: Callable[..., Any]) -> None:
    tables = together(a=[PASTA], b=[PASTA, PASTA])

    found = curate(*tables, APART, holdout=dict.fromkeys("ab", "train"))

    assert found.samples["recording_id"].to_pylist() == ["a"]
    assert found.report.turns["rejected"] == {"no_response_left": 1}


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ({"a": [PASTA], "b": [PASTA]}, APART),
        ({"a": ["LUL"], "b": ["LUL"], "c": ["LUL"]}, APART),
        ({"a": [PASTA], "b": [PASTA + " 1"], "c": [PASTA + " 2"]}, APART),
        ({"a": [PASTA], "b": [NEARLY], "c": [NEARLY + " lol"]}, EXACT),
        ({"a": [PASTA, PASTA], "b": [PASTA]}, CurateSettings(leak_similarity=0, copypasta_across=False)),
    ],
    ids=["too few", "too short", "other numbers", "not equal", "switched off"],
)
def test_what_is_no_copypasta_of_several_recordings_stays(
    together: Callable[..., Any], answers: dict[str, list[str]], why: CurateSettings
) -> None:
    found = curate(*together(**answers), why, holdout=dict.fromkeys(answers, "train"))

    assert all(replies(found, name) for name in answers)
    assert "repeated_copypasta" not in found.report.replies["rejected"]


def test_exact_copies_are_found_without_looking_for_near_ones(together: Callable[..., Any]) -> None:
    tables = together(a=[PASTA], b=[PASTA.upper()], c=[PASTA + "..."])

    found = curate(*tables, EXACT, holdout=dict.fromkeys("abc", "train"))

    assert replies(found, "a") == [(PASTA, 3)]


def test_what_is_held_out_neither_lends_nor_loses(together: Callable[..., Any]) -> None:
    tables = together(a=[PASTA, PASTA], b=[PASTA], c=[PASTA, PASTA])

    found = curate(*tables, APART, holdout={"a": "test", "b": "validation", "c": "train"})

    assert [replies(found, name) for name in "abc"] == [[(PASTA, 2)], [(PASTA, 1)], [(PASTA, 2)]]


@given(seed=st.integers(0, 1000), later=st.lists(st.sampled_from("uvwxyz"), unique=True))
@settings(max_examples=8, deadline=None)
def test_recordings_that_arrive_change_nothing_of_what_is_held_out(
    make_recordings: Callable[..., Any], seed: int, later: list[str]
) -> None:
    names = list("abcde")
    splits = assign_holdout([{"recording_id": recording_id("test", name)} for name in names])
    loose = CurateSettings(min_confidence=0.2, copypasta_multiplicity=2)

    before = curate(*make_recordings(names, seed).tables, loose, holdout=splits)
    after = curate(*make_recordings([*names, *later], seed).tables, loose, holdout=splits)
    without = curate(
        *make_recordings(names, seed).tables,
        CurateSettings(min_confidence=0.2, copypasta_multiplicity=2, copypasta_across=False),
        holdout=splits,
    )

    held_out = pl.col("split") != "train"
    kept = [pl.DataFrame(found.samples).filter(held_out).drop("merged") for found in (before, after, without)]
    assert len(kept[0])
    assert kept[0].equals(kept[1])
    assert kept[0].equals(kept[2])
    assert after.report.held_out == before.report.held_out == without.report.held_out
