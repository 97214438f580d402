"""Row order and uniqueness of keys, in bounded memory.

Rows are looked at a slice at a time: neighbours for the order; for a key that does not lead the order, neighbours
in the order of the key, which costs eight bytes a row. Tables that are small enough to hash need no such order
unless a key does repeat.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

ROWS_AT_ONCE = 1 << 17
# Distinct values cost up to a hundred bytes a row to find, and a third of the time of sorting.
ROWS_TO_HASH = 1 << 21


@dataclass(frozen=True, slots=True)
class Repeated:
    """How many rows repeat the key of an earlier one, and the first of them."""

    rows: int
    first: int


def slices(table: pa.Table) -> Iterator[tuple[int, pa.Table]]:
    """Yield the table in pieces of bounded size, each with the number of its first row."""
    for start in range(0, table.num_rows, ROWS_AT_ONCE):
        yield start, table.slice(start, ROWS_AT_ONCE)


def first_disorder(table: pa.Table, order: tuple[str, ...]) -> int | None:
    """Return the first row that should stand before the one above it, or None."""
    columns = table.select(list(order))
    for start in range(0, table.num_rows - 1, ROWS_AT_ONCE):
        wrong, _ = _compare(columns.slice(start, ROWS_AT_ONCE + 1), order)
        if pc.any(wrong).as_py():
            return int(start + pc.indices_nonzero(wrong)[0].as_py() + 1)
    return None


def first_duplicate(table: pa.Table, key: tuple[str, ...], order: tuple[str, ...]) -> Repeated | None:
    """Return the rows whose key stands in an earlier row, or None; the table is sorted by `order`."""
    columns = table.select(list(key))
    leads = set(order[: len(key)]) == set(key)
    if not leads and table.num_rows <= ROWS_TO_HASH and _one_column_is_distinct(columns):
        return None
    by_key = None if leads else pc.sort_indices(columns, [(name, "ascending") for name in key])
    rows, first = 0, table.num_rows
    for start in range(0, table.num_rows - 1, ROWS_AT_ONCE):
        places = None if by_key is None else by_key.slice(start, ROWS_AT_ONCE + 1)
        piece = columns.slice(start, ROWS_AT_ONCE + 1) if places is None else columns.take(places)
        _, equal = _compare(piece, key)
        if not (found := pc.sum(equal).as_py()):
            continue
        if places is None:
            places = pa.array(range(start, start + piece.num_rows), pa.uint64())
        later = pc.max_element_wise(places.slice(0, len(places) - 1), places.slice(1))
        rows += found
        first = min(first, pc.min(pc.filter(later, equal.combine_chunks())).as_py())
    return Repeated(rows, first) if rows else None


def _one_column_is_distinct(columns: pa.Table) -> bool:
    """Whether a single column already tells all rows apart; the rest of the key then does not matter."""
    first = columns.slice(0, 2)
    return any(
        len(first[name].unique()) == first.num_rows and len(columns[name].unique()) == columns.num_rows
        for name in columns.schema.names
    )


def _compare(rows: pa.Table, names: tuple[str, ...]) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    """Masks over neighbours: the row above comes after the row below; both are equal. Null is greatest."""
    rows = rows.combine_chunks()
    above, below = rows.slice(0, rows.num_rows - 1), rows.slice(1)
    after, equal = _every(above.num_rows, value=False), _every(above.num_rows, value=True)
    for name in names:
        one, two = above[name], below[name]
        same = _same(one, two)
        # Most tables are of one recording, whose id then decides nothing.
        if not pc.all(same).as_py():
            after = pc.or_(after, pc.and_(equal, _greater(one, two)))
            equal = pc.and_(equal, same)
    return after, equal


def _every(count: int, *, value: bool) -> pa.ChunkedArray:
    # Not from a Python value: that would import pandas where it is installed, which takes a second.
    bits = pa.py_buffer((b"\xff" if value else b"\x00") * -(-count // 8))
    return pa.chunked_array([pa.BooleanArray.from_buffers(pa.bool_(), count, [None, bits])])


def _same(one: pa.ChunkedArray, two: pa.ChunkedArray) -> pa.ChunkedArray:
    same = pc.equal(one, two)
    return pc.coalesce(same, pc.and_(pc.is_null(one), pc.is_null(two))) if same.null_count else same


def _greater(one: pa.ChunkedArray, two: pa.ChunkedArray) -> pa.ChunkedArray:
    greater = pc.greater(one, two)
    return pc.coalesce(greater, pc.and_(pc.is_null(one), pc.is_valid(two))) if greater.null_count else greater
