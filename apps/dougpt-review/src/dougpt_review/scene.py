"""The surroundings of a chat event: what was said before it, what else was written, what could be answered."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from dougpt_schema.page.words import Quote, quoted
from numpy.typing import NDArray

from dougpt_review.material import Medium, Question, Recording

MOST_CANDIDATES = 9  # one for each key
SAID_BEFORE_MS, SAID_AFTER_MS = 60_000, 6_000
MOST_SAID = 40
WRITTEN_BEFORE, WRITTEN_AFTER = 12, 8
LEAD_MS, BLIND_LEAD_MS, LONGEST_LEAD_MS = 2_000, 25_000, 45_000
LINE_CHARACTERS, MESSAGE_CHARACTERS = 280, 1_500
AUTHOR_CHARACTERS = 6
MENTION = re.compile(rf"(@[0-9a-f]{{{AUTHOR_CHARACTERS}}})[0-9a-f]{{{16 - AUTHOR_CHARACTERS}}}\b")

type Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Said:
    """An utterance; `key` and `probability` where it is a candidate, the latter None in blind mode."""

    start_ms: int
    end_ms: int
    quote: Quote
    before_s: float
    key: int | None = None
    probability: float | None = None

    @property
    def choice(self) -> str:
        """How an answer names it: by its times, which a new alignment keeps."""
        return f"reply:{self.start_ms}:{self.end_ms}"


@dataclass(frozen=True, slots=True)
class Written:
    """A line of chat on the recording's clock."""

    at_ms: int
    author: str
    quote: Quote
    is_asked: bool


@dataclass(frozen=True, slots=True)
class Item:
    """A question with everything that is shown with it."""

    question: Question
    title: str
    known_by: str
    message: Written
    chat: tuple[Written, ...]
    said: tuple[Said, ...]
    candidates: tuple[Said, ...]
    nothing: float | None
    medium: Medium | None
    from_ms: int
    to_ms: int


