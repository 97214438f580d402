"""Input that should not be: a defined result or an error that names the contract, and never a hang."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from dougpt_align import align, segment
from dougpt_schema import CHAT_EVENTS, CLOCK, LINKS, UTTERANCES, WORDS, ContractError

Make = Callable[..., Any]


def word(number: int, start_ms: int, end_ms: int, text: str = "word", **more: Any) -> dict[str, Any]:
    row = {
        "recording_id": "0123456789abcdef",
        "word_id": number,
        "start_ms": start_ms,
        "end_ms": end_ms,
        "text": text,
        "normal": text,
        "timing": "forced",
        "segment_id": 0,
        "flags": [],
        "source_id": "s",
    }
    return row | more


def raw(contract: Any, rows: list[dict[str, Any]]) -> pa.Table:
    """A table of the contract's types that nothing has checked."""
    return pa.table(
        {field.name: pa.array([row.get(field.name) for row in rows], field.type) for field in contract.schema}
    )


@pytest.mark.parametrize("probability", [float("nan"), -0.1, 1.5])
def test_probabilities_that_are_none_are_refused(probability: float, made: Any, new_utterance: Make) -> None:
    speech = raw(UTTERANCES, [new_utterance(0, 0, 1000, "hello", unaligned_share=probability)])

    with pytest.raises(ContractError, match="unaligned_share"):
        align(speech, made.chat_events)
    with pytest.raises(ContractError, match="probability"):
        segment(raw(WORDS, [word(0, 0, 100, probability=probability)]))


def test_what_ends_before_it_starts_is_refused(made: Any, new_utterance: Make) -> None:
    with pytest.raises(ContractError, match="end_ms"):
        align(raw(UTTERANCES, [new_utterance(0, 1000, 0, "hello")]), made.chat_events)
    with pytest.raises(ContractError, match="end_ms"):
        segment(raw(WORDS, [word(0, 1000, 0)]))


def test_utterances_out_of_order_or_repeated_are_refused(made: Any, new_utterance: Make) -> None:
    rows = [new_utterance(1, 0, 1000, "hello"), new_utterance(0, 2000, 3000, "there")]

    with pytest.raises(ContractError, match="sorted"):
        align(raw(UTTERANCES, rows), made.chat_events)
    with pytest.raises(ContractError, match="unique"):
        align(raw(UTTERANCES, [rows[0], rows[0]]), made.chat_events)


def test_words_out_of_order_or_repeated_are_refused() -> None:
    with pytest.raises(ContractError, match="sorted"):
        segment(raw(WORDS, [word(1, 0, 100), word(0, 200, 300)]))
    with pytest.raises(ContractError, match="unique"):
        segment(raw(WORDS, [word(0, 0, 100), word(0, 0, 100)]))


def test_no_word_one_word_and_words_without_text_or_length_are_segmented() -> None:
    assert segment(WORDS.empty()).num_rows == 0
    assert segment(WORDS.table([word(0, 5, 5, "")]))["n_words"].to_pylist() == [1]
    at_once = segment(WORDS.table(word(k, 0, 0, "w") for k in range(500)))
    assert sum(at_once["n_words"].to_pylist()) == 500


def test_words_thirty_years_away_are_segmented() -> None:
    found = segment(WORDS.table([word(0, -(10**12), -(10**12) + 200), word(1, 10**12, 10**12 + 200)]))

    assert found["start_ms"].to_pylist() == [-(10**12), 10**12]


def test_one_event_and_one_utterance_thirty_years_apart_have_nothing_to_do(
    new_event: Make, new_utterance: Make
) -> None:
    chat = CHAT_EVENTS.table([new_event("e", 10**12, "hello there")])
    speech = UTTERANCES.table([new_utterance(0, -(10**12), -(10**12) + 1000, "hello there")])

    found = align(speech, chat)

    LINKS.check(found.links)
    assert found.links["reason"].to_pylist() == ["no_speech_in_window"]


def test_many_utterances_at_one_time_do_not_hang(new_event: Make, new_utterance: Make) -> None:
    speech = UTTERANCES.table(new_utterance(k, 0, 0, "same words here") for k in range(3000))
    chat = CHAT_EVENTS.table(new_event(f"e{k:04d}", 100, "same words here") for k in range(3000))

    began = time.monotonic()
    LINKS.check(align(speech, chat).links)

    assert time.monotonic() - began < 60


@pytest.mark.slow
@pytest.mark.parametrize("text", ["lol", "this is the very same long message every time", ""])
def test_a_million_identical_messages_have_an_end(text: str, made: Any, new_event: Make) -> None:
    rows = 1_000_000
    one = CHAT_EVENTS.table([new_event("e", 0, text)])
    columns = {name: pa.repeat(one[name][0], rows) for name in one.column_names}
    columns["event_id"] = pa.array([f"e{k:07d}" for k in range(rows)])
    columns["offset_ms"] = pa.array(np.arange(rows, dtype=np.int64) * 2)
    columns["author"] = pa.array([f"a{k % 5000}" for k in range(rows)])

    found = align(made.utterances, pa.table(columns, schema=one.schema))

    assert LINKS.check(found.links).num_rows == rows


def test_an_edit_that_shows_a_later_piece_first_is_aligned(make: Callable[..., Any]) -> None:
    made = make(8, minutes=20, per_minute=60)
    name = made.chat_events["recording_id"][0].as_py()
    pieces = [
        {"recording_id": name, "from_ms": 0, "to_ms": 500_000, "offset_ms": -600_000},
        {"recording_id": name, "from_ms": 500_000, "to_ms": 1_100_000, "offset_ms": 500_000},
    ]
    clock = CLOCK.table(piece | {"offset_sd_ms": 20.0, "margin": 9.0} for piece in pieces)
    moved = [
        row | {"start_ms": row["start_ms"] + by, "end_ms": row["end_ms"] + by}
        for row in made.utterances.to_pylist()
        if (by := 600_000 if row["end_ms"] < 500_000 else -500_000) and row["end_ms"] < 1_100_000
        if row["start_ms"] + by >= 0
    ]
    moved.sort(key=lambda row: row["start_ms"])
    utterances = UTTERANCES.table(row | {"utterance_id": place} for place, row in enumerate(moved))

    found = align(utterances, made.chat_events, clock=clock)

    assert found.report.accepted > 100
    assert found.report.reasons["cut"] > 50
