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
LONGEST_ROW = 1 << 20
CSV_CELL_LIMIT = 131_072
BATCH_ROWS = 1 << 12


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
            waiting.append(line)
            while waiting and (row := self._row(waiting)) is not None:
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
            yield from self._rest(waiting)

    def _rest(self, waiting: list[str]) -> Iterator[list[str] | str]:
        """Of lines behind a quotation mark that is never closed, the first cannot be read; the others may be rows."""
        while len(waiting) > 1:
            yield "open_quote"
            del waiting[0]
            while waiting and (row := self._row(waiting)) is not None:
                yield row

    def _row(self, waiting: list[str]) -> list[str] | str | None:
        """Take a row from the lines that wait, or None where it needs another line."""
        text = "\n".join(waiting)
        if text.count('"') % 2 and self._closed.fullmatch(text) is None:
            if len(waiting) < MOST_LINES and len(text) < LONGEST_ROW:
                return None
            del waiting[0]
            return "open_quote"
        if len(text) > CSV_CELL_LIMIT:
            waiting.clear()
            return "too_long"
        try:
            row = self._cells(text)
        except csv.Error:  # quotation marks that close and open again at line ends
            del waiting[0]
            return "open_quote"
        waiting.clear()
        return row

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
