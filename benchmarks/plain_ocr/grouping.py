"""Lines of a picture to messages: `name: text`, and the lines that carry on below it.

A line begins a message where it reads `name:`, perhaps after marks that were badges. A line below it that
begins at about the same left edge carries it on. Anything else belongs to no message.
"""

import re
from dataclasses import dataclass

from plain_ocr.engine import Line

BEGINNING = re.compile(r"^(?:\S{1,2}\s+){0,4}(?P<name>\w{2,25})\s?[:\uff1a](?!//)\s*(?P<text>.*)$")
SAME_ROW_OVERLAP = 0.5
# In heights of a line: between words of one row, between rows of one message, between their left edges.
WORD_GAP = 2.0
ROW_GAP = 0.9
INDENT = 3.0


@dataclass(frozen=True, slots=True)
class Reading:
    """A message as read in one picture; `score` is that of its worst line."""

    name: str
    text: str
    score: float

    @property
    def whole(self) -> str:
        """Name and text, for comparing."""
        return f"{self.name}: {self.text}"


@dataclass(frozen=True, slots=True)
class Grouped:
    """The messages of a picture from top to bottom, and how many lines belong to none or are too uncertain."""

    readings: list[Reading]
    orphans: int
    uncertain: int


def group_lines(lines: list[Line], min_score: float) -> Grouped:
    """Return the messages that `lines` make up.

    Args:
        lines: What the engine read in one picture.
        min_score: Lines read with less confidence are left out, and counted.
    """
    certain = [line for line in lines if line.score >= min_score and line.text]
    readings: list[Reading] = []
    last: Line | None = None
    start: Line | None = None
    orphans = 0
    for row in _rows(certain):
        beginning = BEGINNING.match(row.text)
        if beginning:
            readings.append(Reading(beginning["name"], beginning["text"], row.score))
            start = row
        elif last is not None and start is not None and _carries_on(row, last, start):
            before = readings[-1]
            readings[-1] = Reading(before.name, f"{before.text} {row.text}".strip(), min(before.score, row.score))
        else:
            orphans += 1
            start = None
        last = row
    return Grouped(readings, orphans, len(lines) - len(certain))


def _rows(lines: list[Line]) -> list[Line]:
    """Join the pieces that stand beside each other in one row of text."""
    rows: list[Line] = []
    for line in sorted(lines, key=lambda one: ((one.top + one.bottom) / 2, one.left)):
        beside = next((place for place, row in enumerate(rows) if _same_row(row, line)), None)
        if beside is None:
            rows.append(line)
        else:
            rows[beside] = _joined(rows[beside], line)
    return sorted(rows, key=lambda row: (row.top, row.left))


def _same_row(row: Line, line: Line) -> bool:
    height = min(row.height, line.height)
    overlap = min(row.bottom, line.bottom) - max(row.top, line.top)
    gap = max(row.left, line.left) - min(row.right, line.right)
    return overlap > SAME_ROW_OVERLAP * height and gap < WORD_GAP * height


def _joined(row: Line, line: Line) -> Line:
    first, second = sorted((row, line), key=lambda one: one.left)
    return Line(
        text=f"{first.text} {second.text}",
        left=first.left,
        top=min(row.top, line.top),
        right=max(row.right, line.right),
        bottom=max(row.bottom, line.bottom),
        score=min(row.score, line.score),
    )


def _carries_on(row: Line, last: Line, start: Line) -> bool:
    height = max(row.height, last.height)
    return row.top - last.bottom < ROW_GAP * height and abs(row.left - start.left) < INDENT * height
