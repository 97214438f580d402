"""Collected messages to chat events: people under pseudonyms, texts staged, kinds told, repetitions left out.

The order matters: the roster must be whole before the first mention is hidden, since somebody may be
mentioned by a display name before writing for the first time. So the messages are gone through twice, the
first time as they are read, the second time here, some thousands at once.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from dougpt_schema import CHAT_EVENTS
from numpy.typing import NDArray

from dougpt_chat.authors import People, fold, keyed_hash
from dougpt_chat.bare_names import name_hashes
from dougpt_chat.clock import SOURCES, ChatClock
from dougpt_chat.collect import Collected, Person, without_collector
from dougpt_chat.formats.message import Removal
from dougpt_chat.id_keys import first_of_each, id_keys
from dougpt_chat.in_order import in_order
from dougpt_chat.kinds import bot_names, kinds_of
from dougpt_chat.removals import Removals
from dougpt_chat.room import ROOM, Room
from dougpt_chat.settings import ChatSettings
from dougpt_chat.stabbing import Flags
from dougpt_chat.staged_texts import staged_texts

OFFSET_SOURCES = pa.array(SOURCES, pa.string())
WALL_CLOCK = CHAT_EVENTS.schema.field("sent_at").type
NAMES = pa.schema([("author", pa.string()), ("login", pa.string()), ("display_name", pa.string())])
RAW_TEXTS = pa.schema([("recording_id", pa.string()), ("event_id", pa.string()), ("text", pa.string())])
WITH_RAW_TEXT = CHAT_EVENTS.schema.append(pa.field("raw_text", pa.string()))


@dataclass(frozen=True, slots=True)
class Origin:
    """Where messages come from: recording, file, format, and the key they are hidden under."""

    recording_id: str
    source_id: str
    format: str
    key: bytes


class Staging:
    """The messages of an export, timed, on their way to events.

    Args:
        collected: The messages.
        clock: Their times.
        origin: Where they come from.
        settings: How to read.
        owners: Names of the channel's owner, as far as the export's header tells.
        emotes: Names of third-party emotes.
        removals: What moderators removed.
        confidence: How far each message was read right, 0 to 1; exports are.

    Attributes:
        timed_N: Which messages have a time; the others cannot be events.
        kept_N: Which become events: those with a time whose id no earlier one has.
        kinds: Events by kind, complete once all were yielded.
        authors: Pseudonyms of everybody who wrote an event.
        names: author, login, display_name of everybody.
        name_hashes: Keyed hashes of everybody's names but the owner's.
    """

    def __init__(
        self,
        collected: Collected,
        clock: ChatClock,
        origin: Origin,
        settings: ChatSettings,
        *,
        owners: Iterable[str] = (),
        emotes: frozenset[str] = frozenset(),
        removals: Sequence[Removal] = (),
        confidence: NDArray[np.float32] | None = None,
    ) -> None:
        self._collected, self._clock, self._origin, self._settings = collected, clock, origin, settings
        self._confidence_N = confidence
        self._emotes = emotes | frozenset(settings.emotes)
        self._removals = Removals(removals, collected.roster)
        roster = collected.roster
        broadcasters = [name for person in sorted(collected.broadcasters) for name in roster[person] if name]
        owner_names = {fold(name) for name in (*owners, *settings.streamer, *broadcasters)}
        self._people = People(roster, owner_names, origin.key)
        self._author_P = pa.array([self._people.author(*person) for person in roster], pa.string())
        bots = bot_names(settings)
        self._bot_P = pa.array([fold(login or "") in bots for login, _ in roster], pa.bool_())
        self.timed_N: Flags = clock.timed_N
        self.kept_N = first_of_each(self._keys(), self.timed_N)
        self.kinds: Counter[str] = Counter()
        self.names = _names_table(roster, self._people)
        self.name_hashes = name_hashes(_names_of_others(roster, owner_names), origin.key)

    @property
    def authors(self) -> int:
        """How many people wrote an event."""
        writing = np.unique(self._collected.person_N[self.kept_N])
        return int(pc.count_distinct(self._author_P.take(pa.array(writing))).as_py())

    @property
    def duplicates(self) -> int:
        """How many messages have the id of an earlier one."""
        return int(self.timed_N.sum() - self.kept_N.sum())

    def pieces(self, on_raw_texts: Callable[[pa.Table], object] | None = None, room: Room = ROOM) -> Iterator[pa.Table]:
        """Yield the events, some thousands at a time, in the contract's order.

        Args:
            on_raw_texts: Is given the raw texts of each piece where they differ from the staged ones.
            room: Where messages wait that are far out of order.
        """
        offset_ms_N = self._clock.offset_ms[self.kept_N]
        for piece in in_order(self._staged(), offset_ms_N, WITH_RAW_TEXT, room):
            if on_raw_texts is not None:
                raw = piece.filter(pc.is_valid(piece["raw_text"]))
                columns = [raw["recording_id"], raw["event_id"], raw["raw_text"]]
                on_raw_texts(pa.Table.from_arrays(columns, schema=RAW_TEXTS))
            yield piece.select(CHAT_EVENTS.schema.names)

    def untimed(self) -> Iterator[tuple[int, str | None]]:
        """Yield row and id of the messages without a time."""
        for place, batch in self._collected.batches():
            without = pa.array(~self.timed_N[place])
            yield from zip(*(batch.column(name).filter(without).to_pylist() for name in ("row", "id")), strict=True)

    def _keys(self) -> NDArray[np.uint64]:
        """The keys to find repetitions by: of the ids, and where there is none, of what is put in its place."""
        collected = self._collected
        if collected.has_id_N.all():
            return collected.keys_NK
        keys_NK = collected.keys_NK.copy()
        for place, batch in collected.batches():
            without_N = ~collected.has_id_N[place]
            if without_N.any():
                keys_NK[place][without_N] = id_keys(self._event_ids(place, batch))[without_N]
        return keys_NK

    def _event_ids(self, place: slice, batch: pa.RecordBatch) -> pa.Array:
        """The platform's ids; where there is none, a hash of author, text and second."""
        ids = batch.column("id")
        if ids.null_count == 0:
            return ids
        found, texts = ids.to_pylist(), batch.column("raw_text")
        seconds = self._clock.offset_ms[place] // 1000
        persons = self._collected.person_N[place]
        for row in pc.indices_nonzero(pc.is_null(ids)).to_pylist():
            facts = f"{self._author_P[int(persons[row])].as_py()}\x1f{seconds[row]}\x1f{texts[row].as_py()}"
            found[row] = keyed_hash(facts, self._origin.key, purpose=b"dougpt-event")
        return pa.array(found, pa.string())

    def _staged(self) -> Iterator[pa.Table]:
        for place, batch in self._collected.batches():
            kept = np.flatnonzero(self.kept_N[place])
            if len(kept):
                with without_collector():
                    table = self._staged_batch(place, batch, kept)
                yield table

    def _staged_batch(self, place: slice, batch: pa.RecordBatch, kept: NDArray[np.int64]) -> pa.Table:
        """The events of a batch, with the raw texts that differ."""
        clock, origin = self._clock, self._origin
        event_id, deleted = self._event_ids(place, batch), self._removals.mark(batch, self._collected.person_N[place])
        if len(kept) < batch.num_rows:
            taken = pa.array(kept)
            batch, event_id, deleted = batch.take(taken), event_id.take(taken), deleted.take(taken)
        rows = kept + place.start
        person = pa.array(self._collected.person_N[rows])
        raw = batch.column("raw_text")
        text, emotes = staged_texts(raw, batch.column("spans"), batch.column("bits"), self._people, self._emotes)
        kind = kinds_of(
            text,
            deleted=deleted,
            notice=batch.column("is_notice"),
            bot=self._bot_P.take(person),
            action=batch.column("is_action"),
            prefixes=self._settings.command_prefixes,
        )
        self.kinds.update({pair["values"]: pair["counts"] for pair in pc.value_counts(kind).to_pylist()})
        confidence = np.ones(len(rows), np.float32) if self._confidence_N is None else self._confidence_N[rows]
        columns = {
            "recording_id": pa.repeat(origin.recording_id, len(rows)),
            "event_id": event_id,
            "offset_ms": pa.array(clock.offset_ms[rows]),
            "offset_precision_ms": pa.array(clock.precision_ms[rows], pa.int64()),
            "offset_source": OFFSET_SOURCES.take(pa.array(clock.source_code[rows])),
            "sent_at": self._sent_at(rows),
            "clock_segment": pa.array(clock.segment[rows], pa.int64()),
            "kind": kind,
            "author": self._author_P.take(person),
            "text": text,
            "emotes": emotes,
            "badges": batch.column("badges"),
            "bits": batch.column("bits"),
            "reply_to": batch.column("reply_to"),
            "source_room": batch.column("source_room"),
            "confidence": pa.array(confidence),
            "origin": pa.repeat(origin.format, len(rows)),
            "source_id": pa.repeat(origin.source_id, len(rows)),
            "source_row": batch.column("row"),
            "raw_text": pc.if_else(pc.not_equal(raw, text), raw, None),
        }
        return CHAT_EVENTS.conform(pa.table(columns)).cast(WITH_RAW_TEXT)

    def _sent_at(self, rows: NDArray[np.int64]) -> pa.Array:
        sent_ms_N = self._collected.sent_ms_N[rows]
        absent_N = np.isnan(sent_ms_N) | self._clock.is_copied
        return pa.array(np.where(absent_N, 0, sent_ms_N).astype(np.int64), WALL_CLOCK, mask=absent_N)


def all_events(staging: Staging) -> tuple[pa.Table, pa.Table]:
    """Return all events of `staging`, checked, and the raw texts that differ, as two tables."""
    raw_texts = [RAW_TEXTS.empty_table()]
    pieces = [CHAT_EVENTS.empty(), *staging.pieces(raw_texts.append)]
    events = pa.concat_tables(pieces).combine_chunks()
    return CHAT_EVENTS.check(events), pa.concat_tables(raw_texts).combine_chunks()


def _names_table(roster: Sequence[Person], people: People) -> pa.Table:
    rows = sorted(
        {(people.author(login, display), login or "", display or "") for login, display in roster if login or display}
        - {(None, "", "")},
        key=str,
    )
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    return pa.Table.from_arrays([pa.array(column, pa.string()) for column in columns], schema=NAMES)


def _names_of_others(roster: Sequence[Person], owners: set[str]) -> Iterator[str]:
    return (name for pair in roster for name in pair if name and fold(name) not in owners)
