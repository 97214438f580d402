"""When each word is said, where nobody synthesises it: speech that runs, slows down and takes breath."""

import random
import re
from collections.abc import Iterable
from dataclasses import dataclass

from generator.dice import around
from generator.script import Cue

PAUSES_MS = {",": (90, 230), ".": (260, 480), "?": (260, 480), "!": (260, 480)}


@dataclass(frozen=True)
class Word:
    """A spoken word with its times in ms on the recording's clock."""

    text: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True)
class Line:
    """A sentence when it has been said."""

    number: int
    cue: Cue
    words: tuple[Word, ...]

    @property
    def start_ms(self) -> int:
        """When its first word begins."""
        return self.words[0].start_ms

    @property
    def end_ms(self) -> int:
        """When its last word ends."""
        return self.words[-1].end_ms


def speak(cues: Iterable[Cue], last: Cue, until_ms: int, rng: random.Random) -> list[Line]:
    """The lines said before `until_ms`, of which `last` is the last one."""
    words_per_s = rng.uniform(2.5, 3.3)
    lines: list[Line] = []
    at_ms = rng.randint(800, 3000)
    for cue in cues:
        words = _words(cue.text, at_ms + cue.gap_ms, words_per_s * around(rng, 1.0, 0.1), rng)
        if words[-1].end_ms > until_ms - 14_000:
            break
        lines.append(Line(len(lines), cue, words))
        at_ms = words[-1].end_ms
    return [*lines, Line(len(lines), last, _words(last.text, at_ms + last.gap_ms, words_per_s, rng))]


def _words(text: str, start_ms: int, words_per_s: float, rng: random.Random) -> tuple[Word, ...]:
    words = []
    at_ms = float(start_ms)
    for word in text.split():
        length_ms = 1000 / words_per_s * (0.42 + 0.42 * _syllables(word)) * around(rng, 1.0, 0.15)
        words.append(Word(word, round(at_ms), round(at_ms + 0.96 * length_ms)))
        at_ms += length_ms + (rng.uniform(*PAUSES_MS[word[-1]]) if word[-1] in PAUSES_MS else 0)
    return tuple(words)


def _syllables(word: str) -> int:
    return max(1, len(re.findall(r"[aeiouy]+", re.sub(r"e\b", "", word.lower()))))
