"""Words become utterances; none is lost, none changes its place."""

import itertools
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from dougpt_align import AlignSettings, segment
from dougpt_align.turns import NOT_SAID
from dougpt_schema import UTTERANCES, WORDS, ContractError
from dougpt_schema.testing import tables
from hypothesis import example, given, settings
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


def said(table: pa.Table, recording: str) -> list[dict[str, Any]]:
    """The words of a recording that somebody said, and no recogniser made up."""
    rows = [row for row in table.to_pylist() if row["recording_id"] == recording]
    return [row for row in rows if NOT_SAID.isdisjoint(row["flags"])]


@given(tables(WORDS, max_rows=30))
@example(words((0, 1, "hi"), (2, 3, "hi"), (4, 5, "you"), flags=([], ["repeated"], [])))
@example(words((0, 1, "thanks"), flags=(["hallucinated"],)))
def test_every_word_is_in_exactly_one_utterance_in_its_order(table: pa.Table) -> None:
    found = segment(table)

    UTTERANCES.check(found)
    for recording in set(table["recording_id"].to_pylist()):
        ids = [row["word_id"] for row in said(table, recording)]
        rows = [row for row in found.to_pylist() if row["recording_id"] == recording]
        covered = [word for row in rows for word in ids if row["first_word_id"] <= word <= row["last_word_id"]]
        assert covered == ids
        assert sum(row["n_words"] for row in rows) == len(ids)


@given(tables(WORDS, max_rows=30))
def test_the_words_of_the_texts_are_those_that_were_said_and_no_utterance_mixes_speakers(table: pa.Table) -> None:
    found = segment(table).to_pylist()

    for recording in set(table["recording_id"].to_pylist()):
        spoken = said(table, recording)
        utterances = [row for row in found if row["recording_id"] == recording]
        assert " ".join(row["text"] for row in utterances if row["text"]) == " ".join(
            row["text"] for row in spoken if row["text"]
        )
        assert [row["utterance_id"] for row in utterances] == list(range(len(utterances)))
        steps = [after["turn_id"] - before["turn_id"] for before, after in itertools.pairwise(utterances)]
        assert set(steps) <= {0, 1}
        for row in utterances:
            mine = [word for word in spoken if row["first_word_id"] <= word["word_id"] <= row["last_word_id"]]
            assert {word["speaker"] for word in mine} - {None} <= {row["speaker"]}
            assert row["start_ms"] == min(word["start_ms"] for word in mine)
            assert row["end_ms"] == max(word["end_ms"] for word in mine)
            known = [word["probability"] for word in mine if word["probability"] is not None]
            assert (row["probability"] is None) == (not known)
            if known:
                assert min(known) - 1e-6 <= row["probability"] <= max(known) + 1e-6
            assert row["unaligned_share"] == pytest.approx(
                sum("unaligned" in word["flags"] for word in mine) / len(mine)
            )


@given(tables(WORDS, max_rows=20))
def test_equal_words_give_equal_utterances_whatever_stands_beside_them(table: pa.Table) -> None:
    whole = segment(table)

    assert segment(table).equals(whole)
    apart = [segment(table.filter(pc.equal(table["recording_id"], name))) for name in pc.unique(table["recording_id"])]
    assert pa.concat_tables([whole.slice(0, 0), *apart]).to_pylist() == whole.to_pylist()


@given(st.lists(st.integers(0, 3000), min_size=1, max_size=30))
def test_an_utterance_ends_exactly_where_the_silence_is_long_enough(silences_ms: list[int]) -> None:
    at, said = 0, []
    for silence_ms in [*silences_ms, 0]:
        said.append((at, at + 100, "la"))
        at += 100 + silence_ms
    chosen = AlignSettings(pause_ms=700, turn_pause_ms=2000, max_utterance_ms=10**6)

    found = segment(words(*said), chosen)

    assert found.num_rows == 1 + sum(silence_ms >= 700 for silence_ms in silences_ms)
    assert found["turn_id"].to_pylist()[-1] == sum(silence_ms >= 2000 for silence_ms in silences_ms)


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


def in_a_row(text: str, **more: Any) -> pa.Table:
    return words(*((300 * place, 300 * place + 250, word) for place, word in enumerate(text.split())), **more)


@pytest.mark.parametrize(
    ("text", "utterances"),
    [
        ("We met Mr. Bean there. He waved.", ["We met Mr. Bean there.", "He waved."]),
        ("It costs 3.5 dollars. That is 1.000,50 too much.", ["It costs 3.5 dollars.", "That is 1.000,50 too much."]),
        ("Bring food, e.g. bread and so on. Thanks a lot.", ["Bring food, e.g. bread and so on.", "Thanks a lot."]),
        ("Bring (e.g. bread) today. Thanks a lot.", ["Bring (e.g. bread) today.", "Thanks a lot."]),
        ("He left at 5 p.m. Then it rained.", ["He left at 5 p.m.", "Then it rained."]),
        ("He left at 5 p.m. on foot.", ["He left at 5 p.m. on foot."]),
        ("I think... maybe not. Yes I do.", ["I think... maybe not.", "Yes I do."]),
        ("I wonder… So we go left.", ["I wonder…", "So we go left."]),
        ("go to dougdoug.com now please", ["go to dougdoug.com now please"]),
        ('He said "why not?" And left then.', ['He said "why not?"', "And left then."]),
    ],
)  # fmt: skip
def test_points_that_end_no_sentence_break_none(text: str, utterances: list[str]) -> None:
    assert segment(in_a_row(text))["text"].to_pylist() == utterances


def test_two_who_speak_at_once_are_kept_apart_and_in_order() -> None:
    table = words((0, 900, "I"), (200, 500, "wait"), (500, 1400, "go"), (600, 800, "no"), speaker=["x", "y", "x", "y"])

    found = segment(table)

    assert found["text"].to_pylist() == ["I", "wait", "go", "no"]
    assert found["speaker"].to_pylist() == ["x", "y", "x", "y"]
    assert found["turn_id"].to_pylist() == [0, 1, 2, 3]


def test_a_word_inside_a_longer_one_of_the_same_speaker_is_no_pause() -> None:
    assert segment(words((0, 5000, "soooo"), (100, 200, "yes"), (5100, 5300, "then"))).num_rows == 1


def test_first_words_of_nobody_known_are_the_first_known_speakers() -> None:
    assert segment(in_a_row("a b c", speaker=[None, "x", "x"]))["speaker"].to_pylist() == ["x"]


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


def test_flags_stand_in_the_table() -> None:
    found = segment(words((0, 100, "What"), (100, 200, "now?"), (3000, 3100, "Chat"), (3100, 3200, "look")))

    assert found["is_question"].to_pylist() == [True, False]
    assert found["addresses_chat"].to_pylist() == [False, True]


def test_words_out_of_order_are_refused() -> None:
    table = words((0, 1, "a"), (1, 2, "b"))

    with pytest.raises(ContractError, match="sorted"):
        segment(table.take([1, 0]))
