"""Messages of any format as columns, so that a million of them cost little memory.

Nothing is derived yet: names and texts are the raw ones, and what is collected never leaves the package. In memory is
what all messages together decide: their times, who wrote them, 128 bits of their ids. The rest is put aside.
"""

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from operator import attrgetter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dougpt_chat.formats.message import Batch, ChatMessage, RejectedRecord
from dougpt_chat.id_keys import Keys, id_keys
from dougpt_chat.room import ROOM, Room
from dougpt_chat.spill import Spill
from dougpt_chat.stabbing import Flags

SPAN = pa.struct([("start", pa.int32()), ("end", pa.int32()), ("id", pa.string())])
SENT_AT = pa.timestamp("us", tz="UTC")
COLUMNS: dict[str, pa.DataType] = {
    "row": pa.int64(),
    "id": pa.string(),
    "badges": pa.list_(pa.string()),
    "bits": pa.int64(),
    "is_action": pa.bool_(),
    "is_notice": pa.bool_(),
    "is_deleted": pa.bool_(),
    "reply_to": pa.string(),
    "source_room": pa.string(),
}
SCHEMA = pa.schema([*COLUMNS.items(), ("raw_text", pa.string()), ("spans", pa.list_(SPAN))])
BROADCASTER = "broadcaster/1"
# What no clock or counter can mean: times beyond three decades, the year 1, negative bits.
LATEST_S = 1e9
YEAR_2_US = -62_104_060_800_000_000
MOST_BITS = 1 << 40

Person = tuple[str | None, str | None]


@dataclass(slots=True)
class Collected:
    """The usable messages of an export, in the order of the file, and the records that are not.

    Attributes:
        rows: Batches of `SCHEMA`.
        offset_s_N: Seconds from the video's start as written; NaN where absent.
        sent_ms_N: Wall-clock milliseconds of sending; NaN where absent.
        person_N: The number of the author in `roster`.
        keys_NK: Of the ids; of messages without one they mean nothing.
        has_id_N: Whether there is an id.
        roster: Login and display name of everybody, in the order of their first message.
        broadcasters: Numbers of those who wear the broadcaster's badge in their own room.
        rejected: Records that could not be used.
    """

    rows: Spill
    offset_s_N: NDArray[np.float64]
    sent_ms_N: NDArray[np.float64]
    person_N: NDArray[np.int32]
    keys_NK: Keys
    has_id_N: Flags
    roster: list[Person]
    broadcasters: set[int]
    rejected: list[RejectedRecord]

    def __len__(self) -> int:
        return len(self.person_N)

    def batches(self) -> Iterator[tuple[slice, pa.RecordBatch]]:
        """Yield each batch with its place among all messages."""
        at = 0
        for batch in self.rows.batches():
            yield slice(at, at + batch.num_rows), batch
            at += batch.num_rows


class _Columns:
    """What is kept in memory of the messages, a batch at a time."""

    def __init__(self) -> None:
        self.offset_s: list[NDArray[np.float64]] = []
        self.sent_ms: list[NDArray[np.float64]] = []
        self.person: list[NDArray[np.int32]] = []
        self.keys: list[Keys] = []
        self.has_id: list[Flags] = []
        self.number_of: dict[Person, int] = {}
        self._last_of: dict[str | None, tuple[str | None, int]] = {}
        self.broadcasters: set[int] = set()

    def add(self, messages: list[ChatMessage], batch: pa.RecordBatch) -> None:
        self.offset_s.append(_offsets(messages))
        self.sent_ms.append(_sent(messages))
        ids = batch.column("id")
        self.has_id.append(pc.is_valid(ids).to_numpy(zero_copy_only=False))
        self.keys.append(id_keys(ids))
        person_N = np.array(self._numbers(messages), dtype=np.int32)
        self.person.append(person_N)
        wears = pc.match_like(pc.binary_join(batch.column("badges"), "\n"), f"%{BROADCASTER}%")
        own = pc.and_(pc.is_null(batch.column("source_room")), wears)
        self.broadcasters.update(person_N[own.to_numpy(zero_copy_only=False)].tolist())

    def _numbers(self, messages: list[ChatMessage]) -> list[int]:
        """The number of each author; who writes under the name of their last message is found by the login alone."""
        last_of, numbers = self._last_of, []
        for one in messages:
            last = last_of.get(one.login)
            if last is None or last[0] != one.display_name:
                number = self.number_of.setdefault((one.login, one.display_name), len(self.number_of))
                last = last_of[one.login] = (one.display_name, number)
            numbers.append(last[1])
        return numbers


