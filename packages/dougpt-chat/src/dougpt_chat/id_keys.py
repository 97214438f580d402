"""Message ids as 128 bits each, to find repetitions by without keeping the ids.

Twitch's ids are UUIDs, which are 128 bits already; any other text is hashed. Two ids that agree in them are the same.
"""

import hashlib
import re

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dougpt_chat.stabbing import Flags

# Letters: N messages, K the two halves of a key.
Keys = NDArray[np.uint64]

# Lower case alone: two ids that differ in case are two ids.
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
UUID_CHARS, UUID_BYTES = 36, 16
DASHES = (8, 13, 18, 23)


def id_keys(ids: pa.Array) -> Keys:
    """Return the keys of ids, of shape N by 2; those of nulls mean nothing."""
    packed = _all_uuids(ids)
    if packed is None:
        packed = b"".join([_key(text) for text in ids.to_pylist()])
    return np.frombuffer(packed, dtype=np.uint64).reshape(len(ids), 2)


def _key(text: str | None) -> bytes:
    if text is None:
        return bytes(UUID_BYTES)
    if UUID.fullmatch(text):
        return bytes.fromhex(text.replace("-", ""))
    return hashlib.blake2b(text.encode(), digest_size=UUID_BYTES).digest()


def _all_uuids(ids: pa.Array) -> bytes | None:
    """The keys of a whole array of UUIDs, or None where something else is among them."""
    offsets = np.frombuffer(ids.buffers()[1], dtype=np.int32)[ids.offset : ids.offset + len(ids) + 1]
    if not len(ids) or ids.null_count or (np.diff(offsets) != UUID_CHARS).any():
        return None
    text = memoryview(ids.buffers()[2])[int(offsets[0]) : int(offsets[-1])]
    chars = np.frombuffer(text, dtype=np.uint8).reshape(len(ids), UUID_CHARS)
    digits = bytes(text).replace(b"-", b"")
    if (chars[:, DASHES] != ord("-")).any() or digits != digits.lower():
        return None
    try:
        packed = bytes.fromhex(digits.decode())
    except ValueError:
        return None
    return packed if len(packed) == UUID_BYTES * len(ids) else None


def first_of_each(keys_NK: Keys, among_N: Flags) -> Flags:
    """Return which of the rows `among_N` are the first ones with their key."""
    rows = np.flatnonzero(among_N).astype(np.int32)
    # By one half; the other one is looked at only where the first agrees, which it does for hardly any two.
    order = rows[np.argsort(keys_NK[rows, 0], kind="stable")]
    first = np.ones(len(order), dtype=bool)
    first[1:] = keys_NK[order[1:], 0] != keys_NK[order[:-1], 0]
    for start, end in _runs(first):
        first[start:end] = _first_of_each_in(keys_NK[order[start:end], 1])
    kept_N = np.zeros(len(among_N), dtype=bool)
    kept_N[order[first]] = True
    return kept_N


def _runs(first: Flags) -> list[tuple[int, int]]:
    """Where more than one row follow a first one, that one included."""
    starts = np.append(np.flatnonzero(first), len(first))
    long = np.flatnonzero(np.diff(starts) > 1)
    return list(zip(starts[long].tolist(), starts[long + 1].tolist(), strict=True))


def _first_of_each_in(halves: NDArray[np.uint64]) -> Flags:
    first = np.zeros(len(halves), dtype=bool)
    first[np.unique(halves, return_index=True)[1]] = True
    return first
