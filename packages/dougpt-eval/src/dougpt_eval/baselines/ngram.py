"""An interpolated n-gram model of symbols, which may be characters or words.

P(s | h) = (c(h s) + T(h) P(s | shorter h)) / (c(h) + T(h)), with T(h) the number of different symbols seen
after h (Witten and Bell 1991, method C). Below the shortest history stands a base distribution that gives
every possible symbol something, so that no text is impossible and bits per byte stay finite.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from random import Random

START = "\0start"
STOP = ""
CODE_POINTS = 0x110000
MOST_SYMBOLS = 500

_WORD = re.compile(r"\s*\S+|\s+$")


class NGram:
    """Symbol sequences, each closed by STOP.

    Args:
        sequences: What is learnt from; symbols are not empty.
        order: Symbols that are looked at together; 1 is the unigram model.
        base: The probability of a symbol of which nothing is known; sums to at most 1 over all symbols and STOP.
    """

    def __init__(self, sequences: Iterable[Sequence[str]], *, order: int, base: Callable[[str], float]) -> None:
        self.order = order
        self._base = base
        self._after: dict[tuple[str, ...], Counter[str]] = {}
        for sequence in sequences:
            padded = [*[START] * (order - 1), *sequence, STOP]
            for place in range(order - 1, len(padded)):
                for length in range(order):
                    history = tuple(padded[place - length : place])
                    self._after.setdefault(history, Counter())[padded[place]] += 1
        self._total = {history: seen.total() for history, seen in self._after.items()}

    def probability(self, symbol: str, history: Sequence[str]) -> float:
        """Return P(symbol | history), of which the last `order - 1` symbols are looked at."""
        estimate = self._base(symbol)
        for length in range(self.order):
            seen = self._after.get(tuple(history[len(history) - length :]))
            if seen is None:
                break
            total = self._total[tuple(history[len(history) - length :])]
            estimate = (seen[symbol] + len(seen) * estimate) / (total + len(seen))
        return estimate

    def logprob(self, sequence: Sequence[str]) -> float:
        """Return the natural logarithm of the probability of the sequence and then STOP."""
        padded = [*[START] * (self.order - 1), *sequence, STOP]
        first = self.order - 1
        return sum(
            math.log(self.probability(padded[place], padded[place - first : place]))
            for place in range(first, len(padded))
        )

    def draw(self, random: Random) -> list[str]:
        """Return a sequence drawn from the model, without STOP and cut at 500 symbols."""
        padded = [START] * (self.order - 1)
        while len(padded) < MOST_SYMBOLS:
            symbol = self._next(padded, random)
            if symbol == STOP:
                break
            padded.append(symbol)
        return padded[self.order - 1 :]

    def _next(self, padded: Sequence[str], random: Random) -> str:
        for length in range(self.order - 1, 0, -1):
            history = tuple(padded[len(padded) - length :])
            seen = self._after.get(history)
            if seen is not None and random.random() * (self._total[history] + len(seen)) < self._total[history]:
                return _pick(seen, random)
        # The base holds symbols that chat never wrote: what is drawn stays among those that it did.
        return _pick(self._after.get((), Counter({STOP: 1})), random)


def character_base(_symbol: str) -> float:
    """Every Unicode code point and STOP alike."""
    return 1 / (CODE_POINTS + 1)


def word_base(characters: NGram) -> Callable[[str], float]:
    """An unknown word is spelled by characters; half of the weight goes to STOP."""

    def base(word: str) -> float:
        return 0.5 if word == STOP else 0.5 * math.exp(characters.logprob(word))

    return base


def words_of(text: str) -> list[str]:
    """Split into words that keep the space before them, so that joining them gives the text back."""
    return _WORD.findall(text)


def _pick(seen: Counter[str], random: Random) -> str:
    left = random.random() * seen.total()
    for symbol, count in seen.items():
        left -= count
        if left < 0:
            return symbol
    return next(reversed(seen))
