"""A small recording made by hand, of which every candidate is known, and desks over it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from dougpt_review import Book, Desk, Material, Medium, Recording
from dougpt_review.material import Question
from dougpt_schema import CANDIDATES, CHAT_EVENTS, CLOCK, LABELS, LINKS, UTTERANCES, AskedAs

type Served = Callable[[Desk], str]
type Window = Callable[..., Any]

RECORDING = "0123456789abcdef"
SAID = [
    "good evening everybody",
    "what should we name the goat",
    "i fell off again",
    "type one for the red door",
    "okay the wizard it is",
    "thank you all for watching",
]
HOSTILE = [
    "<script>window.pwned = 1</script><img src=x onerror='window.pwned = 1'>",
    "\u202eevil\u202c turned \u2067around",
    "a" * 100_000,
    '" onmouseover="window.pwned = 1',
    "</form></section><h1>mine</h1>",
    "\x00\x1b[31m\u0301\u0301\u0301\u0301",
    "{{ 7 * 7 }}",
]
EVENTS = 30


def recording(media: tuple[Medium, ...] = (), texts: list[str] | None = None) -> Recording:
    """A minute of speech, a line of chat every two seconds; each has the last utterances as candidates."""
    texts = texts or [f"message {number}" for number in range(EVENTS)]
    spoken = [
        {
            "recording_id": RECORDING,
            "utterance_id": number,
            "turn_id": number,
            "start_ms": 10_000 * number,
            "end_ms": 10_000 * number + 4_000,
            "text": text,
            "n_words": len(text.split()),
            "first_word_id": 0,
            "last_word_id": 0,
            "unaligned_share": 0.0,
            "is_question": False,
            "addresses_chat": False,
        }
        for number, text in enumerate(SAID)
    ]
    chat = [
        {
            "recording_id": RECORDING,
            "event_id": f"event {number}/..",
            "offset_ms": 2_000 * number + 6_000 + 500,
            "offset_precision_ms": 1,
            "offset_source": "exact",
            "clock_segment": 0,
            "kind": "message",
            "author": f"{number:016x}",
            "text": text,
            "emotes": [],
            "badges": [],
            "confidence": 1.0,
            "origin": "made",
            "source_id": "s",
            "source_row": number,
        }
        for number, text in enumerate(texts)
    ]
    weighed, decided = [], []
    for number, event in enumerate(chat):
        near = [row for row in spoken if row["start_ms"] <= 2_000 * number + 6_000][-3:]
        for place, row in enumerate(near):
            weighed.append(
                {
                    "recording_id": RECORDING,
                    "event_id": event["event_id"],
                    "utterance_id": row["utterance_id"],
                    "lag_ms": 2_000 * number + 6_000 - row["end_ms"],
                    "time_score": 0.0,
                    "content_score": 0.0,
                    "probability": [0.1, 0.6, 0.2][place] if len(near) == 3 else 0.3,
                }
            )
        decided.append(
            {
                "recording_id": RECORDING,
                "event_id": event["event_id"],
                "utterance_id": near[-1]["utterance_id"],
                "probability": 0.6,
                "runner_up": 0.2,
                "background": 0.1,
                "lag_ms": 0,
                "accepted": False,
                "reason": "low_confidence",
                "decided_by": "model",
                "certified": False,
            }
        )
    clock = {"from_ms": 0, "to_ms": 10**9, "offset_ms": 500, "offset_sd_ms": 1, "margin": 1.0}
    return Recording(
        RECORDING,
        "a made recording",
        UTTERANCES.table(spoken),
        CHAT_EVENTS.table(chat),
        CLOCK.table([{"recording_id": RECORDING, **clock}]),
        CANDIDATES.table(weighed),
        LINKS.table(decided),
        media,
    )


def questions(count: int = EVENTS) -> tuple[Question, ...]:
    return tuple(
        Question(RECORDING, f"event {n}/..", AskedAs.ACTIVE if n % 2 else AskedAs.RANDOM, "all", 0.5)
        for n in range(count)
    )


def desk_in(
    folder: Path,
    *,
    made: Recording | None = None,
    blind: bool = False,
    rater: str = "anna",
    labels: Any = None,
    count: int = EVENTS,
    worth: Callable[..., str] = lambda _: "50 more labels narrow the share",
) -> Desk:
    made = made or recording()
    book = Book(folder / "anna.jsonl", rater=rater, blind=blind, labels=labels or LABELS.empty())
    return Desk(lambda: Material({RECORDING: made}, questions(count)), book, goal=20, worth=worth)
