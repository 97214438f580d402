"""Rows of delimited text, cut at the right line ends: one within quotation marks belongs to its cell.

A quotation mark that is never closed costs its own row and no other: it is looked for over a few lines only.
"""

import csv
import re
from collections.abc import Iterator

from dougpt_chat.formats.message import Cut, ParseNotes
from dougpt_chat.formats.text_lines import TextLines, head_lines
from dougpt_chat.opening import ExportBytes

DELIMITERS = (",", "\t", ";", "|")
MOST_LINES = 64
OPEN_QUOTE = "open_quote"
LONGEST_ROW = 1 << 20
CSV_CELL_LIMIT = 131_072


class Rows:
    """Iterates over rows as lists of cells; a row that cannot be read is the reason why, in a word. Iterate once.

    Attributes:
        cut: After the iteration, where the text ends too early, or None.
    """

    def __init__(self, source: ExportBytes, delimiter: str, notes: ParseNotes) -> None:
        self.cut: Cut | None = None
        self._lines = TextLines(source, notes.repairs)
        self._repairs = notes.repairs
        self._delimiter = delimiter
        self._closed = whole_row(delimiter)

    def __iter__(self) -> Iterator[list[str] | str]:
        waiting: list[str] = []
        held: list[str] | str | None = None
        width: int | None = None
        for line in self._lines:
            for row in self._rows(waiting, line):
                if held is not None:
                    yield held
                held = row
                width = len(row) if width is None else width
        self.cut = self._lines.cut()
        if held is not None and not waiting and self._lines.has_open_end and len(held) < (width or 0):
            self.cut = Cut(self._lines.at_byte, "the last row is not whole")
        elif held is not None:
            yield held
        if waiting:
            self.cut = Cut(self._lines.at_byte, "a quotation mark is not closed")
        while len(waiting) > 1:  # of these lines only the first cannot be read; the others may be rows
            yield OPEN_QUOTE
            again = waiting[1:]
            waiting.clear()
            for line in again:
                yield from self._rows(waiting, line)

    def _rows(self, waiting: list[str], line: str) -> Iterator[list[str] | str]:
        """Add a line to those that wait for the end of their row, and yield the rows that end with it."""
        again = [line]
        while again:
            waiting.append(again.pop())
            row = self._row(waiting)
            if row == OPEN_QUOTE:
                again += reversed(waiting[1:])
            if row is not None:
                waiting.clear()
                yield row

    def _row(self, lines: list[str]) -> list[str] | str | None:
        """Return the row that lines make up, why it cannot be read, or None where it needs another line."""
        text = "\n".join(lines)
        if '"' not in text and len(text) <= CSV_CELL_LIMIT:  # what `csv` would do, an order of magnitude faster
            return text.split(self._delimiter)
        if text.count('"') % 2 and self._closed.fullmatch(text) is None:
            return None if len(lines) < MOST_LINES and len(text) < LONGEST_ROW else OPEN_QUOTE
        if len(text) > CSV_CELL_LIMIT:
            return "too_long"
        try:
            return self._cells(text)
        except csv.Error:  # quotation marks that close and open again at line ends
            return OPEN_QUOTE

    def _cells(self, text: str) -> list[str]:
        try:
            return next(csv.reader([text], delimiter=self._delimiter), [])
        except csv.Error:
            if "\r" not in text:
                raise
            self._repairs["control_characters"] += 1
            return next(csv.reader([text.replace("\r", " ")], delimiter=self._delimiter), [])


def whole_row(delimiter: str) -> re.Pattern[str]:
    """Return a pattern of rows whose quotation marks are closed, or stand within cells that do not begin with one."""
    other = re.escape(delimiter)
    cell = rf'(?:"(?:[^"]|"")*+"[^{other}"]*+|[^{other}"][^{other}]*+|)'
    return re.compile(rf"{cell}(?:{other}{cell})*+", re.DOTALL)


def header_of(head: bytes, delimiter: str) -> list[str]:
    """Return the cells of the first line that is not blank."""
    text = next(iter(head_lines(head)), "").replace("\r", " ")
    if len(text) > CSV_CELL_LIMIT:
        return []
    return [cell.strip() for cell in next(csv.reader([text], delimiter=delimiter), [])]
