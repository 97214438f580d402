"""Texts of one message a line: the lines, whether the text was cut, and the loop that all such formats share."""

import re
from collections import Counter
from collections.abc import Callable, Iterator

from dougpt_chat.formats.message import Batch, ChatMessage, Cut, ParseNotes, RejectedRecord
from dougpt_chat.opening import BLANK, HEAD_BYTES, ExportBytes

LONGEST_LINE_BYTES = 8 << 20
BATCH_MESSAGES = 1 << 14
LOOKED_AT_LINES = 200

# Returns a message, or None for a line that is passed over; raises NotAMessageError for one that is neither.
TakeLine = Callable[[int, str, ParseNotes], ChatMessage | None]


class NotAMessageError(Exception):
    """A line that a format cannot read; caught where lines are read, and counted under its reason."""

    reason = "not_a_message"


class TextLines:
    """The lines of a text that are not blank, without their ends; bytes that are no UTF-8 are repaired. Iterate once.

    Attributes:
        has_open_end: After the iteration, whether the last line has no end.
        at_byte: Where the line that was yielded last begins.
    """

    def __init__(self, source: ExportBytes, repairs: Counter[str]) -> None:
        self.has_open_end = False
        self.at_byte = 0
        self._source = source
        self._repairs = repairs

    def __iter__(self) -> Iterator[str]:
        at, rest = 0, b""
        for block in self._source:
            *lines, rest = (rest + block).split(b"\n")
            for line in lines:
                yield from self._decoded(line, at)
                at += len(line) + 1
            if len(rest) > LONGEST_LINE_BYTES:
                yield from self._decoded(rest, at)
                at, rest = at + len(rest), b""
        self.has_open_end = bool(rest.strip(BLANK))
        yield from self._decoded(rest, at)
        self._repairs.update(self._source.repairs)

    def cut(self) -> Cut | None:
        """Return where the text ends too early, as far as its end tells."""
        if self._source.damage is not None:
            return Cut(self.at_byte, self._source.damage)
        return Cut(self.at_byte, "the last line has no end", certain=False) if self.has_open_end else None

    def _decoded(self, line: bytes, at: int) -> Iterator[str]:
        text = line.decode(errors="replace").rstrip("\r")
        if text.strip("\0 \t"):
            self._repairs["bad_utf8"] += "\ufffd" in text and text.encode() != line.rstrip(b"\r")
            self.at_byte = at
            yield text


def read_lines(source: ExportBytes, notes: ParseNotes, take: TakeLine) -> Iterator[Batch]:
    """Yield the messages of a text in the order of its lines; a last line that is half a message is no record."""
    lines = TextLines(source, notes.repairs)
    batch = Batch()
    rejected: RejectedRecord | None = None
    for row, text in enumerate(lines):
        if rejected is not None:
            batch.rejected.append(rejected)
            rejected = None
        try:
            message = take(row, text, notes)
        except NotAMessageError as error:
            rejected = RejectedRecord(row, error.reason, str(error))
            continue
        if message is not None:
            batch.messages.append(message)
        if len(batch.messages) >= BATCH_MESSAGES:
            yield batch
            batch = Batch()
    notes.cut = lines.cut()
    if rejected is not None and notes.cut is None:
        batch.rejected.append(rejected)
    yield batch


def head_lines(head: bytes) -> list[str]:
    """Return the first lines of a text that are not blank, without one that the head cuts."""
    lines = [line.rstrip("\r") for line in head.decode(errors="replace").split("\n")]
    if len(head) >= HEAD_BYTES and len(lines) > 1:
        lines.pop()
    return [line for line in lines if line.strip("\0 \t")][:LOOKED_AT_LINES]


def refuse_lines(head: bytes, pattern: re.Pattern[str], what: str) -> str | None:
    """Say why a text is not one of lines that match `pattern`, or None where most of its first lines do."""
    lines = head_lines(head)
    fitting = sum(pattern.match(line) is not None for line in lines)
    if fitting and 2 * fitting >= len(lines):
        return None
    return f"{fitting} of its first {len(lines)} lines read {what}"