def collect(batches: Iterable[Batch], room: Room = ROOM) -> Collected:
    """Take in the messages of all batches.

    Args:
        batches: What a format gives.
        room: Where messages that are too many for memory are put aside.

    Raises:
        NoSpaceError: They cannot be put aside.
    """
    rows, columns, rejected = Spill(SCHEMA, room), _Columns(), []
    with without_collector():
        for batch in batches:
            rejected += batch.rejected
            if batch.messages:
                stored = _stored(batch.messages)
                columns.add(batch.messages, stored)
                rows.append(stored)
                del stored, batch  # before the next ones are made
    return Collected(
        rows=rows,
        offset_s_N=_joined(columns.offset_s, np.zeros(0)),
        sent_ms_N=_joined(columns.sent_ms, np.zeros(0)),
        person_N=_joined(columns.person, np.zeros(0, np.int32)),
        keys_NK=_joined(columns.keys, np.zeros((0, 2), np.uint64)),
        has_id_N=_joined(columns.has_id, np.zeros(0, bool)),
        roster=list(columns.number_of),
        broadcasters=columns.broadcasters,
        rejected=rejected,
    )


def _joined[Number: np.generic](pieces: list[NDArray[Number]], empty: NDArray[Number]) -> NDArray[Number]:
    """The pieces as one array; they are let go, so that no two columns are there twice at once."""
    joined = np.concatenate([empty, *pieces])
    pieces.clear()
    return joined


@contextmanager
def without_collector() -> Iterator[None]:
    """Keep the cycle collector from going through a batch's many small objects, of which none is part of a cycle."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _stored(messages: list[ChatMessage]) -> pa.RecordBatch:
    arrays = {name: list(map(attrgetter(name), messages)) for name in COLUMNS}
    texts = [
        one.fragments[0][0] if len(one.fragments) == 1 else "".join([text for text, _ in one.fragments])
        for one in messages
    ]
    spans = [
        () if len(one.fragments) == 1 and one.fragments[0][1] is None else _spans(one.fragments) for one in messages
    ]
    arrays["bits"] = [bits if bits is not None and 0 <= bits < MOST_BITS else None for bits in arrays["bits"]]
    columns = [pa.array(arrays[name], kind) for name, kind in COLUMNS.items()]
    return pa.RecordBatch.from_arrays(
        [*columns, pa.array(texts, pa.string()), pa.array(spans, pa.list_(SPAN))], schema=SCHEMA
    )


def _offsets(messages: list[ChatMessage]) -> NDArray[np.float64]:
    written = [one.offset_s for one in messages]
    try:
        offset_s_N = np.array(written, dtype=np.float64)
    except OverflowError:
        offset_s_N = np.array([s if s is not None and abs(s) < LATEST_S else np.nan for s in written], np.float64)
    return np.where(np.abs(offset_s_N) < LATEST_S, offset_s_N, np.nan)


def _sent(messages: list[ChatMessage]) -> NDArray[np.float64]:
    sent_us = pa.array([one.sent_at for one in messages], SENT_AT).cast(pa.int64())
    sent_us_N = sent_us.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return np.floor(np.where(sent_us_N >= YEAR_2_US, sent_us_N, np.nan) / 1000)


def _spans(fragments: list[tuple[str, str | None]]) -> list[tuple[int, int, str]]:
    spans: list[tuple[int, int, str]] = []
    at = 0
    for text, emote_id in fragments:
        if emote_id is not None:
            spans.append((at, at + len(text), emote_id))
        at += len(text)
    return spans
