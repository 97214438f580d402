"""No moment stands in two splits, and what is frozen keeps what it has."""

from collections.abc import Callable, Sequence
from typing import Any

import polars as pl
import pytest
from dougpt_curate import CurateSettings, curate
from dougpt_curate.near import Texts

SPEECH = [
    "so we open the wooden door and hope that the snail is not at home today",
    "nobody told me that this level has three bosses and a time limit",
    "if you like rockets you will love what i have prepared for the next hour",
]
REPLIES = [
    ["the snail is always home", "rip"],
    ["three bosses lol", "nobody expects the time limit"],
    ["rockets at last"],
]


@pytest.fixture
def together(make_dialogue: Callable[..., Any]) -> Callable[..., list[pl.DataFrame]]:
    """Puts dialogues of several recordings into one set of tables."""

    def build(**dialogues: Sequence[Any]) -> list[pl.DataFrame]:
        made = [make_dialogue(*said, recording=name) for name, said in dialogues.items()]
        return [pl.concat([pl.DataFrame(scene.tables[place]) for scene in made]) for place in range(3)]

    return build


def prompts(found: Any, recording: str) -> list[str]:
    return [row["prompt"] for row in found.samples.to_pylist() if row["recording_id"] == recording]


def test_a_re_upload_of_a_test_recording_never_trains(together: Callable[..., Any]) -> None:
    heard_again = [text.replace("wooden", "wood").replace("rockets", "rocket") for text in SPEECH]
    other_chat = [["hm"], ["well"], ["ok then"]]
    tables = together(
        a=(SPEECH, REPLIES), b=([*heard_again, "something else is going on here now my friends"], [*other_chat, ["hi"]])
    )

    found = curate(*tables, holdout={"a": "test", "b": "train"})

    assert len(prompts(found, "a")) == 3
    assert prompts(found, "b") == ["something else is going on here now my friends"]
    assert found.report.turns["rejected"] == {"leaks": 3}
    assert found.report.replies["rejected"] == {"turn_rejected": 3}
    details = [row["detail"] for row in found.rejects.to_pylist() if row["reason"] == "leaks"]
    assert all(detail.endswith("of a (test) says nearly the same") for detail in details)


def test_in_one_split_only_the_same_replies_make_it_the_same_moment(together: Callable[..., Any]) -> None:
    other_chat = [
        ["completely different chat over here"],
        ["what a strange idea of fun"],
        ["give us the potato instead"],
    ]
    tables = together(a=(SPEECH, REPLIES), b=(SPEECH, REPLIES), c=(SPEECH, other_chat))

    found = curate(*tables, holdout=dict.fromkeys("abc", "train"))

    assert [len(prompts(found, name)) for name in "abc"] == [3, 0, 3]
    assert found.report.turns["rejected"] == {"repeated_turn": 3}


def test_short_prompts_may_be_said_in_any_stream(together: Callable[..., Any]) -> None:
    tables = together(a=(["oh no"], [["rip"]]), b=(["oh no"], [["LUL"]]))

    found = curate(*tables, holdout={"a": "test", "b": "train"})

    assert found.samples.num_rows == 2


def test_what_was_frozen_first_keeps_what_a_later_recording_repeats(together: Callable[..., Any]) -> None:
    tables = together(a=(SPEECH, REPLIES), b=(SPEECH, REPLIES))

    first, last = (curate(*tables, holdout=dict.fromkeys(names, "train")) for names in ("ab", "ba"))

    assert (len(prompts(first, "a")), len(prompts(first, "b"))) == (3, 0)
    assert (len(prompts(last, "a")), len(prompts(last, "b"))) == (0, 3)


def test_leaks_are_looked_for_only_where_asked(together: Callable[..., Any]) -> None:
    tables = together(a=(SPEECH, REPLIES), b=(SPEECH, REPLIES))

    found = curate(*tables, CurateSettings(leak_similarity=0), holdout={"a": "test", "b": "train"})

    assert found.samples.num_rows == 6


def test_no_long_prompt_of_a_split_is_nearly_one_of_another(make_recordings: Callable[..., Any]) -> None:
    made = make_recordings(list("abcdefghijkl"), turns=60, messages=120)
    settings = CurateSettings(leak_words=5, leak_similarity=0.5)

    rows = curate(*made.tables, settings).samples.to_pylist()

    long = [row for row in rows if len(row["prompt"].split()) >= 5]
    texts = Texts([row["prompt"] for row in long])
    leaks = [
        (one["sample_id"], two["sample_id"])
        for i, one in enumerate(long)
        for j, two in enumerate(long[:i])
        if one["split"] != two["split"] and texts.similarity(i, j) >= 0.7
    ]
    assert not leaks
