"""A prompt is a turn, and its context the turns before it within both budgets."""

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
from dougpt_curate import CurateSettings, curate
from dougpt_curate.turns import contexts, turns_of
from hypothesis import given
from hypothesis import strategies as st

TURNS = st.lists(
    st.tuples(
        st.sampled_from("ab"), st.integers(-5_000, 60_000), st.integers(0, 9_000), st.integers(1, 9), st.booleans()
    ),
    max_size=12,
)


def table_of(rows: list[tuple[str, int, int, int, bool]]) -> pl.DataFrame:
    rows = sorted(rows)
    return pl.DataFrame(
        {
            "recording_id": [row[0] for row in rows],
            "start_ms": [row[1] for row in rows],
            "end_ms": [row[1] + row[2] for row in rows],
            "n_words": [row[3] for row in rows],
            "private": [row[4] for row in rows],
            "prompt": [f"turn {number}" for number in range(len(rows))],
        },
        schema={
            "recording_id": pl.String,
            "start_ms": pl.Int64,
            "end_ms": pl.Int64,
            "n_words": pl.Int64,
            "private": pl.Boolean,
            "prompt": pl.String,
        },
    )


def going_back(turns: pl.DataFrame, asked: int, settings: CurateSettings) -> list[str]:
    """The context as one would collect it by hand."""
    rows = turns.rows(named=True)
    prompt, found, words, latest = rows[asked], [], 0, {}
    for number, row in enumerate(rows):
        if not row["private"]:
            latest[number] = max(
                r["end_ms"] for r in rows[: number + 1] if r["recording_id"] == row["recording_id"] and not r["private"]
            )
    for number in range(asked - 1, -1, -1):
        row = rows[number]
        if row["private"] or row["recording_id"] != prompt["recording_id"]:
            continue
        words += row["n_words"]
        if words > settings.context_words or latest[number] < prompt["start_ms"] - settings.context_s * 1000:
            break
        found.append(row["prompt"])
    return found[::-1]


@given(TURNS, st.floats(0, 30), st.integers(0, 30))
def test_a_context_is_what_one_collects_by_going_back(
    rows: list[tuple[str, int, int, int, bool]], context_s: float, context_words: int
) -> None:
    turns, settings = table_of(rows), CurateSettings(context_s=round(context_s, 3), context_words=context_words)

    found = contexts(turns, np.arange(len(turns)), settings).to_pylist()

    assert found == [going_back(turns, number, settings) for number in range(len(turns))]


def test_utterances_of_a_turn_are_one_prompt(make_dialogue: Callable[..., Any]) -> None:
    made = make_dialogue(["so this", "is one turn", "another"], [["hm"], ["ha"], ["ho"]])
    joined = pl.DataFrame(made.utterances).with_columns(turn_id=pl.Series([0, 0, 1]))

    rows = curate(joined, made.events, made.links).samples.sort_by("start_ms").to_pylist()

    assert [row["prompt"] for row in rows] == ["so this is one turn", "another"]
    assert rows[0]["utterance_ids"] == [0, 1]
    assert [reply["text"] for reply in rows[0]["responses"]] == ["hm", "ha"]
    assert rows[1]["context"] == ["so this is one turn"]


def test_private_turns_are_no_context(make_dialogue: Callable[..., Any]) -> None:
    made = make_dialogue(["fine", "mail bob at gmail dot com", "go on"], [[], [], ["hi"]])

    (row,) = curate(*made.tables).samples.to_pylist()

    assert row["context"] == ["fine"]


def test_shares_of_a_turn_are_means_over_its_words(make_dialogue: Callable[..., Any]) -> None:
    made = make_dialogue(["one", "two three four"], [[], []])
    rows = pl.DataFrame(made.utterances).with_columns(
        turn_id=pl.lit(0, pl.Int64),
        unaligned_share=pl.Series([1.0, 0.0], dtype=pl.Float32),
        probability=pl.Series([None, 0.5], dtype=pl.Float32),
    )

    (turn,) = turns_of(rows).rows(named=True)

    assert turn["unaligned_share"] == 0.25
    assert turn["speech_probability"] == 0.5


def test_words_nobody_is_sure_of_leave_the_probability_unknown(make_dialogue: Callable[..., Any]) -> None:
    rows = pl.DataFrame(make_dialogue(["one"], [[]]).utterances).with_columns(probability=pl.lit(None, pl.Float32))

    assert turns_of(rows)["speech_probability"].to_list() == [None]
