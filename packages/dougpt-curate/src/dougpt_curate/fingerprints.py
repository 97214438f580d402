"""Ids that are hashes of texts, many at a time."""

import hashlib
from itertools import pairwise

import numpy as np
import polars as pl
import pyarrow as pa

ID_DIGITS = 16


def fingerprints(texts: pa.Array | pa.ChunkedArray) -> pl.Series:
    """Return 16 hex digits over the UTF-8 bytes of each text; none may be null."""
    column = pa.chunked_array([texts]) if isinstance(texts, pa.Array) else texts
    digests = bytearray()
    for chunk in column.cast(pa.large_string()).chunks:
        _, offsets, data = chunk.buffers()
        place_N = np.frombuffer(offsets, np.int64)[chunk.offset : chunk.offset + len(chunk) + 1].tolist()
        view = memoryview(data) if data is not None else memoryview(b"")
        for since, until in pairwise(place_N):
            digests += hashlib.sha256(view[since:until]).digest()[: ID_DIGITS // 2]
    count = len(digests) * 2 // ID_DIGITS
    bounds = pa.array(np.arange(count + 1, dtype=np.int64) * ID_DIGITS)
    hexed = pa.py_buffer(digests.hex().encode())
    return pl.Series(pa.LargeStringArray.from_buffers(count, bounds.buffers()[1], hexed), dtype=pl.String)
