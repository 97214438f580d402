"""Messages of any format as columns, so that a million of them cost little memory.

Nothing is derived yet: names and texts are the raw ones, and the table never leaves the package.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

import pyarrow as pa
import pyarrow.compute as pc

from dougpt_chat.formats.message import Batch, ChatMessage, RejectedRecord, Removal

SPAN = pa.struct([("start", pa.int32()), ("end", pa.int32()), ("id", pa.string())])
COLUMNS: dict[str, pa.DataType] = {
    "row": pa.int64(),
    "id": pa.string(),
    "offset_s": pa.float64(),
    "sent_at": pa.timestamp("us", tz="UTC"),
    "login": pa.string(),
    "display_name": pa.string(),
    "badges": pa.list_(pa.string()),
    "bits": pa.int64(),
    "is_action": pa.bool_(),
    "is_notice": pa.bool_(),
    "is_deleted": pa.bool_(),
    "reply_to": pa.string(),
    "source_room": pa.string(),
}
SCHEMA = pa.schema([*COLUMNS.items(), ("raw_text", pa.string()), ("spans", pa.list_(SPAN))])
LATEST_S = 1e9
MOST_BITS = 1 << 40


@dataclass(slots=True)
class Collected:
    """The usable messages of an export, in the order of the file, and the records that are not."""

    messages: pa.Table
    rejected: list[RejectedRecord] = field(default_factory=list)


def with_removals(messages: pa.Table, removals: Sequence[Removal]) -> pa.Table:
    """Return `messages` with those marked as deleted that a moderator removed afterwards."""
    ids = pa.array([one.id for one in removals if one.id], pa.string())
    deleted = pc.or_(messages["is_deleted"], pc.is_in(messages["id"], value_set=ids))
    latest: dict[str | None, int] = {}
    for one in removals:
        if one.id is None:
            latest[one.login and one.login.casefold()] = one.row
    everything = latest.pop(None, -1)
    logins = pa.array(latest, pa.string())
    until = pa.array(latest.values(), pa.int64()).take(
        pc.index_in(pc.utf8_lower(messages["login"]).combine_chunks(), value_set=logins)
    )
    before = pc.or_(pc.less(messages["row"], everything), pc.fill_null(pc.less(messages["row"], until), False))
    place = messages.schema.get_field_index("is_deleted")
    return messages.set_column(place, messages.schema.field(place), pc.or_(deleted, before))


def collect(batches: Iterable[Batch]) -> Collected:
    """Return the messages of all batches in one table."""
    rejected: list[RejectedRecord] = []
    tables: list[pa.RecordBatch] = []
    for batch in batches:
        rejected += batch.rejected
        if batch.messages:
            tables.append(_columns(batch.messages))
    return Collected(pa.Table.from_batches(tables, SCHEMA), rejected)


def _columns(messages: list[ChatMessage]) -> pa.RecordBatch:
    for message in messages:
        _made_storable(message)
    arrays = [pa.array(list(map(attrgetter(name), messages)), kind) for name, kind in COLUMNS.items()]
    texts = pa.array(["".join([text for text, _ in message.fragments]) for message in messages], pa.string())
    spans = pa.array([_spans(message.fragments) for message in messages], pa.list_(SPAN))
    return pa.RecordBatch.from_arrays([*arrays, texts, spans], schema=SCHEMA)


def _made_storable(message: ChatMessage) -> None:
    """Take out what no clock or counter can mean: times beyond three decades, the year 1, negative bits."""
    if message.offset_s is not None and not abs(message.offset_s) < LATEST_S:
        message.offset_s = None
    if message.sent_at is not None and message.sent_at.year <= 1:
        message.sent_at = None
    if message.bits is not None and not 0 <= message.bits < MOST_BITS:
        message.bits = None


def _spans(fragments: list[tuple[str, str | None]]) -> list[tuple[int, int, str]]:
    if len(fragments) == 1 and fragments[0][1] is None:
        return []
    spans: list[tuple[int, int, str]] = []
    at = 0
    for text, emote_id in fragments:
        if emote_id is not None:
            spans.append((at, at + len(text), emote_id))
        at += len(text)
    return spans
