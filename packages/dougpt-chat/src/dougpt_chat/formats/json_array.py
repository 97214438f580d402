"""The records of one JSON array in a document of any size, without holding the document.

The array is either the whole document or the value of one key of the outermost object. Runs of whole
records are cut out at a boundary that the format knows by heart (a pattern that cannot stand inside a
string, since quotes there are escaped); only what lies behind the last boundary is scanned token by
token. What stands before and after the array is kept, with embedded images left out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from dougpt_chat.errors import BrokenExportError
from dougpt_chat.formats.message import Cut
from dougpt_chat.opening import ExportBytes

LONGEST_RECORD_BYTES = 32 << 20
STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
TOKEN = re.compile(STRING + rb'|[{}\[\]]|/\*.*?\*/|//[^\n]*|["/]', re.DOTALL)
UNCOMMENTED = re.compile(STRING + rb'|[{}\[\]]|//[^\n]*|["/]', re.DOTALL)
COLON = re.compile(rb"\s*:")
COLON_AND_BRACKET = re.compile(rb"\s*:\s*\[")
BETWEEN_RECORDS = re.compile(rb"(?:[\s,]|/\*.*?\*/|//[^\n]*)*", re.DOTALL)
SEPARATORS = b", \t\r\n"
WINDOW_BYTES = 1 << 16
IMAGE = re.compile(rb"[A-Za-z0-9+/=]{2048,}")


@dataclass(frozen=True, slots=True)
class Scan:
    """What a stretch of array text holds.

    Attributes:
        records: Start and end of each complete record, and of garbage between records.
        end: Where the array closes, or None.
        rest: Where the first incomplete record begins; the length of the text where there is none.
    """

    records: list[tuple[int, int]]
    end: int | None
    rest: int


def scan_records(text: bytes, *, stop_at_end: bool = True) -> Scan:
    """Find the records in `text`, which begins inside the array, between two records.

    Args:
        text: JSON, perhaps with comments and trailing commas.
        stop_at_end: Whether a closing bracket between records ends the array; otherwise it is garbage.
    """
    records: list[tuple[int, int]] = []
    depth, start, between = 0, 0, 0
    for token in _tokens(text):
        mark = text[token.start()]
        if mark in b"{[":
            if depth == 0:
                _garbage(text, between, token.start(), records)
                start = token.start()
            depth += 1
        elif mark in b"}]" and depth:
            depth -= 1
            if depth == 0:
                between = token.end()
                records.append((start, between))
        elif mark == ord("]") and stop_at_end:
            _garbage(text, between, token.start(), records)
            return Scan(records, token.end(), token.end())
        elif token.group() == b'"':  # a string without end: the text breaks off inside it
            return Scan(records, None, start if depth else token.start())
        elif mark == ord('"') and depth == 0:
            _garbage(text, between, token.start(), records)
            between = token.end()
            records.append(token.span())
    return Scan(records, None, start if depth else between)


def _tokens(text: bytes) -> Iterator[re.Match[bytes]]:
    """Yield brackets, strings and comments; no comment is looked for where none can end: that would take forever."""
    last_end = text.rfind(b"*/")
    at = 0
    if last_end >= 0:
        for token in TOKEN.finditer(text):
            yield token
            at = token.end()
            if at > last_end:
                break
    yield from UNCOMMENTED.finditer(text, at)


def _garbage(text: bytes, start: int, end: int, records: list[tuple[int, int]]) -> None:
    """Note what stands between two records and is neither space, comma nor comment."""
    match = BETWEEN_RECORDS.match(text, start, end)
    start = match.end() if match else start
    if start < end:
        records.append((start, end))


class ArrayReader:
    """Iterates over runs of whole records, in bytes, commas between them; once.

    Attributes:
        before: The text before the array, its bracket included.
        after: The text after the array, its bracket included, embedded images left out.
        found: Whether the array was found at all.
        cut: Where the document ends too early, or None.
        trailing_bytes: How much stands behind the document's end and is no blank.
    """

    def __init__(self, source: ExportBytes, key: bytes, boundary: re.Pattern[bytes]) -> None:
        self.before = b""
        self.after = b""
        self.found = False
        self.cut: Cut | None = None
        self.trailing_bytes = 0
        self._source = source
        self._key = b'"' + key + b'"'
        self._boundary = boundary
        self._at = 0

    def __iter__(self) -> Iterator[bytes]:
        blocks = iter(self._source)
        text = self._find_array(blocks)
        if self.found:
            yield from self._runs(text, blocks)

    def pieces(self, run: bytes) -> Iterator[bytes]:
        """Take a run apart, record by record; a boundary starts afresh, so that a broken record spoils no other."""
        starts = [0, *(match.start() for match in self._boundary.finditer(run)), len(run)]
        for start, end in pairwise(starts):
            piece = run[start:end]
            scan = scan_records(piece, stop_at_end=False)
            yield from (piece[begin:stop] for begin, stop in scan.records)
            if rest := piece[scan.rest :].strip(SEPARATORS):
                yield rest

    def require(self) -> None:
        """Refuse, once it was gone through, a whole document in which there is no such array.

        Raises:
            BrokenExportError: There is none.
        """
        if not self.found and self.cut is None:
            raise BrokenExportError(
                str(self._source.path), f"the document has no {self._key.strip(b'"').decode()} array"
            )

    @property
    def document(self) -> bytes:
        """The document without its records; of one that is cut off, what stands before them."""
        if self.cut is None:
            return self.before + self.after
        return self.before + (b"]}" if b"{" in self.before else b"]") if self.found else b""

    def _find_array(self, blocks: Iterator[bytes]) -> bytes:
        """Read up to the array's bracket; return what was read beyond it."""
        text = bytearray()
        for block in blocks:
            text += block
            start = self._array_start(bytes(text))
            if start is not None:
                self.found = True
                self.before = bytes(text[:start])
                self._at = start
                return bytes(text[start:])
            if len(text) > LONGEST_RECORD_BYTES:
                break
        self.before = bytes(text)
        if _document_end(self.before) is None:
            self.cut = Cut(len(text), self._source.damage or f"no {self._key.decode()} array before the end")
        return b""

    def _array_start(self, text: bytes) -> int | None:
        depth = 0
        for token in _tokens(text):
            word = token.group()
            if word == b"[" and depth == 0:
                return token.end()
            if word in (b"{", b"["):
                depth += 1
            elif word in (b"}", b"]"):
                depth -= 1
            elif word == self._key and depth == 1 and (bracket := COLON_AND_BRACKET.match(text, token.end())):
                return bracket.end()
            elif word == b'"':
                return None
        return None

    def _runs(self, text: bytes, blocks: Iterator[bytes]) -> Iterator[bytes]:
        while True:
            last = self._last_boundary(text)
            if last is not None:
                yield text[:last].lstrip(SEPARATORS)
                text = self._drop(text, last)
                block = next(blocks, b"")
                if block:
                    text += block
                    continue
            scan = scan_records(text)
            if scan.records:
                yield b",".join(text[start:end] for start, end in scan.records)
            text = self._drop(text, scan.rest)
            if scan.end is not None:
                self._keep_rest(text, blocks)
                return
            block = next(blocks, b"")
            if not block or len(text) > LONGEST_RECORD_BYTES:
                cause = f"a record is longer than {LONGEST_RECORD_BYTES} bytes" if block else "the array has no end"
                self.cut = Cut(self._record_start(text), self._source.damage or cause)
                return
            text += block

    def _last_boundary(self, text: bytes) -> int | None:
        """Where the last record in `text` begins that has another before it, its comma included."""
        window = WINDOW_BYTES
        while True:
            found = [match.start() for match in self._boundary.finditer(text, max(0, len(text) - window))]
            if found:
                return found[-1] or None
            if window >= len(text):
                return None
            window *= 2

    def _drop(self, text: bytes, count: int) -> bytes:
        self._at += count
        return text[count:]

    def _record_start(self, text: bytes) -> int:
        between = BETWEEN_RECORDS.match(text)
        return self._at + (between.end() if between else 0)

    def _keep_rest(self, text: bytes, blocks: Iterator[bytes]) -> None:
        after = bytearray(b"]")
        while text:
            after += IMAGE.sub(b"", text)
            self._at += len(text)
            text = next(blocks, b"")
        self.after = bytes(after)
        document = self.document
        end = _document_end(document)
        if end is None:
            self.cut = Cut(self._at, self._source.damage or "the document has no end behind its messages")
            return
        self.trailing_bytes = len(document[end:].strip(b"\0 \t\r\n"))
        self.after = document[len(self.before) : end]


def outer_keys(head: bytes) -> set[bytes] | None:
    """Return the keys of the outermost object as far as `head` goes, or None where it begins with no object."""
    blank = BETWEEN_RECORDS.match(head)
    if blank is None or head[blank.end() : blank.end() + 1] != b"{":
        return None
    keys: set[bytes] = set()
    depth = 0
    for token in _tokens(head):
        word = token.group()
        depth += (word in (b"{", b"[")) - (word in (b"}", b"]"))
        if depth == 1 and word[:1] == b'"' and COLON.match(head, token.end()):
            keys.add(word[1:-1])
        elif depth == 0 and word == b"}":
            break
    return keys


def _document_end(text: bytes) -> int | None:
    """Where the outermost object or array closes, or None where it stays open."""
    depth = 0
    for token in _tokens(text):
        word = token.group()
        depth += (word in (b"{", b"[")) - (word in (b"}", b"]"))
        if word == b'"':
            return None
        if depth == 0 and word in (b"}", b"]"):
            return token.end()
    return None
