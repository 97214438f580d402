"""Sketches of more texts than memory holds: they are added by and by, and compared when all are there.

Of a text eight bytes stay in memory; sketches, their bands and the text itself are in files without a name.

Shape suffixes as in `near`.
"""

import mmap
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryFile
from threading import Lock

import numpy as np
import polars as pl

from dougpt_curate.near import BANDS, PERMUTATIONS, Hashes, Integers, Sheet, Sketches, Texts, band_keys, jaccard

SETS_AT_HAND = 1 << 11
BYTES_OF_KEY = 8


class Sketchbook:
    """Texts to be compared, numbered as they were added."""

    def __init__(self, folder: Path | None = None) -> None:
        self.rows, self._bands, self._texts = (TemporaryFile(dir=folder) for _ in range(3))  # noqa: SIM115  # closed by close()
        self._blocks: list[int] = []
        self._ends: list[Integers] = [np.zeros(1, np.int64)]
        self._lock = Lock()

    def __len__(self) -> int:
        return sum(self._blocks)

    def add(self, texts: pl.Series) -> int:
        """Add texts and return the number of the first; several threads may do so at once."""
        rows = Sheet(texts.to_list()).rows()
        bands = [band_keys(rows, band) for band in range(BANDS)]
        with self._lock:
            first = len(self)
            self.rows.write(rows)
            for keys in bands:
                self._bands.write(keys)
            self._texts.write("".join(texts).encode())
            self._ends.append(self._ends[-1][-1] + np.cumsum(texts.str.len_bytes().to_numpy().astype(np.int64)))
            self._blocks.append(len(texts))
        return first

    def ordered(self, order_N: Integers) -> "Page":
        """Return the texts of some numbers, to be compared in this order."""
        self.rows.flush()
        self._ends = [np.concatenate(self._ends)]
        return Page(self, order_N)

    def band(self, number: int) -> Hashes:
        """The key of each text in a band."""
        keys, start = [np.empty(0, np.uint64)], 0
        for size in self._blocks:
            self._bands.seek((start * BANDS + number * size) * BYTES_OF_KEY)
            keys.append(np.frombuffer(self._bands.read(size * BYTES_OF_KEY), np.uint64))
            start += size
        return np.concatenate(keys)

    def text(self, number: int) -> str:
        """One of the texts."""
        since, until = self._ends[0][number : number + 2].tolist()
        self._texts.seek(since)
        return self._texts.read(until - since).decode()

    def close(self) -> None:
        """Give the space back."""
        for file in (self.rows, self._bands, self._texts):
            file.close()


class Page:
    """Some texts of a sketchbook in an order, as `near.Compared` wants them."""

    def __init__(self, book: Sketchbook, order_N: Integers) -> None:
        self._book, self._order_N = book, order_N
        self._mapped = mmap.mmap(book.rows.fileno(), 0, access=mmap.ACCESS_READ) if len(book) else mmap.mmap(-1, 1)
        self._rows: Sketches = np.frombuffer(self._mapped, np.uint32, len(book) * PERMUTATIONS)
        self._rows = self._rows.reshape(len(book), PERMUTATIONS)
        self._set = lru_cache(SETS_AT_HAND)(lambda number: Texts([book.text(number)]).groups(0))

    def __len__(self) -> int:
        return len(self._order_N)

    def band(self, number: int) -> Hashes:
        """The key of each text in a band."""
        return self._book.band(number)[self._order_N]

    def agreeing(self, later_P: Integers, earlier_P: Integers) -> Integers:
        """In how many permutations each pair agrees."""
        found: Integers = (self._rows[self._order_N[later_P]] == self._rows[self._order_N[earlier_P]]).sum(axis=1)
        if hasattr(mmap, "MADV_DONTNEED"):
            self._mapped.madvise(mmap.MADV_DONTNEED)  # what was read of the file counts as memory as long as it is held
        return found

    def text(self, number: int) -> str:
        """One of the texts."""
        return self._book.text(int(self._order_N[number]))

    def similarity(self, one: int, two: int) -> float:
        """The Jaccard similarity of two texts."""
        return jaccard(self._set(int(self._order_N[one])), self._set(int(self._order_N[two])))
