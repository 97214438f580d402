"""Collected messages to chat events: people under pseudonyms, texts staged, kinds told, repetitions left out.

The order matters: the roster must be whole before the first mention is hidden, since somebody may be
mentioned by a display name before writing for the first time.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from dougpt_schema import CHAT_EVENTS
from numpy.typing import NDArray

from dougpt_chat.authors import People, fold, keyed_hash
from dougpt_chat.bare_names import name_hashes
from dougpt_chat.clock import ChatClock
from dougpt_chat.kinds import bot_names, kinds_of
from dougpt_chat.settings import ChatSettings
from dougpt_chat.text import PLAIN, Emote, stage_text

CHUNK_ROWS = 1 << 15
WALL_CLOCK = CHAT_EVENTS.schema.field("sent_at").type
BROADCASTER = "broadcaster/1"
NAMES = pa.schema([("author", pa.string()), ("login", pa.string()), ("display_name", pa.string())])
RAW_TEXTS = pa.schema([("recording_id", pa.string()), ("event_id", pa.string()), ("text", pa.string())])


@dataclass(frozen=True, slots=True)
class Origin:
    """Where messages come from: recording, file, format, and the key they are hidden under."""

    recording_id: str
    source_id: str
    format: str
    key: bytes


@dataclass(frozen=True, slots=True)
class Staged:
    """Events that may be handed on, and the side tables that may not."""

    events: pa.Table
    names: pa.Table
    raw_texts: pa.Table
    name_hashes: list[str]
    duplicates: int


def stage_events(
    messages: pa.Table,
    clock: ChatClock,
    origin: Origin,
    settings: ChatSettings,
    *,
    owners: Iterable[str] = (),
    emotes: frozenset[str] = frozenset(),
    confidence: NDArray[np.float32] | None = None,
) -> Staged:
    """Return the events of `messages`, each with a time in `clock`.

    Args:
        messages: A table of `collect.SCHEMA`.
        clock: The times of its rows.
        origin: Where they come from.
        settings: How to read.
        owners: Names of the channel's owner, as far as the export's header tells.
        emotes: Names of third-party emotes.
        confidence: How far each message was read right, 0 to 1; exports are.
    """
    roster = _roster(messages)
    owner_names = {fold(name) for name in (*owners, *settings.streamer, *_broadcasters(messages))}
    people = People(roster, owner_names, origin.key)
    author = _per_pair(messages, roster, [people.author(*pair) for pair in roster], pa.string())
    bots = bot_names(settings)
    bot = _per_pair(messages, roster, [fold(login or "") in bots for login, _ in roster], pa.bool_())
    event_id = _event_ids(messages, clock, author, origin)

    kept = _first_occurrences(event_id)
    duplicates = messages.num_rows - len(kept)
    if duplicates:
        messages, author, bot, event_id = (column.take(kept) for column in (messages, author, bot, event_id))
    text, found = _staged_texts(messages, people, emotes | frozenset(settings.emotes))
    kind = kinds_of(
        text,
        deleted=messages["is_deleted"].combine_chunks(),
        notice=messages["is_notice"].combine_chunks(),
        bot=bot,
        action=messages["is_action"].combine_chunks(),
        prefixes=settings.command_prefixes,
    )
    rows = kept.to_numpy()
    columns = {
        "recording_id": pa.repeat(origin.recording_id, len(rows)),
        "event_id": event_id,
        "offset_ms": pa.array(clock.offset_ms[rows]),
        "offset_precision_ms": pa.array(clock.precision_ms[rows]),
        "offset_source": pa.array(clock.source[rows].tolist(), pa.string()),
        "sent_at": pa.nulls(len(rows), WALL_CLOCK)
        if clock.is_copied
        else messages["sent_at"].cast(WALL_CLOCK, safe=False),
        "clock_segment": pa.array(clock.segment[rows]),
        "kind": kind,
        "author": author,
        "text": text,
        "emotes": found,
        "badges": messages["badges"],
        "bits": messages["bits"],
        "reply_to": messages["reply_to"],
        "source_room": messages["source_room"],
        "confidence": pa.array(np.ones(len(rows), np.float32) if confidence is None else confidence[rows]),
        "origin": pa.repeat(origin.format, len(rows)),
        "source_id": pa.repeat(origin.source_id, len(rows)),
        "source_row": messages["row"],
    }
    changed = pc.not_equal(messages["raw_text"], text)
    raw = [columns["recording_id"], event_id, messages["raw_text"].combine_chunks()]
    return Staged(
        events=CHAT_EVENTS.check(CHAT_EVENTS.conform(pa.table(columns), sort=True)),
        names=_names_table(roster, people),
        raw_texts=pa.Table.from_arrays(raw, schema=RAW_TEXTS).filter(changed).sort_by("event_id"),
        name_hashes=name_hashes(_names_of_others(roster, owner_names), origin.key),
        duplicates=duplicates,
    )


def _roster(messages: pa.Table) -> list[tuple[str | None, str | None]]:
    """Every pair of login and display name, in the order of their first message."""
    pairs = (
        messages.select(["login", "display_name"]).group_by(["login", "display_name"], use_threads=False).aggregate([])
    )
    return list(zip(pairs["login"].to_pylist(), pairs["display_name"].to_pylist(), strict=True))


def _per_pair(
    messages: pa.Table, roster: list[tuple[str | None, str | None]], values: list[object], kind: pa.DataType
) -> pa.Array:
    """A column that holds for each row the value of its pair of login and display name."""
    number = {pair: index for index, pair in enumerate(roster)}
    pairs = zip(messages["login"].to_pylist(), messages["display_name"].to_pylist(), strict=True)
    return pa.array(values, kind).take(pa.array((number[pair] for pair in pairs), pa.int64()))


def _broadcasters(messages: pa.Table) -> Iterator[str]:
    """The names of authors who wear the broadcaster's badge in their own room."""
    own = messages.filter(pc.is_null(messages["source_room"])).select(["login", "display_name", "badges"])
    wears = pc.match_like(pc.binary_join(own["badges"], "\n"), f"%{BROADCASTER}%")
    for names in own.filter(wears).select(["login", "display_name"]).to_pylist():
        yield from (name for name in names.values() if name)


