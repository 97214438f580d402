"""The log of messages that pictures of a scrolling chat add up to: each message once, in the order shown.

The readings of a picture are matched with the end of the log, in order, so that the same words said twice
stay two messages. What is read above the first match has scrolled away or is cut off by the panel's edge;
what follows a match and matches nothing is new. New messages come in at the bottom.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from plain_ocr.grouping import Reading

# How much of the log's end a picture is matched with, in messages beyond those it holds.
LOOK_BACK = 24
# What a hole in the match costs, where a match gains up to 1.
LEFT_OUT = 0.75
# One letter misread in a name of three.
MIN_NAME_SIMILARITY = 0.6


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
        """How alike two readings are, 0 where they are not of one message; a beginning is like its whole.

        Names are compared by themselves too: two people who say the same are two messages.
        """
        a, b = one.whole.casefold(), other.whole.casefold()
        if a == b:
            return 1.0
        if _ratio(one.name.casefold(), other.name.casefold(), MIN_NAME_SIMILARITY) == 0:
            return 0.0
        shorter, longer = sorted((a, b), key=len)
        if one.text and other.text and longer.startswith(f"{shorter} "):
            return self.min_similarity
        return _ratio(a, b, self.min_similarity)


def _ratio(a: str, b: str, least: float) -> float:
    """The share of characters that two texts have in common, in order; 0 where it is below `least`."""
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    if matcher.real_quick_ratio() < least or matcher.quick_ratio() < least:
        return 0.0
    ratio = matcher.ratio()
    return ratio if ratio >= least else 0.0


def in_order(likeness: list[list[float]]) -> list[tuple[int, int]]:
    """Match the rows (readings of a picture) with the columns (the log) as a scrolled window matches.

    The window begins somewhere in the log and runs to its end; what stands in the window below that is new.
    The sum of likeness is greatest, less a charge for each row or column that is left out in between: of the
    same words said again and again, those are matched that leave no hole.
    """
    rows, columns = len(likeness), len(likeness[0]) if likeness else 0
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    for column in range(columns):
        best[rows][column] = -LEFT_OUT * (columns - column)
    for row in reversed(range(rows)):
        for column in reversed(range(columns)):
            best[row][column] = max(score for score, _ in _steps(likeness, best, row, column))
    pairs: list[tuple[int, int]] = []
    row, column = 0, max(range(columns + 1), key=lambda start: (best[0][start], -start)) if rows else columns
    while row < rows and column < columns:
        _, (down, right) = max(_steps(likeness, best, row, column), key=lambda step: step[0])
        if down and right:
            pairs.append((row, column))
        row, column = row + down, column + right
    return pairs


def _steps(
    likeness: list[list[float]], best: list[list[float]], row: int, column: int
) -> Iterator[tuple[float, tuple[int, int]]]:
    """What can be done with a row and a column: match them, or leave out one of them; with the score to the end."""
    if alike := likeness[row][column]:
        yield alike + best[row + 1][column + 1], (1, 1)
    yield best[row + 1][column] - LEFT_OUT, (1, 0)
    yield best[row][column + 1] - LEFT_OUT, (0, 1)
