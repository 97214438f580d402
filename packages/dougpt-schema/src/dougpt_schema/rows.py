"""Row order and uniqueness of keys, in bounded memory.

Neighbours are compared a slice at a time. Where the key does not lead the order, its values are counted in
buckets by the last character of an id, so that a table of ten million rows never has all its keys hashed at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

ROWS_AT_ONCE = 1 << 18
ROWS_IN_A_BUCKET = 1 << 20


@dataclass(frozen=True, slots=True)
class Repeated:
    """How many rows repeat the key of an earlier one, and the first of them."""

    rows: int
    first: int


def first_disorder(table: pa.Table, order: tuple[str, ...]) -> int | None:
    """Return the first row that should stand before the one above it, or None."""
    for start, above, below in _neighbours(table, order):
        wrong, _ = _compare(above, below, order)
        if (row := pc.index(wrong, True).as_py()) >= 0:
            return int(start + row + 1)
    return None


def first_duplicate(table: pa.Table, key: tuple[str, ...], order: tuple[str, ...]) -> Repeated | None:
    """Return the rows whose key stands in an earlier row, or None; the table is sorted by `order`."""
    if set(order[: len(key)]) == set(key):
        return _duplicate_neighbours(table, order[: len(key)])
    return _duplicates_anywhere(table.select(list(dict.fromkeys(key))), key)


def _neighbours(table: pa.Table, names: tuple[str, ...]) -> Iterator[tuple[int, pa.Table, pa.Table]]:
    columns = table.select(list(names))
    for start in range(0, max(table.num_rows - 1, 0), ROWS_AT_ONCE):
        rows = columns.slice(start, ROWS_AT_ONCE + 1).combine_chunks()
        yield start, rows.slice(0, rows.num_rows - 1), rows.slice(1)


def _compare(above: pa.Table, below: pa.Table, names: tuple[str, ...]) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    """Masks: the row above comes after the row below; both are equal. Null is greater than everything."""
    after = pa.chunked_array([pa.repeat(pa.scalar(False), above.num_rows)])
    equal = pa.chunked_array([pa.repeat(pa.scalar(True), above.num_rows)])
    for name in names:
        one, two = above[name], below[name]
        greater = pc.coalesce(pc.greater(one, two), pc.and_(pc.is_null(one), pc.is_valid(two)))
        same = pc.coalesce(pc.equal(one, two), pc.and_(pc.is_null(one), pc.is_null(two)))
        after = pc.or_(after, pc.and_(equal, greater))
        equal = pc.and_(equal, same)
    return after, equal


def _duplicate_neighbours(table: pa.Table, names: tuple[str, ...]) -> Repeated | None:
    rows, first = 0, -1
    for start, above, below in _neighbours(table, names):
        _, equal = _compare(above, below, names)
        found = pc.sum(equal).as_py() or 0
        if found and not rows:
            first = start + pc.index(equal, True).as_py() + 1
        rows += found
    return Repeated(rows, first) if rows else None


def _duplicates_anywhere(keys: pa.Table, key: tuple[str, ...]) -> Repeated | None:
    if keys.num_rows <= ROWS_IN_A_BUCKET or not pa.types.is_string(keys[key[-1]].type):
        return _duplicates_in(keys.append_column("row", pa.array(range(keys.num_rows), pa.int64())), key)
    found: list[Repeated] = []
    ends = pc.utf8_slice_codeunits(keys[key[-1]], start=-1)
    for end in pc.unique(ends).to_pylist():
        rows = pc.indices_nonzero(pc.equal(ends, end)).cast(pa.int64())
        if repeated := _duplicates_in(keys.take(rows).append_column("row", rows), key):
            found.append(repeated)
    return Repeated(sum(one.rows for one in found), min(one.first for one in found)) if found else None


def _duplicates_in(keys: pa.Table, key: tuple[str, ...]) -> Repeated | None:
    groups = keys.group_by(list(key), use_threads=False).aggregate([("row", "count"), ("row", "min")])
    if groups.num_rows == keys.num_rows:
        return None
    repeated = groups.filter(pc.greater(groups["row_count"], 1))
    # The first row that repeats a key is the second of its group: look for it among the groups found.
    again = keys.join(repeated.select([*key, "row_min"]), keys=list(key), join_type="inner", use_threads=False)
    later = again.filter(pc.greater(again["row"], again["row_min"]))
    return Repeated(later.num_rows, pc.min(later["row"]).as_py())
