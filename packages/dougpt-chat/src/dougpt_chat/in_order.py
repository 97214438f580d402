"""Tables of any size into the order of time, with a few of them in memory.

All times are known beforehand, eight bytes a message, so they can be cut into stretches of about as many messages
each, and it is known when a stretch is complete. Chat is saved nearly in order: a stretch is complete, sorted and
handed on soon after its first message came. In whatever order they come, no more than a few stretches are held;
further ones wait on disk.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
from dougpt_schema import CHAT_EVENTS

from dougpt_chat.room import ROOM, Room
from dougpt_chat.spill import Spill
from dougpt_chat.stabbing import Times

MOST_STRETCHES = 256


class Stretch:
    """The messages from one time to the next, as far as they have come."""

    def __init__(self, schema: pa.Schema, rows: int, room: Room) -> None:
        self.missing = rows
        self.held = 0
        self._spill = Spill(schema, room)

    def add(self, rows: pa.Table) -> None:
        """Take some of its messages."""
        for batch in rows.to_batches():
            self._spill.append(batch)
        self.missing -= rows.num_rows
        self.held += rows.num_rows

    def to_disk(self) -> None:
        """Hold none of them in memory."""
        self._spill.to_disk()
        self.held = 0

    def sorted(self, schema: pa.Schema) -> pa.Table:
        """Return its messages in order, and give back what they took."""
        with self._spill as spill:
            table = pa.Table.from_batches(spill.batches(), schema)
            return CHAT_EVENTS.sort(table)


def in_order(
    tables: Iterable[pa.Table], offset_ms_N: Times, schema: pa.Schema, room: Room = ROOM
) -> Iterator[pa.Table]:
    """Yield the rows of `tables` in the order of `chat_events`.

    Messages of one time are never parted, so a stretch grows with how many of them there are.

    Args:
        tables: Of `schema`, in any order, with the columns of the order among theirs.
        offset_ms_N: The column of that name of all of them together, in any order.
        schema: Of every table.
        room: How many rows are sorted at once, and how many may wait in memory.
    """
    starts, counts = _stretches(offset_ms_N, room.stretch_rows)
    waiting = [Stretch(schema, int(count), room) for count in counts]
    due = 0
    for table in tables:
        number_N = np.searchsorted(starts, table["offset_ms"].to_numpy(), side="right") - 1
        for number in np.unique(number_N).tolist():
            mine_N = number_N == number
            waiting[number].add(table if mine_N.all() else table.filter(pa.array(mine_N)))
        while due < len(waiting) and waiting[due].missing == 0:
            yield waiting[due].sorted(schema)
            due += 1
        _make_room(waiting[due:], room.held_rows)


def _stretches(offset_ms_N: Times, stretch_rows: int) -> tuple[Times, Times]:
    """Where each stretch begins, and how many messages it has."""
    in_time_N = np.sort(offset_ms_N)
    size = max(stretch_rows, -(-len(in_time_N) // MOST_STRETCHES))
    starts = np.unique(in_time_N[::size])
    ends = np.append(np.searchsorted(in_time_N, starts[1:], side="left"), len(in_time_N))
    return starts, np.diff(ends, prepend=0)


def _make_room(waiting: list[Stretch], held_rows: int) -> None:
    held = sum(stretch.held for stretch in waiting)
    for stretch in sorted(waiting, key=lambda one: -one.held):
        if held <= held_rows:
            return
        held -= stretch.held
        stretch.to_disk()
