"""What a generator hands over: tables in our contracts, and the truth behind them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa
from dougpt_schema import CHAT_EVENTS, CLOCK, WORDS

type Content = Literal["rich", "usual", "none"]

# Why a message was written; only replies have a parent.
CAUSES = ("reply", "background", "event", "to_chatter", "copypasta", "read_aloud", "command", "foreign", "raid")

TRUTH = pa.schema(
    [
        pa.field("event_id", pa.string(), nullable=False),
        pa.field("cause", pa.string(), nullable=False),
        # The last word of the sentence that the message answers.
        pa.field("parent_word_id", pa.int64()),
        # When it was sent, on the recording's clock.
        pa.field("at_ms", pa.int64(), nullable=False),
    ]
)


@dataclass(frozen=True, slots=True)
class Slice:
    """What a made recording is like.

    `minutes` long with `per_minute` messages, a `share` of which answer the streamer after a median broadcast
    latency of `latency_s`; `content` says how often replies repeat words of what they answer. Chat's clock runs
    `offset_s` ahead of the recording's, and from each (at_s, by_s) of `jumps` on by as much more.
    """

    minutes: float = 150.0
    per_minute: float = 120.0
    share: float = 0.43
    latency_s: float = 4.0
    content: Content = "usual"
    offset_s: float = 0.0
    jumps: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        if self.minutes <= 0 or self.per_minute <= 0 or not 0 < self.share < 1 or self.latency_s < 0:
            raise ValueError(f"no recording is like {self}")


@dataclass(frozen=True, slots=True)
class Synthetic:
    """A made recording: `words` and `chat_events` to align, `truth` and `clock` to score against."""

    recording_id: str
    words: pa.Table
    chat_events: pa.Table
    truth: pa.Table
    clock: pa.Table


@dataclass(frozen=True, slots=True)
class Spoken:
    """A word with its times in seconds."""

    start_s: float
    end_s: float
    text: str
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """A message: when it was sent on the recording's clock, in seconds, and the word it answers, if any."""

    at_s: float
    text: str
    author: str
    cause: str
    parent_word: int | None = None
    emotes: tuple[str, ...] = ()
    kind: str = "message"
    reply_to: int | None = None
    room: str | None = None


def assemble(recording_id: str, spoken: Sequence[Spoken], written: Sequence[Written], shape: Slice) -> Synthetic:
    """Put words and messages on their clocks and into tables; ids follow the order of time."""
    end_s = max([60.0 * shape.minutes, *(word.end_s for word in spoken)]) + 60.0
    pieces = _clock_pieces(shape, end_s)
    placed = ((_chat_ms(message.at_s, pieces), number) for number, message in enumerate(written))
    timed = sorted((chat_ms, number) for chat_ms, number in placed if chat_ms is not None)
    names = {number: f"m{place:07d}" for place, (_, number) in enumerate(timed)}
    events, truth = [], []
    for place, (chat_ms, number) in enumerate(timed):
        message = written[number]
        events.append(_event(recording_id, names, place, chat_ms, message))
        truth.append(
            {
                "event_id": names[number],
                "cause": message.cause,
                "parent_word_id": message.parent_word,
                "at_ms": round(1000 * message.at_s),
            }
        )
    clock = [
        {
            "recording_id": recording_id,
            "from_ms": from_ms,
            "to_ms": to_ms,
            "offset_ms": offset_ms,
            "offset_sd_ms": 0.0,
            "margin": 0.0,
        }
        for from_ms, to_ms, offset_ms in pieces
    ]
    return Synthetic(
        recording_id=recording_id,
        words=WORDS.table(_word(recording_id, number, word) for number, word in enumerate(spoken)),
        chat_events=CHAT_EVENTS.table(events),
        truth=pa.Table.from_pylist(truth, schema=TRUTH),
        clock=CLOCK.table(clock),
    )


def _clock_pieces(shape: Slice, end_s: float) -> list[tuple[int, int, int]]:
    """Stretches of chat's clock (from, to, offset).

    A jump ahead is time that the recording lacks: chat's clock has a stretch without a row. A jump back is time
    that only the recording has, such as an advert put in.
    """
    offset_s, start_s = shape.offset_s, -60.0
    pieces: list[tuple[int, int, int]] = []
    for at_s, by_s in [*sorted(shape.jumps), (end_s, 0.0)]:
        ends_s = max(at_s, start_s + 0.001)
        pieces.append((round(1000 * (start_s + offset_s)), round(1000 * (ends_s + offset_s)), round(1000 * offset_s)))
        offset_s += by_s
        start_s = ends_s - min(by_s, 0.0)
    return pieces


def _chat_ms(at_s: float, pieces: list[tuple[int, int, int]]) -> int | None:
    """Chat's time of a moment of the recording, None inside what only the recording has."""
    at_ms = round(1000 * at_s)
    for from_ms, to_ms, offset_ms in pieces:
        if from_ms <= at_ms + offset_ms < to_ms:
            return at_ms + offset_ms
    return None


def _word(recording_id: str, number: int, word: Spoken) -> dict[str, Any]:
    start_ms = max(0, round(1000 * word.start_s))
    return {
        "recording_id": recording_id,
        "word_id": number,
        "start_ms": start_ms,
        "end_ms": max(start_ms, round(1000 * word.end_s)),
        "text": word.text,
        "normal": word.text.lower().strip(".,?!"),
        "timing": "decoded",
        "speaker": word.speaker,
        "segment_id": 0,
        "flags": [],
        "source_id": recording_id,
    }


def _event(recording_id: str, names: dict[int, str], place: int, chat_ms: int, message: Written) -> dict[str, Any]:
    return {
        "recording_id": recording_id,
        "event_id": f"m{place:07d}",
        "offset_ms": chat_ms,
        "offset_precision_ms": 1,
        "offset_source": "exact",
        "clock_segment": 0,
        "kind": message.kind,
        "author": message.author,
        "text": message.text,
        "emotes": _emotes(message.text, message.emotes),
        "badges": [],
        "reply_to": None if message.reply_to is None else names.get(message.reply_to),
        "source_room": message.room,
        "confidence": 1.0,
        "origin": "synthetic",
        "source_id": recording_id,
        "source_row": place,
    }


def _emotes(text: str, names: tuple[str, ...]) -> list[dict[str, Any]]:
    """Where the emotes `names` stand in `text`, as whole words."""
    found, at = [], 0
    for word in text.split(" "):
        if word in names:
            found.append({"name": word, "id": None, "start": at, "end": at + len(word)})
        at += len(word) + 1
    return found
