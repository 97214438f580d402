"""The speed of chat is counted around the turn, on the chat's own clock."""

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from dougpt_curate import CurateSettings, curate
from dougpt_curate.rates import bucket, chat_rates
from hypothesis import given
from hypothesis import strategies as st

EVENTS = st.lists(st.tuples(st.sampled_from("ab"), st.integers(-100_000, 100_000)), max_size=40)


@given(EVENTS, st.sampled_from("ab"), st.integers(0, 50_000), st.integers(0, 9_000), st.integers(-90_000, 90_000))
def test_a_rate_is_the_messages_in_the_window_by_its_length(
    events: list[tuple[str, int]], recording: str, start_ms: int, length_ms: int, shift_ms: int
) -> None:
    turns = pl.DataFrame(
        {"recording_id": [recording], "start_ms": [start_ms], "end_ms": [start_ms + length_ms], "shift_ms": [shift_ms]}
    )
    said = pl.DataFrame(events, schema={"recording_id": pl.String, "offset_ms": pl.Int64}, orient="row")
    since, until = start_ms + shift_ms - 30_000, start_ms + length_ms + shift_ms + 30_000
    expected = sum(name == recording and since <= at < until for name, at in events) * 60_000 / (until - since)

    (rate,) = chat_rates(turns, said.with_columns(kind=pl.lit("message")), CurateSettings())

    assert rate == pytest.approx(expected)


def test_bots_and_notices_are_nobody_s_messages() -> None:
    turns = pl.DataFrame({"recording_id": ["a"], "start_ms": [0], "end_ms": [0], "shift_ms": [0]})
    said = pl.DataFrame(
        {"recording_id": ["a"] * 3, "offset_ms": [0, 1, 2], "kind": ["bot", "notice", "action"]},
    )

    assert chat_rates(turns, said, CurateSettings()).to_list() == [1.0]


def test_the_borders_of_the_speeds_are_half_open() -> None:
    rates = pl.DataFrame({"rate": [0.0, 14.9, 15.0, 59.9, 60.0, 239.9, 240.0]})

    found = rates.select(bucket(pl.col("rate"), CurateSettings())).to_series().to_list()

    assert found == ["slow", "slow", "steady", "steady", "fast", "fast", "flood"]


def test_a_busy_minute_is_told_by_its_chat_whatever_the_clocks_differ_by(make_dialogue: Callable[..., Any]) -> None:
    made = make_dialogue(["quiet"] + ["x"] * 8 + ["busy"], [["hi"], *[[]] * 8, [str(n) for n in range(80)]])
    later = pl.DataFrame(made.events).with_columns(offset_ms=pl.col("offset_ms") + 3_600_000)

    rows = curate(made.utterances, later, made.links).samples.to_pylist()

    assert {row["prompt"]: row["rate_bucket"] for row in rows} == {"quiet": "slow", "busy": "steady"}
