"""The log of messages that pictures of a scrolling chat add up to: each message once, in the order shown.

The readings of a picture are matched with the end of the log, in order, so that the same words said twice
stay two messages. What is read above the first match has scrolled away or is cut off by the panel's edge;
what follows a match and matches nothing is new. New messages come in at the bottom.
"""

from collections import Counter
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from dougpt_chat.rendered.grouping import Reading

# How much of the log's end a picture is matched with, in messages beyond those it holds.
LOOK_BACK = 24


@dataclass(slots=True)
class Logged:
    """A message of the log: when it was first seen and last not yet seen (ms), and all its readings."""

    seen_ms: int
    unseen_ms: int | None
    readings: Counter[Reading] = field(default_factory=Counter)

    @property
    def best(self) -> Reading:
        """The reading made most often; among equals the most confident, then the longest."""
        votes: Counter[str] = Counter()
        for reading, count in self.readings.items():
            votes[reading.whole] += count
        return max(self.readings, key=lambda one: (votes[one.whole], one.score, len(one.text), one.whole))


@dataclass(slots=True)
class ChatLog:
    """The messages so far."""

    min_similarity: float
    messages: list[Logged] = field(default_factory=list)
    _last_ms: int | None = None

    def add(self, at_ms: int, readings: list[Reading]) -> int:
        """Take in the messages of a picture, from top to bottom; return how many stand above the first match."""
        end = max(0, len(self.messages) - len(readings) - LOOK_BACK)
        likeness = [[self._likeness(reading, one.best) for one in self.messages[end:]] for reading in readings]
        matches = {reading: end + message for reading, message in in_order(likeness)}
        place = None if matches else len(self.messages)
        inserted = above = 0
        for number, reading in enumerate(readings):
            if number in matches:
                place = matches[number] + inserted
                self.messages[place].readings[reading] += 1
            elif place is None:
                above += 1
                continue
            else:
                self.messages.insert(place, Logged(at_ms, self._last_ms, Counter([reading])))
                inserted += 1
            place += 1
        self._last_ms = at_ms
        return above

    def _likeness(self, one: Reading, other: Reading) -> float:
        """How alike two readings are, 0 where they are not of one message; a beginning is like its whole."""
        a, b = one.whole.casefold(), other.whole.casefold()
        if a == b:
            return 1.0
        if one.text and other.text and one.name.casefold() == other.name.casefold():
            shorter, longer = sorted((a, b), key=len)
            if longer.startswith(f"{shorter} "):
                return self.min_similarity
        matcher = SequenceMatcher(None, a, b, autojunk=False)
        if matcher.real_quick_ratio() < self.min_similarity or matcher.quick_ratio() < self.min_similarity:
            return 0.0
        ratio = matcher.ratio()
        return ratio if ratio >= self.min_similarity else 0.0


def in_order(likeness: list[list[float]]) -> list[tuple[int, int]]:
    """Match rows with columns so that both stay in order and the sum of likeness is greatest.

    Among equals, later columns (the log's end) and earlier rows (the panel's top) are matched.
    """
    rows, columns = len(likeness), len(likeness[0]) if likeness else 0
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    for row in reversed(range(rows)):
        for column in reversed(range(columns)):
            alike = likeness[row][column]
            matched = alike + best[row + 1][column + 1] if alike else 0.0
            best[row][column] = max(matched, best[row + 1][column], best[row][column + 1])
    pairs: list[tuple[int, int]] = []
    row = column = 0
    while row < rows and column < columns:
        if best[row][column] == best[row][column + 1]:
            column += 1
        elif likeness[row][column] and best[row][column] == likeness[row][column] + best[row + 1][column + 1]:
            pairs.append((row, column))
            row, column = row + 1, column + 1
        else:
            row += 1
    return pairs
