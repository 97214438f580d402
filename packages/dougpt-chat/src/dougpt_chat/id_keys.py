"""Message ids as 128 bits each, to find repetitions by without keeping the ids.

Twitch's ids are UUIDs, which are 128 bits already; any other text is hashed. Two ids that agree in them are the same.
"""

import hashlib

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

# Letters: N messages, K the two halves of a key.
Keys = NDArray[np.uint64]
Flags = NDArray[np.bool_]

UUID_CHARS = 36
DASHES = (8, 13, 18, 23)
DIGITS = np.array([place for place in range(UUID_CHARS) if place not in DASHES])
NO_DIGIT = 255
VALUE = np.full(256, NO_DIGIT, dtype=np.uint8)
# Lower case alone: two ids that differ in case are two ids.
VALUE[list(b"0123456789abcdef")] = range(16)


def id_keys(ids: pa.Array) -> Keys:
    """Return the keys of ids, of shape N by 2; those of nulls mean nothing."""
    keys_NK = np.zeros((len(ids), 2), dtype=np.uint64)
    length_N = np.diff(_offsets(ids))
    uuid_N = np.zeros(len(ids), dtype=bool)
    if len(ids) and ids.null_count == 0 and (length_N == UUID_CHARS).all():
        uuid_N = _uuids(ids, keys_NK)
    others = np.flatnonzero(~uuid_N)
    for row, text in zip(others.tolist(), ids.take(pa.array(others)).to_pylist(), strict=True):
        if text is not None:
            keys_NK[row] = np.frombuffer(hashlib.blake2b(text.encode(), digest_size=16).digest(), dtype=np.uint64)
    return keys_NK


def first_of_each(keys_NK: Keys, among_N: Flags) -> Flags:
    """Return which of the rows `among_N` are the first ones with their key."""
    rows = np.flatnonzero(among_N)
    order = rows[np.lexsort((keys_NK[rows, 1], keys_NK[rows, 0]))]
    first = np.ones(len(order), dtype=bool)
    first[1:] = (np.diff(keys_NK[order, 0]) != 0) | (np.diff(keys_NK[order, 1]) != 0)
    kept_N = np.zeros(len(among_N), dtype=bool)
    kept_N[order[first]] = True
    return kept_N


def _offsets(ids: pa.Array) -> NDArray[np.int32]:
    return np.frombuffer(ids.buffers()[1], dtype=np.int32)[ids.offset : ids.offset + len(ids) + 1]


def _uuids(ids: pa.Array, keys_NK: Keys) -> Flags:
    """Write the keys of those ids that are UUIDs, and return which are; all have the length of one."""
    first = int(_offsets(ids)[0])
    text = np.frombuffer(ids.buffers()[2], dtype=np.uint8)[first : first + len(ids) * UUID_CHARS]
    chars = text.reshape(len(ids), UUID_CHARS)
    digits = VALUE[chars[:, DIGITS]]
    uuid_N: Flags = (digits != NO_DIGIT).all(axis=1) & (chars[:, DASHES] == ord("-")).all(axis=1)
    digits[~uuid_N] = 0
    packed = np.ascontiguousarray(digits[:, 0::2] << 4 | digits[:, 1::2])
    keys_NK[:] = packed.view(np.uint64)
    return uuid_N