class Scene:
    """A recording, arranged so that an item costs no search over its rows."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        spoken, chat = recording.utterances, recording.chat_events
        self._start_U, self._end_U = _ints(spoken["start_ms"]), _ints(spoken["end_ms"])
        self._said = spoken["text"].combine_chunks()
        self._row_of_utterance = {int(name): row for row, name in enumerate(_ints(spoken["utterance_id"]))}
        at_E = on_recordings_clock(_ints(chat["offset_ms"]), recording.clock)
        self._order = np.argsort(at_E, kind="stable")
        self._at_E = at_E[self._order]
        self._text, self._author = chat["text"].combine_chunks(), chat["author"].combine_chunks()
        ids = chat["event_id"].take(pa.array(self._order))
        self._place = {event: place for place, event in enumerate(ids.to_pylist())}
        self._weighed = _runs(recording.candidates["event_id"])

    def knows(self, event_id: str) -> bool:
        """Whether the event is there; a person may have been forgotten meanwhile."""
        return event_id in self._place

    def utterance(self, start_ms: int, end_ms: int) -> str | None:
        """Return what was said between exactly these times; None where nothing was."""
        first, last = np.searchsorted(self._start_U, [start_ms, start_ms + 1])
        for row in range(int(first), int(last)):
            if self._end_U[row] == end_ms:
                return str(self._said[row].as_py())
        return None

    def item(self, question: Question, *, blind: bool) -> Item:
        """Return a question with its surroundings."""
        place = self._place[question.event_id]
        at_ms = int(self._at_E[place])
        candidates = self._candidates(question.event_id, at_ms, blind=blind)
        from_ms = self._from_ms(at_ms, candidates, blind=blind)
        to_ms = at_ms + SAID_AFTER_MS
        first, last = max(place - WRITTEN_BEFORE, 0), min(place + WRITTEN_AFTER + 1, len(self._at_E))
        return Item(
            question=question,
            title=self.recording.title,
            known_by=self.recording.known_by,
            message=self._written(place, MESSAGE_CHARACTERS, is_asked=True),
            chat=tuple(self._written(one, LINE_CHARACTERS, is_asked=one == place) for one in range(first, last)),
            said=tuple(self._around(at_ms, candidates)),
            candidates=candidates,
            nothing=None if blind else self._nothing(question.event_id),
            medium=self._medium(from_ms),
            from_ms=from_ms,
            to_ms=to_ms,
        )

    def _candidates(self, event_id: str, at_ms: int, *, blind: bool) -> tuple[Said, ...]:
        first, last = self._weighed.get(event_id, (0, 0))
        names = self.recording.candidates["utterance_id"][first:last].to_pylist()
        probabilities = self.recording.candidates["probability"][first:last].to_pylist()
        weighed = sorted(zip(probabilities, names, strict=True), reverse=True)[:MOST_CANDIDATES]
        rows = [(self._row_of_utterance[name], probability) for probability, name in weighed]
        if blind:
            rows.sort()
        return tuple(
            self._one_said(row, at_ms, key, None if blind else probability)
            for key, (row, probability) in enumerate(rows, start=1)
        )

    def _nothing(self, event_id: str) -> float:
        """The model's probability that nothing was answered; `links` may hold what another person said instead."""
        first, last = self._weighed.get(event_id, (0, 0))
        answered = pc.sum(self.recording.candidates["probability"][first:last]).as_py() or 0.0
        return min(max(1.0 - float(answered), 0.0), 1.0)

    def _around(self, at_ms: int, candidates: tuple[Said, ...]) -> Iterator[Said]:
        keyed = {(one.start_ms, one.end_ms): one for one in candidates}
        since = min([at_ms - SAID_BEFORE_MS, *(one.start_ms for one in candidates)])
        first = int(np.searchsorted(self._end_U, since, side="right"))
        last = int(np.searchsorted(self._start_U, at_ms + SAID_AFTER_MS))
        for row in range(max(first, last - MOST_SAID), last):
            span = int(self._start_U[row]), int(self._end_U[row])
            yield keyed.get(span) or self._one_said(row, at_ms, None, None)

    def _one_said(self, row: int, at_ms: int, key: int | None, probability: float | None) -> Said:
        start_ms, end_ms = int(self._start_U[row]), int(self._end_U[row])
        quote = quoted(self._said[row].as_py(), LINE_CHARACTERS)
        return Said(start_ms, end_ms, quote, (at_ms - end_ms) / 1000, key, probability)

    def _written(self, place: int, most: int, *, is_asked: bool) -> Written:
        row = int(self._order[place])
        author = str(self._author[row].as_py() or "")[:AUTHOR_CHARACTERS]
        quote = quoted(self._text[row].as_py(), most)
        # Who is meant is told from who wrote by the same few letters.
        quote = replace(quote, text=MENTION.sub(r"\1", quote.text))
        return Written(int(self._at_E[place]), author, quote, is_asked)

    @staticmethod
    def _from_ms(at_ms: int, candidates: tuple[Said, ...], *, blind: bool) -> int:
        """Where to begin playing; in blind mode the same before every message, which gives no guess away."""
        if blind or not candidates:
            return max(at_ms - BLIND_LEAD_MS, 0)
        return max(candidates[0].start_ms - LEAD_MS, at_ms - LONGEST_LEAD_MS, 0)

    def _medium(self, at_ms: int) -> Medium | None:
        begun = [one for one in self.recording.media if one.start_ms <= at_ms]
        return begun[-1] if begun and at_ms < (begun[-1].end_ms or at_ms + 1) else None


def on_recordings_clock(offset_E: Ints, clock: pa.Table) -> Ints:
    """Return when events were written, on the recording's clock; the nearest stretch holds for what none covers."""
    if not clock.num_rows:
        return offset_E
    row = np.searchsorted(_ints(clock["from_ms"]), offset_E, side="right") - 1
    return offset_E - _ints(clock["offset_ms"])[np.maximum(row, 0)]


def _runs(events: pa.ChunkedArray) -> dict[str, tuple[int, int]]:
    """Where the rows of each event begin and have ended; the rows of one follow one another."""
    runs = pc.run_end_encode(events.combine_chunks())
    ends = runs.run_ends.to_pylist()
    return dict(zip(runs.values.to_pylist(), zip([0, *ends[:-1]], ends, strict=True), strict=True)) if ends else {}


def _ints(column: pa.ChunkedArray) -> Ints:
    found: Any = pc.cast(column, pa.int64()).to_numpy()
    return np.asarray(found, dtype=np.int64)
