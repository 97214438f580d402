"""A recording's split is decided once: nothing that comes later changes it or enters what is held out."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from dougpt_curate import (
    CurateSettings,
    HoldoutError,
    NotComparableError,
    Suite,
    assign_holdout,
    curate,
    holdout_json,
    next_suite,
    read_holdout,
    read_suite,
)
from hypothesis import given
from hypothesis import strategies as st

NAMES = st.lists(st.text("abcdef0123", min_size=1, max_size=4), max_size=30, unique=True)
START = datetime(2026, 1, 1, tzinfo=UTC)


def dated(names: list[str]) -> list[dict[str, object]]:
    return [{"recording_id": name, "broadcast_start": START + timedelta(days=day)} for day, name in enumerate(names)]


@given(first=NAMES, later=NAMES)
def test_what_is_frozen_never_changes_and_takes_nothing_new(first: list[str], later: list[str]) -> None:
    frozen = assign_holdout(dated(first))

    extended = assign_holdout(dated([*first, *later]), frozen=frozen)

    assert {name: extended[name] for name in frozen} == frozen
    assert list(extended)[: len(frozen)] == list(frozen)
    for split in ("test", "validation"):
        if split in frozen.values():
            assert [name for name in extended if extended[name] == split] == [n for n in frozen if frozen[n] == split]


@given(NAMES, st.randoms(use_true_random=False))
def test_the_order_of_recordings_makes_no_difference(names: list[str], shuffle: object) -> None:
    rows = dated(names)
    one = assign_holdout(rows)
    shuffle.shuffle(rows)  # type: ignore[attr-defined]

    assert assign_holdout(rows) == one


@given(NAMES)
def test_everything_has_one_split_and_something_is_left_to_train_on(names: list[str]) -> None:
    found = assign_holdout([{"recording_id": name} for name in names])

    assert sorted(found) == sorted(names)
    assert not names or "train" in found.values()


def test_the_latest_recordings_are_the_test() -> None:
    names = [f"day{day:02}" for day in range(12)]

    found = assign_holdout(dated(names))

    assert [name for name in names if found[name] == "test"] == ["day10", "day11"]
    assert [name for name in names if found[name] == "validation"] == ["day09"]


@pytest.mark.parametrize(
    ("recordings", "tests", "validations"),
    [(1, 0, 0), (2, 0, 0), (3, 1, 0), (4, 1, 0), (5, 2, 1), (12, 2, 1), (100, 10, 8)],
)
def test_the_sets_grow_with_the_recordings(recordings: int, tests: int, validations: int) -> None:
    counts = Counter(assign_holdout([{"recording_id": str(n)} for n in range(recordings)]).values())

    assert (counts["test"], counts["validation"]) == (tests, validations)


def test_recordings_without_a_date_are_never_the_latest() -> None:
    rows = [*dated(["a", "b", "c"]), *({"recording_id": f"x{n}"} for n in range(9))]

    found = assign_holdout(rows)

    assert {name for name, split in found.items() if split == "test"} == {"b", "c"}


def test_a_table_of_sources_names_each_recording_once() -> None:
    table = pa.table(
        {
            "recording_id": ["a", "a", "b", "c"],
            "broadcast_start": pa.array([None, START, START + timedelta(days=2), START], pa.timestamp("ms", "UTC")),
        }
    )

    assert assign_holdout(table) == assign_holdout(
        [
            {"recording_id": "a", "broadcast_start": START},
            {"recording_id": "b", "broadcast_start": START + timedelta(days=2)},
            {"recording_id": "c", "broadcast_start": START},
        ]
    )


def test_training_that_was_done_is_never_tested_on() -> None:
    frozen = assign_holdout(dated(["a", "b"]))

    found = assign_holdout(dated(list("abcdefghijkl")), frozen=frozen)

    assert (found["a"], found["b"]) == ("train", "train")
    assert {name for name, split in found.items() if split == "test"} == {"k", "l"}


def test_shares_of_nothing_hold_nothing_out() -> None:
    settings = CurateSettings(test_share=0, validation_share=0)

    assert set(assign_holdout(dated(list("abcdefghijkl")), settings).values()) == {"train"}


@given(NAMES)
def test_a_holdout_file_gives_back_what_was_written(names: list[str]) -> None:
    splits = assign_holdout(dated(names))

    assert list(read_holdout(holdout_json(splits)).items()) == list(splits.items())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "no JSON"),
        ("[]", "no object"),
        ('{"version": 2, "recordings": {}}', "upgrade"),
        ('{"version": 1, "recordings": {"a": "exam"}}', "'exam', not one of train"),
    ],
)
def test_a_broken_holdout_file_is_refused(text: str, message: str) -> None:
    with pytest.raises(HoldoutError, match=message):
        read_holdout(text)


def test_the_suite_stays_while_held_out_links_do_and_is_the_next_one_where_they_changed() -> None:
    one = Suite({"a": "test", "b": "train"}, links={"a": "x"})
    first = next_suite(None, one)

    assert first.number == 1
    assert next_suite(first, replace(one, recordings={**one.recordings, "c": "train"})).number == 1
    assert next_suite(first, replace(one, links={"a": "y"})).number == 2


def test_a_suite_that_must_be_kept_refuses_links_that_changed() -> None:
    frozen = Suite({"a": "test"}, number=2, links={"a": "x"})
    changed = Suite({"a": "test"}, links={"a": "y"})

    with pytest.raises(NotComparableError, match=r"samples of a are not those of suite 2; .* suite = 3") as error:
        next_suite(frozen, changed, 2)
    assert error.value.exit_code == 4
    assert next_suite(frozen, changed, 3).number == 3
    with pytest.raises(HoldoutError, match="suite 1 is asked for"):
        next_suite(frozen, changed, 1)


def test_a_suite_is_read_back_as_it_was_written() -> None:
    suite = Suite({"a": "blocks"}, number=4, blocks={"a": {"train": [0, 5], "test": [7, 9]}}, links={"a": "x"})

    assert read_suite(holdout_json(suite)) == suite


def test_few_recordings_are_divided_in_time_only_where_asked_and_nothing_frozen_is() -> None:
    names = [f"r{n}" for n in range(4)]

    assert set(assign_holdout(dated(names), in_blocks=True).values()) == {"blocks"}
    assert "blocks" not in assign_holdout(dated([*names, "r4"]), in_blocks=True).values()
    later = assign_holdout(dated([*names, *"efghijkl"]), frozen=dict.fromkeys(names, "blocks"))
    assert {later[name] for name in "efghijkl"} == {"train"}


@pytest.mark.parametrize(
    "changed", [{"max_responses": 1}, {"context_words": 0}, {"near_similarity": 0.0}, {"min_characters": 8}]
)
def test_a_suite_holds_what_is_asked_and_answered_and_not_its_links_alone(
    changed: dict[str, float], make_dialogue: Callable[..., Any]
) -> None:
    turns = 60
    replies = [[f"yes number {n}", f"yes number {n} please", "short"] for n in range(turns)]
    scene = make_dialogue([f"what about thing number {n}" for n in range(turns)], replies)
    before = curate(*scene.tables, CurateSettings(leak_similarity=0), holdout={"r": "test"})

    after = curate(*scene.tables, CurateSettings(leak_similarity=0, **changed), holdout={"r": "test"})  # type: ignore[arg-type]

    assert before.report.held_out.keys() == after.report.held_out.keys()
    assert before.report.held_out != after.report.held_out
    assert curate(*scene.tables, CurateSettings(leak_similarity=0, seed=3), holdout={"r": "test"}).report.held_out == (
        before.report.held_out
    )
