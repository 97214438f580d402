"""Small recordings to align: made here, from nothing that the package itself uses."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from dougpt_schema import CHAT_EVENTS, LABELS, UTTERANCES

RECORDING = "0123456789abcdef"


@dataclass(frozen=True)
class Made:
    """A recording with its truth: the utterance id that each event answers, or -1."""

    utterances: pa.Table
    chat_events: pa.Table
    parents: np.ndarray


def utterance(number: int, start_ms: int, end_ms: int, text: str, **more: Any) -> dict[str, Any]:
    row = {
        "recording_id": RECORDING,
        "utterance_id": number,
        "turn_id": number,
        "start_ms": start_ms,
        "end_ms": end_ms,
        "text": text,
        "n_words": max(1, len(text.split())),
        "first_word_id": number,
        "last_word_id": number,
        "unaligned_share": 0.0,
        "is_question": text.endswith("?"),
        "addresses_chat": "chat" in text,
    }
    return row | more


def event(name: str, at_ms: int, text: str, **more: Any) -> dict[str, Any]:
    row = {
        "recording_id": RECORDING,
        "event_id": name,
        "offset_ms": at_ms,
        "offset_precision_ms": 1,
        "offset_source": "exact",
        "clock_segment": 0,
        "kind": "message",
        "author": f"author-{name}",
        "text": text,
        "emotes": [],
        "badges": [],
        "confidence": 1.0,
        "origin": "test",
        "source_id": "feedfacefeedface",
        "source_row": 0,
    }
    return row | more


def make_recording(
    seed: int = 0, minutes: int = 40, per_minute: int = 40, share: float = 0.45, offset_ms: int = 0
) -> Made:
    """Speech of rare made-up words, and chat that answers a `share` of the time, echoing words now and then."""
    rng = np.random.default_rng(seed)
    vocabulary = np.array([f"word{k}" for k in range(3000)])
    odds = 1.0 / np.arange(5, 3005)
    odds /= odds.sum()
    utterances, at_s = [], 0.0
    while at_s < 60 * minutes:
        words = rng.choice(vocabulary, int(rng.integers(3, 14)), p=odds)
        text = " ".join(words) + ("?" if rng.random() < 0.2 else ".")
        end_s = at_s + len(words) / 3
        utterances.append(utterance(len(utterances), int(1000 * at_s), int(1000 * end_s), text))
        at_s = end_s + float(rng.lognormal(0.3, 0.6))
    fertility = rng.gamma(0.4, 1.0, len(utterances))
    messages = []
    for _ in range(minutes * per_minute):
        text = " ".join(rng.choice(vocabulary, int(rng.integers(1, 6)), p=odds))
        parent = -1
        sent_s = float(rng.uniform(0, 60 * minutes))
        if rng.random() < share:
            parent = int(rng.choice(len(utterances), p=fertility / fertility.sum()))
            if rng.random() < 0.4:
                text += " " + str(rng.choice(utterances[parent]["text"].rstrip(".?").split()))
            sent_s = utterances[parent]["end_ms"] / 1000 + 4 + float(rng.lognormal(0.4, 0.5)) + 0.1 * len(text)
        messages.append((int(1000 * sent_s) + offset_ms, text, parent))
    messages.sort()
    events = [event(f"e{k:06d}", at_ms, text) for k, (at_ms, text, _) in enumerate(messages)]
    return Made(UTTERANCES.table(utterances), CHAT_EVENTS.table(events), np.array([parent for *_, parent in messages]))


def make_labels(made: Made, rows: Sequence[int], asked_as: str = "random") -> pa.Table:
    """True labels of the events in `rows`."""
    spoken = made.utterances.to_pylist()
    names = made.chat_events["event_id"].to_pylist()
    labels = []
    for order, row in enumerate(rows):
        parent = int(made.parents[row])
        said = spoken[parent] if parent >= 0 else None
        labels.append(
            {
                "label_id": f"l{order:06d}",
                "recording_id": RECORDING,
                "event_id": names[row],
                "verdict": "reply" if said else "not_a_reply",
                "utterance_start_ms": said["start_ms"] if said else None,
                "utterance_end_ms": said["end_ms"] if said else None,
                "utterance_text": said["text"] if said else None,
                "rater": "r",
                "asked_as": asked_as,
                "stratum": "all",
                "inclusion_probability": 0.1,
                "blind": True,
                "at_order": order,
            }
        )
    return LABELS.table(labels)


@pytest.fixture(scope="session")
def made() -> Made:
    """One recording of forty minutes, shared by tests that only read it."""
    return make_recording()


@pytest.fixture(scope="session")
def make() -> Callable[..., Made]:
    return make_recording


@pytest.fixture(scope="session")
def label() -> Callable[..., pa.Table]:
    return make_labels


@pytest.fixture(scope="session")
def new_utterance() -> Callable[..., dict[str, Any]]:
    return utterance


@pytest.fixture(scope="session")
def new_event() -> Callable[..., dict[str, Any]]:
    return event