def _event_ids(messages: pa.Table, clock: ChatClock, author: pa.Array, origin: Origin) -> pa.Array:
    """The platform's ids; where there is none, a hash of author, text and second."""
    ids = messages["id"].combine_chunks()
    if ids.null_count == 0:
        return ids
    found = ids.to_pylist()
    for row in pc.indices_nonzero(pc.is_null(ids)).to_pylist():
        second = int(clock.offset_ms[row]) // 1000
        facts = f"{author[row].as_py()}\x1f{second}\x1f{messages['raw_text'][row].as_py()}"
        found[row] = keyed_hash(facts, origin.key, purpose=b"dougpt-event")
    return pa.array(found, pa.string())


def _first_occurrences(event_id: pa.Array) -> pa.Array:
    """The rows whose id no earlier row has, in order."""
    codes = event_id.dictionary_encode().indices.to_numpy()
    return pa.array(np.sort(np.unique(codes, return_index=True)[1]), pa.int64())


def _staged_texts(messages: pa.Table, people: People, lexicon: frozenset[str]) -> tuple[pa.Array, pa.Array]:
    """The staged text and the emotes of each row; plain texts are passed through unseen."""
    emote_type = CHAT_EVENTS.schema.field("emotes").type
    texts, emotes = [], []
    for chunk in messages.select(["raw_text", "spans"]).to_batches(max_chunksize=CHUNK_ROWS):
        raw, spans = chunk.columns
        mask = _special(raw, spans, lexicon)
        rows = pc.indices_nonzero(mask)
        columns = (column.to_pylist() for column in (rows, raw.take(rows), spans.take(rows)))
        found: list[list[Emote]] = [[]] * len(raw)
        staged: list[str] = []
        for row, raw_text, places in zip(*columns, strict=True):
            emote_spans = [(place["start"], place["end"], place["id"] or None) for place in places]
            text, found[row] = stage_text(raw_text, emote_spans, people.mention, lexicon)
            staged.append(text)
        texts.append(pc.replace_with_mask(raw, mask, pa.array(staged, pa.string())))
        emotes.append(pa.array(found, emote_type))
    return _one_array(texts, pa.string()), _one_array(emotes, emote_type)


def _special(raw: pa.Array, spans: pa.Array, lexicon: frozenset[str]) -> pa.Array:
    """Which texts have to be looked at: those with emotes, or with more than plain words."""
    plain = pc.and_(pc.match_substring_regex(raw, PLAIN), pc.equal(pc.list_value_length(spans), 0))
    if lexicon:
        words = "|".join(re.escape(word) for word in sorted(lexicon))
        plain = pc.and_not(plain, pc.match_substring_regex(raw, words))
    return pc.invert(plain)


def _one_array(chunks: list[pa.Array], kind: pa.DataType) -> pa.Array:
    return pa.concat_arrays(chunks) if chunks else pa.array([], kind)


def _names_table(roster: list[tuple[str | None, str | None]], people: People) -> pa.Table:
    rows = sorted(
        {(people.author(login, display), login or "", display or "") for login, display in roster if login or display}
        - {(None, "", "")},
        key=str,
    )
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    return pa.Table.from_arrays([pa.array(column, pa.string()) for column in columns], schema=NAMES)


def _names_of_others(roster: list[tuple[str | None, str | None]], owners: set[str]) -> Iterator[str]:
    return (name for pair in roster for name in pair if name and fold(name) not in owners)
