"""JSON records one a line (NDJSON), and records that follow one another in any layout, without holding them all.

Both yield runs of whole records with commas between them, as `json_array.ArrayReader` does, and know how to
take a run apart again where a record in it is broken.
"""

from collections.abc import Iterator
from typing import Protocol

import msgspec

from dougpt_chat.formats.json_array import (
    BETWEEN_RECORDS,
    LONGEST_RECORD_BYTES,
    SEPARATORS,
    ArrayReader,
    outer_keys,
    scan_records,
)
from dougpt_chat.formats.json_repair import repair
from dougpt_chat.formats.message import Cut
from dougpt_chat.opening import BLANK, ExportBytes

BETWEEN = b",\n"


class Runs(Protocol):
    """Where runs of records come from.

    Attributes:
        cut: After the iteration, where the text ends too early, or None.
    """

    cut: Cut | None

    def __iter__(self) -> Iterator[bytes]:
        """Yield runs of whole records, commas between them."""

    def pieces(self, run: bytes) -> Iterator[bytes]:
        """Take a run apart, record by record, so that a broken one spoils no other."""


class LineRuns:
    """The lines of a text, each a record; iterate once."""

    def __init__(self, source: ExportBytes) -> None:
        self.cut: Cut | None = None
        self._source = source

    def __iter__(self) -> Iterator[bytes]:
        at, rest = 0, b""
        for block in self._source:
            text = rest + block
            end = text.rfind(b"\n") + 1
            if run := _joined(text[:end]):
                yield run
            at, rest = at + end, text[end:]
            if len(rest) > LONGEST_RECORD_BYTES:
                self.cut = Cut(at, f"a record is longer than {LONGEST_RECORD_BYTES} bytes")
                return
        last = rest.strip(BLANK)
        if last and _is_whole(last):
            yield last
        elif last:
            self.cut = Cut(at, self._source.damage or "the last line is no whole record")
        if self._source.damage is not None and self.cut is None:
            self.cut = Cut(at, self._source.damage)

    def pieces(self, run: bytes) -> Iterator[bytes]:
        """Take a run apart at its lines."""
        return iter(run.split(BETWEEN))


class SequenceRuns:
    """Objects one after another, over any number of lines each; iterate once."""

    def __init__(self, source: ExportBytes) -> None:
        self.cut: Cut | None = None
        self._source = source

    def __iter__(self) -> Iterator[bytes]:
        at, text = 0, b""
        for block in self._source:
            text += block
            scan = scan_records(text, stop_at_end=False)
            if scan.records:
                yield BETWEEN.join(text[start:end] for start, end in scan.records)
            at, text = at + scan.rest, text[scan.rest :]
            if len(text) > LONGEST_RECORD_BYTES:
                self.cut = Cut(at, f"a record is longer than {LONGEST_RECORD_BYTES} bytes")
                return
        if text.strip(BLANK) or self._source.damage is not None:
            self.cut = Cut(at, self._source.damage or "the last record has no end")

    def pieces(self, run: bytes) -> Iterator[bytes]:
        """Take a run apart by counting brackets."""
        scan = scan_records(run, stop_at_end=False)
        return (run[start:end] for start, end in scan.records)


def runs_of(source: ExportBytes, key: bytes, boundary_reader: ArrayReader) -> Runs:
    """Return a source's records: those of its array, of its lines, or one after another."""
    head = source.head()
    keys = outer_keys(head)
    if keys is None or key in keys:
        return boundary_reader
    first_line = head[: head.find(b"\n")] if b"\n" in head else head
    return LineRuns(source) if _is_whole(first_line.strip(BLANK)) or not _opens(first_line) else SequenceRuns(source)


def _opens(line: bytes) -> bool:
    """Whether a line is the beginning of an object written over several lines."""
    blank = BETWEEN_RECORDS.match(line)
    return len(line[blank.end() if blank else 0 :].strip(SEPARATORS)) <= 1 or line.rstrip().endswith((b"{", b"[", b","))


def _joined(lines: bytes) -> bytes:
    return BETWEEN.join(stripped for line in lines.split(b"\n") if (stripped := line.strip(BLANK)))


def _is_whole(text: bytes) -> bool:
    try:
        msgspec.json.decode(repair(text)[0])
    except (msgspec.DecodeError, RecursionError):
        return False
    return True
