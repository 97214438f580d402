"""Recordings made up from a seed: turns of speech, a chat that answers them, and links as an aligner writes them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from dougpt_schema import CHAT_EVENTS, LINKS, UTTERANCES, recording_id

WORDS = ["boss", "door", "left", "fire", "wait", "again", "money", "plan", "beach", "snail", "potato", "quiet"]
REPLIES = (
    "LUL",
    "lul",
    "KEKW KEKW",
    "yes",
    "no",
    "W",
    "why would you do that?",
    "go left",
    "you should try the door",
    "potato",
    "aaaaaaaaaaa",
    "never trust a snail with your money, that is what my grandmother said",
    "visit www.example.com now",
    "write to me at bob@example.com",
    "@0123456789abcdef hello",
    "@streamer hello",
    "!points",
)
CLOCK_MS = 4_000


@dataclass(frozen=True)
class Scene:
    """The three tables that curation reads."""

    utterances: pa.Table
    events: pa.Table
    links: pa.Table

    @property
    def tables(self) -> tuple[pa.Table, pa.Table, pa.Table]:
        return self.utterances, self.events, self.links


def utterance(recording: str, number: int, start_ms: int, text: str, **more: Any) -> dict[str, Any]:
    words = len(text.split())
    return {
        "recording_id": recording,
        "utterance_id": number,
        "turn_id": number,
        "start_ms": start_ms,
        "end_ms": start_ms + 300 * max(words, 1),
        "text": text,
        "n_words": max(words, 1),
        "first_word_id": number * 100,
        "last_word_id": number * 100 + words,
        "probability": 0.9,
        "unaligned_share": 0.0,
        "is_question": text.endswith("?"),
        "addresses_chat": False,
    } | more


def event(recording: str, name: str, offset_ms: int, text: str, **more: Any) -> dict[str, Any]:
    return {
        "recording_id": recording,
        "event_id": name,
        "offset_ms": offset_ms,
        "offset_precision_ms": 1,
        "offset_source": "exact",
        "clock_segment": 0,
        "kind": "message",
        "author": f"author-of-{name}",
        "text": text,
        "emotes": [],
        "badges": [],
        "confidence": 1.0,
        "origin": "test",
        "source_id": "0" * 16,
        "source_row": 0,
    } | more


def link(recording: str, name: str, utterance_id: int | None, **more: Any) -> dict[str, Any]:
    row = {
        "recording_id": recording,
        "event_id": name,
        "utterance_id": utterance_id,
        "probability": 0.9,
        "runner_up": 0.05,
        "background": 0.05,
        "lag_ms": 3_000,
        "accepted": True,
        "reason": None,
        "decided_by": "model",
        "certified": False,
    } | more
    return row | {"accepted": row["reason"] is None}


def scene(
    utterances: Sequence[Mapping[str, Any]], events: Sequence[Mapping[str, Any]], links: Sequence[Mapping[str, Any]]
) -> Scene:
    return Scene(UTTERANCES.table(utterances), CHAT_EVENTS.table(events), LINKS.table(links))


def dialogue(prompts: Sequence[str], answers: Sequence[Sequence[str | dict[str, Any]]], recording: str = "r") -> Scene:
    """Prompt i begins at 20 i seconds; its answers follow a second apart, each accepted, named `i.k`."""
    spoken = [utterance(recording, number, 20_000 * number, text) for number, text in enumerate(prompts)]
    said, links = [], []
    for number, replies in enumerate(answers):
        for place, reply in enumerate(replies):
            facts = {"text": reply} if isinstance(reply, str) else dict(reply)
            linked = dict(facts.pop("link", {}))
            name, at_ms = f"{number}.{place}", spoken[number]["end_ms"] + 3_000 + 1_000 * place + CLOCK_MS
            said.append(event(recording, name, at_ms, facts.pop("text"), **facts))
            links.append(
                link(
                    recording, name, linked.pop("utterance_id", number), **({"lag_ms": 3_000 + 1_000 * place} | linked)
                )
            )
    return scene(spoken, said, links)


def invented(names: Sequence[str], seed: int = 0, turns: int = 8, messages: int = 30) -> Scene:
    """Recordings that depend on their own name and the seed alone, never on one another."""
    spoken, said, links = [], [], []
    for name in names:
        recording = recording_id("test", name)
        rng = np.random.default_rng([seed, *recording.encode()])
        at_ms = 0
        for number in range(turns):
            at_ms += int(rng.integers(500, 30_000))
            text = " ".join(rng.choice(WORDS, int(rng.integers(1, 12))))
            spoken.append(utterance(recording, number, at_ms, text, turn_id=number // 2))
            at_ms = spoken[-1]["end_ms"]
        for row in range(messages):
            parent = int(rng.integers(turns))
            lag_ms = int(rng.integers(0, 15_000))
            parent_end_ms = spoken[-turns + parent]["end_ms"]
            key = f"{name}-{row}"
            kind = str(rng.choice(["message", "message", "message", "action", "bot", "notice"]))
            reason = str(rng.choice(["background", "ambiguous_parent"])) if rng.random() < 0.3 else None
            text = str(rng.choice(REPLIES))
            author = f"author-{int(rng.integers(4))}" if rng.random() < 0.9 else None
            said.append(
                event(
                    recording,
                    key,
                    parent_end_ms + lag_ms + CLOCK_MS,
                    text,
                    kind=kind,
                    author=author,
                    source_row=row,
                    emotes=[{"name": "LUL", "id": None, "start": 0, "end": 3}] if text == "LUL" else [],
                )
            )
            links.append(
                link(recording, key, parent, lag_ms=lag_ms, reason=reason, probability=round(float(rng.random()), 4))
            )
    return scene(spoken, said, links)


@pytest.fixture(scope="session")
def make_dialogue() -> Callable[..., Scene]:
    """Builds a recording from prompts and answers."""
    return dialogue


@pytest.fixture(scope="session")
def make_recordings() -> Callable[..., Scene]:
    """Builds recordings from names and a seed."""
    return invented
