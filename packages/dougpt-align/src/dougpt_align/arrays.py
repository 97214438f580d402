"""Names for the arrays of this package, sums over ragged rows, and columns as arrays.

Shape suffixes used throughout: U utterances (in the order of their ends), E events (in the order of
their times), P candidate pairs (grouped by event), B bins.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]
# Rows of utterances or events, stored once a pair: half the size matters there.
type Rows = NDArray[np.int32]
type Bools = NDArray[np.bool_]


def expand(starts: Ints, counts: Ints) -> Ints:
    """Concatenate the ranges starts[k] .. starts[k] + counts[k] - 1, without a Python loop."""
    total = int(counts.sum())
    offsets = np.cumsum(counts) - counts
    return np.repeat(starts - offsets, counts) + np.arange(total, dtype=np.int64)


def take_rows(ptr: Ints, rows: Ints) -> tuple[Ints, Ints]:
    """The row pointers of these rows alone, and the numbers of what they hold."""
    counts = np.diff(ptr)[rows]
    return np.r_[0, np.cumsum(counts)].astype(np.int64), expand(ptr[:-1][rows], counts)


def row_sums(values_P: Floats, ptr: Ints) -> Floats:
    """Sum `values_P` over each row of the ragged array that `ptr` (one more than rows) describes."""
    sums = np.zeros(len(ptr) - 1)
    filled = np.flatnonzero(ptr[1:] > ptr[:-1])
    if len(filled):
        sums[filled] = np.add.reduceat(values_P, ptr[:-1][filled])
    return sums


def row_maxima(values_P: Floats, ptr: Ints, empty: float = 0.0) -> Floats:
    """Maximum of `values_P` over each row, `empty` where a row has none."""
    maxima = np.full(len(ptr) - 1, empty)
    filled = np.flatnonzero(ptr[1:] > ptr[:-1])
    if len(filled):
        maxima[filled] = np.maximum.reduceat(values_P, ptr[:-1][filled])
    return maxima


def sigmoid(log_odds: Floats) -> Floats:
    """Probabilities of log odds."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * log_odds)))


def flat(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """The column as one array, whatever chunks it came in."""
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return pa.concat_arrays(whole.chunks) if isinstance(whole, pa.ChunkedArray) else whole


def order_of_ids(ids: pa.Array) -> Ints:
    """Rows in the order of their ids, by bytes.

    Most ids differ in their first eight bytes, which sort as one number ten times as fast as text does.
    """
    if pc.all(pc.less_equal(ids[:-1], ids[1:])).as_py() is not False:
        return np.arange(len(ids), dtype=np.int64)
    head_N = _heads(ids)
    order = np.argsort(head_N)
    tied = head_N[order][1:] == head_N[order][:-1]
    places = np.flatnonzero(np.r_[tied, False] | np.r_[False, tied])
    rows = np.sort(order[places])
    order[places] = rows[pc.sort_indices(ids.take(pa.array(rows))).to_numpy()]
    return order


def _heads(ids: pa.Array) -> NDArray[np.uint64]:
    """The first eight bytes of each id as a number, zeros behind shorter ones."""
    starts = np.frombuffer(ids.buffers()[1], dtype=np.int32)[ids.offset : ids.offset + len(ids) + 1].astype(np.int64)
    text = np.frombuffer(ids.buffers()[2] or b"", dtype=np.uint8)[starts[0] : starts[-1]]
    windows = np.lib.stride_tricks.sliding_window_view(np.concatenate([text, np.zeros(8, np.uint8)]), 8)
    head = np.ascontiguousarray(windows[starts[:-1] - starts[0]])
    head[np.arange(8) >= np.diff(starts)[:, None]] = 0
    return head.view(">u8")[:, 0].astype(np.uint64)
