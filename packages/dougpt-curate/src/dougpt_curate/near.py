"""Which texts are nearly the same: MinHash to find the pairs, exact Jaccard similarity to judge them.

A text is the set of its groups of three characters, spaces around it included, with drawn-out letters
shortened. Sketches of 128 permutations fall into 32 bands of 4 (Leskovec, Rajaraman, Ullman: Mining of
Massive Datasets, 3.4): a pair of similarity s shares a band with probability 1 - (1 - s^4)^32, which is
.99 at s = .6 and .23 at s = .3. What shares a band is compared exactly, so no pair is ever taken on an estimate.

Shape suffixes: N texts, R rows of a band, G groups of characters, P pairs.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from operator import itemgetter
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from rensa import RMinHash

PERMUTATIONS = 128
BAND_ROWS = 4
BANDS = PERMUTATIONS // BAND_ROWS
SEED = 20
TEXTS_AT_ONCE = 1 << 14
NEIGHBOURS = 3
"""In a crowded bucket a text meets its first member and so many before it."""
DOUBT = 0.1
"""Pairs whose sketches promise less than what is asked for by so much, two standard errors, are not looked at."""

END = ord("\n")
CODE_BITS = 21
ODD = np.uint64(0x9E3779B97F4A7C15)

type Integers = NDArray[np.int64]
type Hashes = NDArray[np.uint64]
type Sketches = NDArray[np.uint32]


class Texts:
    """Texts as sets of groups of three characters, of which each is a number; line breaks count as spaces."""

    def __init__(self, texts: Sequence[str]) -> None:
        joined = "".join(f" {text.replace(chr(END), ' ')} \n" for text in texts)
        code = np.frombuffer(joined.encode("utf-32-le", "replace"), np.uint32).astype(np.uint64)
        text = np.cumsum(code == END) - (code == END)
        drawn_out = np.zeros(len(code), bool)
        drawn_out[2:] = (code[2:] == code[1:-1]) & (code[2:] == code[:-2]) & ~_is_digit(code[2:])
        code, text = code[~drawn_out], text[~drawn_out]
        group = code[:-2] | code[1:-1] << np.uint64(CODE_BITS) | code[2:] << np.uint64(2 * CODE_BITS)
        inside = (code[2:] != END) & (code[1:-1] != END) & (code[:-2] != END)
        self._group_G = np.ascontiguousarray(group[inside])
        self._start_N = np.searchsorted(text[:-2][inside], np.arange(len(texts) + 1)).astype(np.uint64)
        self._sets: dict[int, frozenset[int]] = {}

    def __len__(self) -> int:
        return len(self._start_N) - 1

    def similarity(self, one: int, two: int) -> float:
        """The Jaccard similarity of two texts, 1 for two without any group."""
        return jaccard(self.groups(one), self.groups(two))

    def sketches(self) -> Sketches:
        """A row of `PERMUTATIONS` minima for each text; the share of equal ones estimates the similarity."""
        rows = np.empty((len(self), PERMUTATIONS), np.uint32)
        for start in range(0, len(self), TEXTS_AT_ONCE):
            bounds = self._start_N[start : start + TEXTS_AT_ONCE + 1]
            groups = self._group_G[bounds[0] : bounds[-1]]
            matrix = RMinHash.digest_matrix_from_flat_token_hashes(groups, bounds - bounds[0], PERMUTATIONS, SEED)
            count = len(bounds) - 1
            # From one long iterator numpy reads five times as fast as from lists in a list.
            flat = np.fromiter(chain.from_iterable(matrix.to_rows()), np.uint32, count * PERMUTATIONS)
            rows[start : start + count] = flat.reshape(count, PERMUTATIONS)
        return rows

    def groups(self, text: int) -> frozenset[int]:
        """The groups of one text."""
        if text not in self._sets:
            self._sets[text] = frozenset(self._group_G[self._start_N[text] : self._start_N[text + 1]].tolist())
        return self._sets[text]


def jaccard(one: frozenset[int], two: frozenset[int]) -> float:
    """The Jaccard similarity of two sets, 1 for two empty ones."""
    common = len(one & two)
    union = len(one) + len(two) - common
    return common / union if union else 1.0


class Compared(Protocol):
    """Texts by their importance, the more important ones first."""

    def __len__(self) -> int:
        """How many they are."""

    def band(self, number: int) -> Hashes:
        """A number for each text, equal where all rows of a band are."""

    def agreeing(self, later_P: Integers, earlier_P: Integers) -> Integers:
        """In how many permutations each pair agrees."""

    def similarity(self, one: int, two: int) -> float:
        """The Jaccard similarity of two texts."""


class Sheet:
    """Texts in memory. Chat repeats itself: each different one is sketched once."""

    def __init__(self, texts: Sequence[str]) -> None:
        numbers: dict[str, int] = {}
        self._place_N = np.array([numbers.setdefault(text, len(numbers)) for text in texts], np.int64)
        self._sets = Texts(list(numbers))
        self._sketches = self._sets.sketches()

    def __len__(self) -> int:
        return len(self._place_N)

    def rows(self) -> Sketches:
        """The sketch of each text."""
        return self._sketches[self._place_N]

    def band(self, number: int) -> Hashes:
        """As `Compared`."""
        return band_keys(self._sketches, number)[self._place_N]

    def agreeing(self, later_P: Integers, earlier_P: Integers) -> Integers:
        """As `Compared`."""
        found: Integers = (self._sketches[self._place_N[later_P]] == self._sketches[self._place_N[earlier_P]]).sum(
            axis=1
        )
        return found

    def similarity(self, one: int, two: int) -> float:
        """As `Compared`."""
        return self._sets.similarity(int(self._place_N[one]), int(self._place_N[two]))


@dataclass(frozen=True, slots=True)
class Search:
    """Which texts may be the same.

    Attributes:
        scope_N: Only texts of one number are compared.
        similarity: The least similarity, above 0.
        at_ms_N: When each text was said.
        within_ms: Only texts said so close to one another are compared.
        apart_N: Only texts of different numbers are compared, if given.
    """

    scope_N: Integers
    similarity: float
    at_ms_N: Integers
    within_ms: int
    apart_N: Integers | None = None

    def possible(self, later_P: Integers, earlier_P: Integers) -> NDArray[np.bool_]:
        """Which pairs may be compared at all."""
        found: NDArray[np.bool_] = self.scope_N[later_P] == self.scope_N[earlier_P]
        found &= np.abs(self.at_ms_N[later_P] - self.at_ms_N[earlier_P]) <= self.within_ms
        if self.apart_N is not None:
            found &= self.apart_N[later_P] != self.apart_N[earlier_P]
        return found


def pairs(compared: Compared, search: Search) -> Iterator[tuple[int, int]]:
    """Yield pairs (later, earlier) of texts that share a band and may be similar, by the later, then by the earlier."""
    found, count = [np.empty(0, np.int64)], max(len(compared), 1)
    least = round((search.similarity - DOUBT) * PERMUTATIONS)
    scope_N = search.scope_N.astype(np.uint64) * ODD
    for band in range(BANDS):
        later_P, earlier_P = _bucket_pairs(compared.band(band) ^ scope_N)
        possible = search.possible(later_P, earlier_P)
        later_P, earlier_P = later_P[possible], earlier_P[possible]
        for block in range(0, len(later_P), TEXTS_AT_ONCE):
            later_B, earlier_B = later_P[block : block + TEXTS_AT_ONCE], earlier_P[block : block + TEXTS_AT_ONCE]
            likely = compared.agreeing(later_B, earlier_B) >= least
            found.append(later_B[likely] * count + earlier_B[likely])
    for later, earlier in zip(*np.divmod(np.unique(np.concatenate(found)), count), strict=True):
        yield int(later), int(earlier)


def leaders(
    compared: Compared,
    search: Search,
    accept: Callable[[int, int, float], bool],
    joined: Callable[[int, int], None] | None = None,
) -> Integers:
    """Return for each text the earlier one that it nearly repeats, or itself.

    A text that repeats another one leads nobody: what resembles it is compared with its leader. Among
    several leaders the most similar one is taken, of equal ones the earliest.

    Args:
        compared: Texts, the more important ones first.
        search: Which of them are compared.
        accept: Told a text, an earlier leader and their similarity, says whether the first may repeat the second.
        joined: Told each text and the leader that it was given, in the order of texts.
    """
    leader = np.arange(len(compared))
    for later, found in groupby(pairs(compared, search), key=itemgetter(0)):
        best = (0.0, later)
        for lead in sorted({int(leader[earlier]) for _, earlier in found}):
            alike = compared.similarity(later, lead)
            if alike > best[0] and alike >= search.similarity and accept(later, lead, alike):
                best = (alike, lead)
        leader[later] = best[1]
        if joined is not None and best[1] != later:
            joined(later, best[1])
    return leader


def band_keys(row_NR: Sketches, band: int) -> Hashes:
    """A number for each text, equal where all rows of the band are."""
    key = np.zeros(len(row_NR), np.uint64)
    for row_N in row_NR[:, band * BAND_ROWS : (band + 1) * BAND_ROWS].T:
        key = (key ^ row_N) * ODD
        key ^= key >> np.uint64(29)
    return key


def _bucket_pairs(key_N: Hashes) -> tuple[Integers, Integers]:
    """Pairs, the later and the earlier, of equal keys: each with its bucket's first and the neighbours before it."""
    order = np.argsort(key_N, kind="stable")
    key = key_N[order]
    opens = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]])[: len(key)])
    first = order[np.repeat(opens, np.diff(np.append(opens, len(key))))]
    later, earlier = [order[order != first]], [first[order != first]]
    for back in range(1, NEIGHBOURS + 1):
        together = key[back:] == key[:-back]
        later.append(order[back:][together])
        earlier.append(order[:-back][together])
    return np.concatenate(later), np.concatenate(earlier)


def _is_digit(code: Hashes) -> NDArray[np.bool_]:
    return (code >= ord("0")) & (code <= ord("9"))
