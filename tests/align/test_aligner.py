"""Whole alignments: what is found, what is refused, and what never happens whatever the input."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from dougpt_align import Alignment, AlignSettings, align
from dougpt_schema import ANCHORS, CANDIDATES, CHAT_EVENTS, CLOCK, GAPS, LINKS, UTTERANCES, ContractError
from dougpt_schema.testing import tables
from hypothesis import given, settings
from hypothesis import strategies as st

type Make = Callable[..., Any]


def one_recording(table: pa.Table) -> pa.Table:
    column = pa.array(["r"] * table.num_rows, pa.string())
    return table.set_column(0, table.schema.field(0), column)


def holds(found: Alignment, chat_events: pa.Table) -> None:
    """What is true of every alignment."""
    LINKS.check(found.links)
    CANDIDATES.check(found.candidates)
    CLOCK.check(found.clock)
    assert sorted(found.links["event_id"].to_pylist()) == sorted(chat_events["event_id"].to_pylist())
    json.dumps(found.report.to_dict(), allow_nan=False)


def answered(found: Alignment, made: Any) -> tuple[float, float]:
    """Precision and recall of the accepted links."""
    order = {name: row for row, name in enumerate(made.chat_events["event_id"].to_pylist())}
    rows = found.links.to_pylist()
    right = sum(row["accepted"] and made.parents[order[row["event_id"]]] == row["utterance_id"] for row in rows)
    return right / max(1, sum(row["accepted"] for row in rows)), right / max(1, int((made.parents >= 0).sum()))


@settings(max_examples=40, deadline=None)
@given(tables(UTTERANCES, max_rows=12), tables(CHAT_EVENTS, max_rows=12))
def test_any_tables_of_one_recording_give_whole_results(utterances: pa.Table, chat_events: pa.Table) -> None:
    try:
        UTTERANCES.check(one_recording(utterances))
        CHAT_EVENTS.check(one_recording(chat_events))
    except ContractError:
        return

    holds(align(one_recording(utterances), one_recording(chat_events)), chat_events)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), minutes=st.integers(1, 8), per_minute=st.integers(1, 60))
def test_links_lie_in_the_lag_window_and_have_one_reason_or_none(
    seed: int, minutes: int, per_minute: int, make: Make
) -> None:
    made = make(seed, minutes=minutes, per_minute=per_minute)

    found = align(made.utterances, made.chat_events)

    holds(found, made.chat_events)
    for row in found.links.to_pylist():
        assert row["accepted"] == (row["reason"] is None)
        if row["utterance_id"] is not None:
            assert -8000 <= row["lag_ms"] <= 45_000


def test_answers_are_found(made: Any) -> None:
    precision, recall = answered(align(made.utterances, made.chat_events), made)

    assert precision > 0.75
    assert recall > 0.3


def test_the_same_call_gives_the_same_tables_and_report(made: Any) -> None:
    one, two = align(made.utterances, made.chat_events), align(made.utterances, made.chat_events)

    assert one.links.equals(two.links)
    assert one.candidates.equals(two.candidates)
    assert one.report.to_dict() == two.report.to_dict()


def test_what_labels_are_asked_for_changes_nothing_without_any(make: Make) -> None:
    made, asked = make(1, minutes=4, per_minute=30), AlignSettings(precision=0.6, confidence=0.5, share=0.2)

    one = align(made.utterances, made.chat_events, asked)
    two = align(made.utterances, made.chat_events, asked.without_labels())

    assert asked.without_labels() == AlignSettings(share=0.2)
    assert one.links.equals(two.links)
    assert one.report.to_dict() == two.report.to_dict()


def test_an_events_probabilities_and_its_background_add_up_to_one(made: Any) -> None:
    found = align(made.utterances, made.chat_events)

    total: dict[str, float] = {}
    for row in found.candidates.to_pylist():
        total[row["event_id"]] = total.get(row["event_id"], 0.0) + row["probability"]
    for row in found.links.to_pylist():
        assert total.get(row["event_id"], 0.0) + row["background"] == pytest.approx(1.0, abs=2e-3)


def shifted(table: pa.Table, columns: list[str], shift_ms: int) -> pa.Table:
    for name in columns:
        moved = pa.array(table[name].to_numpy() + shift_ms)
        table = table.set_column(table.schema.get_field_index(name), table.schema.field(name), moved)
    return table


@pytest.mark.parametrize("shift_ms", [-7_000_000, 123_457, 10**12])
def test_moving_both_sides_in_time_changes_nothing(made: Any, shift_ms: int) -> None:
    here = align(made.utterances, made.chat_events)

    there = align(
        shifted(made.utterances, ["start_ms", "end_ms"], shift_ms), shifted(made.chat_events, ["offset_ms"], shift_ms)
    )

    assert there.links.equals(here.links)


@pytest.mark.parametrize("offset_ms", [137_000, -421_000])
def test_a_clock_that_is_minutes_off_is_found(offset_ms: int, make: Make) -> None:
    made = make(1, offset_ms=offset_ms)

    found = align(made.utterances, made.chat_events)

    assert abs(found.clock["offset_ms"][0].as_py() - offset_ms) < 8000
    assert answered(found, made)[1] > 0.25


def test_chat_of_another_recording_is_unrelated_and_nothing_is_accepted(make: Make) -> None:
    mine, other = make(2), make(3)

    found = align(mine.utterances, other.chat_events)

    assert set(found.links["reason"].to_pylist()) == {"unrelated"}
    assert found.report.belonging["relation"] == "unrelated"


def test_two_recordings_in_one_table_are_refused(made: Any) -> None:
    first = made.chat_events.slice(0, 1)
    second = first.set_column(0, first.schema.field(0), pa.array(["another"]))

    with pytest.raises(ContractError, match="2 recordings"):
        align(made.utterances, CHAT_EVENTS.sort(pa.concat_tables([first, second])))


def test_unsorted_and_repeated_rows_are_refused(made: Any) -> None:
    backwards = made.chat_events.take(np.arange(made.chat_events.num_rows)[::-1])
    twice = pa.concat_tables([made.chat_events.slice(0, 1), made.chat_events.slice(0, 1)])

    with pytest.raises(ContractError, match="sorted"):
        align(made.utterances, backwards)
    with pytest.raises(ContractError, match="unique"):
        align(made.utterances, twice)


def test_times_beyond_thirty_thousand_years_are_refused(new_event: Make, made: Any) -> None:
    with pytest.raises(ContractError, match="beyond"):
        align(made.utterances, CHAT_EVENTS.table([new_event("e", 10**16, "hi")]))


def test_no_chat_no_speech_and_one_of_each_are_defined(new_event: Make, new_utterance: Make) -> None:
    chat = CHAT_EVENTS.table([new_event("e", 5000, "hello there")])
    speech = UTTERANCES.table([new_utterance(0, 0, 1000, "hello there")])

    assert align(speech, CHAT_EVENTS.empty()).links.num_rows == 0
    assert align(UTTERANCES.empty(), chat).links["reason"].to_pylist() == ["no_speech_in_window"]
    holds(align(UTTERANCES.empty(), CHAT_EVENTS.empty()), CHAT_EVENTS.empty())
    holds(align(speech, chat), chat)


def test_all_times_equal_are_defined(new_event: Make, new_utterance: Make) -> None:
    chat = CHAT_EVENTS.table([new_event(f"e{k:03d}", 0, f"w{k}") for k in range(200)])
    speech = UTTERANCES.table([new_utterance(k, 0, 0, f"w{k} x") for k in range(200)])

    found = align(speech, chat)

    holds(found, chat)
    assert any("too many utterances" in warning for warning in found.report.warnings)


def test_times_of_thirty_years_and_empty_texts_are_defined(new_event: Make, new_utterance: Make) -> None:
    chat = CHAT_EVENTS.table([new_event("a", -(10**12), ""), new_event("b", 0, ""), new_event("c", 10**12, "")])
    speech = UTTERANCES.table([new_utterance(0, -(10**12), 10**12, ""), new_utterance(1, 0, 0, "")])

    holds(align(speech, chat), chat)


def test_very_many_identical_messages_are_one_cluster(new_event: Make, made: Any) -> None:
    text = "this is the very same long message every time"
    chat = CHAT_EVENTS.table([new_event(f"e{k:06d}", 10 * k, text) for k in range(20_000)])

    found = align(made.utterances, chat)

    assert found.report.reasons.get("copypasta", 0) + found.report.reasons.get("unrelated", 0) >= 19_999


def test_labels_outrank_the_model(made: Any, label: Make) -> None:
    rows = [int(np.flatnonzero(made.parents >= 0)[3]), int(np.flatnonzero(made.parents < 0)[3])]
    names = made.chat_events["event_id"].to_pylist()

    found = align(made.utterances, made.chat_events, labels=label(made, rows)).links.to_pylist()

    by_name = {row["event_id"]: row for row in found}
    reply, other = by_name[names[rows[0]]], by_name[names[rows[1]]]
    assert (reply["decided_by"], reply["accepted"], reply["utterance_id"]) == ("label", True, made.parents[rows[0]])
    assert (other["decided_by"], other["reason"], other["background"]) == ("label", "labelled_no_reply", 1.0)
    assert sum(row["decided_by"] == "label" for row in found) == 2


def test_random_labels_pin_the_share_and_active_ones_do_not(made: Any, label: Make) -> None:
    rows = np.random.default_rng(0).permutation(len(made.parents))[:400].tolist()
    truth = float((made.parents >= 0).mean())

    random = align(made.utterances, made.chat_events, labels=label(made, rows)).report
    active = align(made.utterances, made.chat_events, labels=label(made, rows, "active")).report

    assert random.share.pinned_by == "labels"
    assert active.share.pinned_by in {"default", "estimate"}
    assert random.share.value == pytest.approx(truth, abs=0.08)
    assert active.share.labels == 0


def test_labels_of_unknown_events_are_listed(made: Any, label: Make) -> None:
    table = label(made, [0])
    lost = table.set_column(2, table.schema.field(2), pa.array(["nowhere"]))

    found = align(made.utterances, made.chat_events, labels=lost).report

    assert found.labels["unattached"] == ["l000000"]


def test_anchors_place_the_clock_to_the_millisecond(make: Make) -> None:
    made = make(4, offset_ms=61_234)
    rows = made.chat_events.to_pylist()[::100]
    anchors = ANCHORS.table(
        {
            "recording_id": row["recording_id"],
            "event_id": row["event_id"],
            "at_ms": row["offset_ms"] - 61_234,
            "confidence": 1.0,
        }
        for row in rows
    )

    found = align(made.utterances, made.chat_events, anchors=anchors)

    assert found.clock["offset_ms"].to_pylist() == [61_234]


def test_anchors_that_scatter_are_taken_in_their_middle(make: Make) -> None:
    made = make(4, offset_ms=61_234)
    anchors = ANCHORS.table(
        {
            "recording_id": row["recording_id"],
            "event_id": row["event_id"],
            "at_ms": row["offset_ms"] - 61_234 + (number % 3 - 1) * 49,
            "confidence": 1.0,
        }
        for number, row in enumerate(made.chat_events.to_pylist()[:90])
    )

    found = align(made.utterances, made.chat_events, anchors=anchors)

    assert found.clock["offset_ms"].to_pylist() == [61_234]
    # Half a millisecond is none: the contract holds whole ones.
    assert found.clock["offset_sd_ms"].to_pylist() == [74]


def test_what_would_answer_a_gap_is_cut(made: Any) -> None:
    gaps = GAPS.table([{"recording_id": "0123456789abcdef", "from_ms": 600_000, "to_ms": 900_000, "cause": "muted"}])

    reasons = align(made.utterances, made.chat_events, gaps=gaps).report.reasons

    assert reasons["cut"] == pytest.approx(5 * 40, rel=0.3)


def test_events_outside_a_given_clock_are_cut(made: Any) -> None:
    clock = CLOCK.table(
        [
            {
                "recording_id": "0123456789abcdef",
                "from_ms": 0,
                "to_ms": 600_000,
                "offset_ms": 0,
                "offset_sd_ms": 10.0,
                "margin": 9.0,
            }
        ]
    )

    found = align(made.utterances, made.chat_events, clock=clock)

    late = int((made.chat_events["offset_ms"].to_numpy() >= 600_000).sum())
    assert found.report.reasons["cut"] == late
    assert found.clock.num_rows == 1


def test_arrow_streams_of_other_libraries_are_accepted(made: Any) -> None:
    class Stream:
        def __init__(self, table: pa.Table) -> None:
            self.table = table

        def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
            return self.table.__arrow_c_stream__(requested_schema)

    found = align(Stream(made.utterances), Stream(made.chat_events))

    assert found.links.equals(align(made.utterances, made.chat_events).links)


def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="share must lie between 0 and 1"):
        AlignSettings(share=1.5)
    with pytest.raises(ValueError, match="must hold 0"):
        AlignSettings(earliest_lag_ms=10)


def test_labels_that_certify_too_little_say_how_much_they_do(made: Any, label: Make) -> None:
    found = align(made.utterances, made.chat_events, AlignSettings(precision=0.99), labels=label(made, range(80)))

    reachable = found.report.threshold["reachable"]
    said = [warning for warning in found.report.warnings if "not certified" in warning]
    assert not found.report.threshold["certified"]
    assert f"these certify {reachable:.0%} at most" in said[0]
