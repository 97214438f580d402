"""Held-out windows that training has all but seen: a re-upload or a cut of the same broadcast.

Single messages recur by themselves, so whole windows are compared, prompt and replies together: the Jaccard
similarity of their sets of five-character shingles. Candidates are found by MinHash (Broder 1997) in bands,
and every candidate is then measured exactly.
"""

import zlib
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dougpt_eval.behaviour import plain
from dougpt_eval.suite import Suite, prompts_of, replies_of

SHINGLE_CHARACTERS = 5
HASHES = 192
# Bands of three find a pair of similarity .5 with probability 1 - (1 - .125) ** 64, all but surely.
ROWS_PER_BAND = 3
PRIME = (1 << 31) - 1
DIGITS = 4


@dataclass(frozen=True, slots=True)
class NearDuplicate:
    """A held-out window and the training window nearest to it."""

    sample_id: str
    training_id: str
    similarity: float


def find_near_duplicates(suite: Suite, training: pa.Table, *, similarity: float) -> list[NearDuplicate]:
    """Return the held-out windows that have a training window at least that similar, the most similar first."""
    held, trained = _shingles(suite.samples), _shingles(training)
    held_ids, trained_ids = suite.samples["sample_id"].to_pylist(), training["sample_id"].to_pylist()
    buckets: dict[tuple[int, bytes], list[int]] = {}
    for place, shingles in enumerate(trained):
        for band in _bands(shingles):
            buckets.setdefault(band, []).append(place)
    found = []
    for sample_id, shingles in zip(held_ids, held, strict=True):
        candidates = {place for band in _bands(shingles) for place in buckets.get(band, ())}
        nearest = max(
            ((_jaccard(shingles, trained[place]), trained_ids[place]) for place in candidates), default=(0.0, "")
        )
        if nearest[0] >= similarity:
            found.append(NearDuplicate(sample_id, nearest[1], round(nearest[0], DIGITS)))
    return sorted(found, key=lambda pair: (-pair.similarity, pair.sample_id))


def _shingles(samples: pa.Table) -> list[frozenset[int]]:
    windows = [
        " ".join([prompt, *replies]) for prompt, replies in zip(prompts_of(samples), replies_of(samples), strict=True)
    ]
    return [
        frozenset(
            zlib.crc32(text[start : start + SHINGLE_CHARACTERS].encode()) % PRIME
            for start in range(max(len(text) - SHINGLE_CHARACTERS + 1, 1))
        )
        for text in map(plain, windows)
    ]


def _bands(shingles: frozenset[int]) -> list[tuple[int, bytes]]:
    values = np.fromiter(shingles, dtype=np.int64, count=len(shingles))
    signature = ((values[:, None] * _FACTORS + _SHIFTS) % PRIME).min(axis=0)
    return [(start, signature[start : start + ROWS_PER_BAND].tobytes()) for start in range(0, HASHES, ROWS_PER_BAND)]


def _jaccard(left: frozenset[int], right: frozenset[int]) -> float:
    return len(left & right) / len(left | right)


def _parameters(stream: int) -> NDArray[np.int64]:
    return np.random.default_rng([20, stream]).integers(1, PRIME, HASHES, dtype=np.int64)


_FACTORS, _SHIFTS = _parameters(0), _parameters(1)
