"""A chat's log and what is read of it in an edit of the stream: pieces of it, misread, with holes; the truth beside."""

import random
from dataclasses import dataclass

import pyarrow as pa
from dougpt_chat import pseudonym
from dougpt_schema import CHAT_EVENTS

WORDS = [
    first + last
    for first in ("ba", "co", "du", "fe", "gi", "hu", "ka", "lo", "mi", "nu", "pa", "ro")
    for last in ("t", "r", "lly", "mp", "st", "ng")
]
OFTEN = ("lol", "no", "yes", "w", "kekw", "what", "hi")
LETTERS = "abcdefghijklmnopqrstuvwxyz0"


@dataclass(frozen=True, slots=True)
class Piece:
    """Seconds of the stream that the edit shows, and how fast."""

    from_s: float
    to_s: float
    speed: float = 1.0


def seeded(seed: int) -> random.Random:
    """Numbers that only look random."""
    return random.Random(seed)  # noqa: S311 - no secret


def table(rows: list[tuple[int, str, str]], origin: str = "log", recording: str = "0123456789abcdef") -> pa.Table:
    """Events: at, name, text."""
    return CHAT_EVENTS.table(
        {
            "recording_id": recording,
            "event_id": f"{origin}-{number:06d}",
            "offset_ms": at_ms,
            "offset_precision_ms": 34,
            "offset_source": "exact" if origin == "log" else "ocr",
            "clock_segment": 0,
            "kind": "message",
            "author": pseudonym(name),
            "text": text,
            "emotes": [],
            "badges": [],
            "confidence": 1.0,
            "origin": origin,
            "source_id": "s",
            "source_row": number,
        }
        for number, (at_ms, name, text) in enumerate(rows)
    )


def log_of(rng: random.Random, seconds: float, per_s: float = 1.0, people: int = 200) -> list[tuple[int, str, str]]:
    """A chat: a few talk a lot, a third of the messages everybody writes again and again."""
    rows = []
    names = [f"person{number}" for number in range(people)]
    for at_ms in sorted(rng.randrange(int(seconds * 1000)) for _ in range(int(seconds * per_s))):
        name = names[min(int(rng.expovariate(6 / people)), people - 1)]
        words = [rng.choice(OFTEN)] if rng.random() < 0.35 else rng.choices(WORDS, k=1 + int(rng.expovariate(0.25)))
        rows.append((at_ms, name, " ".join(words[:25])))
    return rows


def edited(
    log: list[tuple[int, str, str]], pieces: list[Piece], rng: random.Random, *, cer: float = 0.05, missed: float = 0.0
) -> tuple[list[tuple[int, str, str]], list[int]]:
    """What is read in an edit, and for each message its place in the log."""
    rows, places = [], []
    start_s = 0.0
    for piece in pieces:
        for place, (at_ms, name, text) in enumerate(log):
            if piece.from_s * 1000 <= at_ms < piece.to_s * 1000 and rng.random() >= missed:
                seen_ms = round(start_s * 1000 + (at_ms - piece.from_s * 1000) / piece.speed)
                rows.append((seen_ms + rng.randrange(200), misread(name, cer, rng), misread(text, cer, rng)))
                places.append(place)
        start_s += (piece.to_s - piece.from_s) / piece.speed
    return rows, places


def misread(text: str, cer: float, rng: random.Random) -> str:
    """A text with letters changed, lost or doubled."""
    letters = []
    for letter in text:
        draw = rng.random()
        if draw >= cer:
            letters.append(letter)
        elif draw < cer * 0.7:
            letters.append(rng.choice(LETTERS))
        elif draw < cer * 0.85:
            letters.append(letter + letter)
    return "".join(letters).strip() or "l"
