"""Words become utterances; none is lost, none changes its place."""

from typing import Any

import pyarrow as pa
import pytest
from dougpt_align import AlignSettings, segment
from dougpt_align.turns import addresses_chat, is_question
from dougpt_schema import UTTERANCES, WORDS, ContractError
from dougpt_schema.testing import tables
from hypothesis import given, settings
from hypothesis import strategies as st


def words(*said: tuple[int, int, str], **more: Any) -> pa.Table:
    return WORDS.table(
        {
            "recording_id": "r",
            "word_id": number,
            "start_ms": start,
            "end_ms": end,
            "text": text,
            "normal": text.lower(),
            "timing": "forced",
            "segment_id": 0,
            "flags": [],
            "source_id": "s",
        }
        | {name: values[number] for name, values in more.items()}
        for number, (start, end, text) in enumerate(said)
    )


@given(tables(WORDS, max_rows=30))
def test_every_word_is_in_exactly_one_utterance_in_its_order(table: pa.Table) -> None:
    found = segment(table)

    UTTERANCES.check(found)
    for recording in set(table["recording_id"].to_pylist()):
        ids = [row["word_id"] for row in table.to_pylist() if row["recording_id"] == recording]
        rows = [row for row in found.to_pylist() if row["recording_id"] == recording]
        covered = [word for row in rows for word in ids if row["first_word_id"] <= word <= row["last_word_id"]]
        assert covered == ids
        assert sum(row["n_words"] for row in rows) == len(ids)


@given(tables(WORDS, max_rows=20), st.integers(-(10**6), 10**6))
def test_shifting_words_shifts_utterances(table: pa.Table, shift_ms: int) -> None:
    moved = WORDS.table(
        row | {"start_ms": row["start_ms"] + shift_ms, "end_ms": row["end_ms"] + shift_ms} for row in table.to_pylist()
    )

    expected = [
        row | {"start_ms": row["start_ms"] + shift_ms, "end_ms": row["end_ms"] + shift_ms}
        for row in segment(table).to_pylist()
    ]

    assert segment(moved).to_pylist() == expected


def test_a_silence_and_a_sentence_end_break_and_a_turn_holds_short_silences() -> None:
    table = words((0, 300, "One"), (300, 600, "two."), (700, 900, "Three"), (950, 1200, "four"), (9000, 9100, "five"))

    found = segment(table)

    assert found["text"].to_pylist() == ["One two.", "Three four", "five"]
    assert found["turn_id"].to_pylist() == [0, 0, 1]


def test_another_speaker_begins_another_turn_and_an_unknown_one_does_not() -> None:
    table = words((0, 1, "a"), (1, 2, "b"), (2, 3, "c"), speaker=["x", None, "y"])

    found = segment(table)

    assert found["speaker"].to_pylist() == ["x", "y"]
    assert found["turn_id"].to_pylist() == [0, 1]


@settings(max_examples=30)
@given(st.lists(st.integers(1, 400), min_size=2, max_size=60))
def test_no_utterance_of_several_words_is_longer_than_allowed(lengths: list[int]) -> None:
    at, said = 0, []
    for length in lengths:
        said.append((at, at + length, "la"))
        at += length

    found = segment(words(*said), AlignSettings(max_utterance_ms=1000))

    assert all(row["end_ms"] - row["start_ms"] <= 1000 for row in found.to_pylist() if row["n_words"] > 1)


def test_words_that_were_not_found_in_the_sound_count_as_unaligned() -> None:
    table = words((0, 1, "a"), (1, 2, "b"), flags=[["unaligned"], []])

    assert segment(table)["unaligned_share"].to_pylist() == [0.5]


def test_words_of_captions_without_word_times_do_not_count_as_unaligned() -> None:
    table = words((0, 1, "a"), (1, 2, "b"), timing=["interpolated", "interpolated"])

    assert segment(table)["unaligned_share"].to_pylist() == [0.0]


@pytest.mark.parametrize("text", ["Really?", 'he said "why?"', "what do you think", "should we go left"])
def test_questions_are_seen_with_and_without_their_mark(text: str) -> None:
    assert is_question(text)


@pytest.mark.parametrize("text", ["No.", "what a day.", "that is it", "", "what"])
def test_other_sentences_are_no_questions(text: str) -> None:
    assert not is_question(text)


def test_chat_and_you_are_addressed() -> None:
    assert addresses_chat("Chat, look!")
    assert addresses_chat("what would you\u2019ve done")
    assert not addresses_chat("the cat sat")


def test_words_out_of_order_are_refused() -> None:
    table = words((0, 1, "a"), (1, 2, "b"))

    with pytest.raises(ContractError, match="sorted"):
        segment(table.take([1, 0]))
