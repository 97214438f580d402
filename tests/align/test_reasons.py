"""Each reason is reached by an event made for it, and the first that applies is given."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from dougpt_align import AlignSettings, align
from dougpt_align.decide import REASONS, decide, find_bursts, reason_names
from dougpt_schema import CHAT_EVENTS, LinkReason
from hypothesis import given
from hypothesis import strategies as st

type Make = Callable[..., Any]

ORDER = [
    "deleted",
    "notice",
    "bot",
    "command",
    "shared_chat",
    "labelled_no_reply",
    "unrelated",
    "clock_uncertain",
    "cut",
    "no_speech_in_window",
    "reply_to_chatter",
    "read_aloud",
    "copypasta",
    "event_burst",
    "background",
    "ambiguous_parent",
    "low_confidence",
]


def with_events(made: Any, *events: dict[str, Any]) -> pa.Table:
    return CHAT_EVENTS.sort(pa.concat_tables([made.chat_events, CHAT_EVENTS.table(events)]))


def reason_of(made: Any, name: str, *events: dict[str, Any], **more: Any) -> str | None:
    links = align(made.utterances, with_events(made, *events), **more).links
    return {row["event_id"]: row["reason"] for row in links.to_pylist()}[name]


def test_the_order_is_the_contracts() -> None:
    assert [reason.value for reason in REASONS] == ORDER


@pytest.mark.parametrize("kind", ["deleted", "notice", "bot", "command"])
def test_kinds_are_reasons(kind: str, made: Any, new_event: Make) -> None:
    assert reason_of(made, "x", new_event("x", 100_000, "anything", kind=kind)) == kind


def test_another_room_is_shared_chat_and_the_own_room_is_not(made: Any, new_event: Make) -> None:
    message = new_event("x", 100_000, "hello", source_room="77")

    assert reason_of(made, "x", message) == "shared_chat"
    assert reason_of(made, "x", message, settings=AlignSettings(own_room="77")) != "shared_chat"


def test_far_from_speech_there_is_nothing_to_answer(made: Any, new_event: Make) -> None:
    assert reason_of(made, "x", new_event("x", 90_000_000, "hello")) == "no_speech_in_window"


def test_a_mention_or_reply_to_a_chatter_is_no_answer_to_the_streamer(made: Any, new_event: Make) -> None:
    assert reason_of(made, "x", new_event("x", 100_000, "@abc123 no way")) == "reply_to_chatter"
    assert reason_of(made, "x", new_event("x", 100_000, "no way", reply_to="e000001")) == "reply_to_chatter"
    assert reason_of(made, "x", new_event("x", 100_000, "@streamer no way")) != "reply_to_chatter"


def test_a_message_that_speech_repeats_is_read_aloud(make: Make, new_event: Make) -> None:
    made = make(5)
    spoken = made.utterances.to_pylist()[200]
    message = new_event("x", spoken["start_ms"] - 6000, spoken["text"].rstrip(".?"))

    assert reason_of(made, "x", message) == "read_aloud"


def test_all_but_the_first_copy_of_a_long_text_are_copypasta(made: Any, new_event: Make) -> None:
    text = "everybody repeats this very long sentence now"
    copies = [new_event(f"x{k}", 100_000 + 1000 * k, text) for k in range(6)]

    reasons = [reason_of(made, f"x{k}", *copies) for k in range(6)]

    assert reasons[1:] == ["copypasta"] * 5
    assert reasons[0] != "copypasta"


def test_one_persons_repetitions_are_no_copypasta(made: Any, new_event: Make) -> None:
    text = "one person repeats this very long sentence"
    copies = [new_event(f"x{k}", 100_000 + 1000 * k, text, author="same") for k in range(6)]

    assert reason_of(made, "x3", *copies) != "copypasta"


def test_a_burst_that_began_before_its_speech_is_not_caused_by_it() -> None:
    calm = np.arange(0.0, 600.0, 5.0)
    burst = 300.0 + 0.2 * np.arange(40)
    times = np.sort(np.r_[calm, burst])
    late, early = np.full(len(times), 303.0), np.full(len(times), 290.0)
    silent = np.zeros(len(times), dtype=bool)

    assert find_bursts(times, late, silent)[(times > 301) & (times < 306)].all()
    assert not find_bursts(times, early, silent).any()
    assert not find_bursts(times, late, ~silent).any()


def test_weak_links_say_why_they_are_weak() -> None:
    probability, background = np.array([0.9, 0.2, 0.4, 0.5]), np.array([0.1, 0.6, 0.1, 0.4])

    found = decide(probability, background, 0.7, {})

    assert reason_names(found).tolist() == [None, "background", "ambiguous_parent", "low_confidence"]


@given(st.lists(st.sampled_from(ORDER[:14]), min_size=1, unique=True), st.floats(0, 1))
def test_of_several_reasons_the_first_in_order_is_given(applying: list[str], probability: float) -> None:
    rejected = {LinkReason(name): np.array([True]) for name in applying}

    found = decide(np.array([probability]), np.array([1 - probability]), 0.5, rejected)

    assert reason_names(found).tolist() == [min(applying, key=ORDER.index)]


def test_weak_events_of_real_alignments_are_background_or_uncertain(made: Any) -> None:
    reasons = align(made.utterances, made.chat_events).report.reasons

    assert {"background", "ambiguous_parent", "low_confidence"} <= set(reasons)
