"""An export's bytes, block after block: gzip unpacked, byte order marks taken off, always UTF-8.

What a file is stands in its bytes, never in its name. A gzip stream inside a gzip stream is unpacked too,
as TwitchDownloader does. Broken streams give everything up to the break: zlib-ng unpacks twice as fast as zlib and,
unlike faster libraries, can go back to where a stream was still whole.
"""

import codecs
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from zlib_ng import zlib_ng

from dougpt_chat.errors import UnreadableExportError

BLOCK_BYTES = 8 << 20
GZIP_INPUT_BYTES = 1 << 16
HEAD_BYTES = 1 << 18
BLANK = b"\0 \t\r\n"
GZIP_MAGIC = b"\x1f\x8b"
# UTF-32 first: its little-endian mark begins with that of UTF-16.
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF8, "utf-8"),
)


class ExportBytes:
    """The decoded bytes of a file; iterate once.

    Attributes:
        damage: After the iteration, why the bytes end early (a broken or cut gzip stream), or None.
        repairs: After the iteration, what had to be repaired to make it UTF-8, by kind.
    """

    def __init__(self, path: Path | str, block_bytes: int = BLOCK_BYTES) -> None:
        self.path = Path(path)
        self.damage: str | None = None
        self.repairs: Counter[str] = Counter()
        self._block_bytes = block_bytes

    def __iter__(self) -> Iterator[bytes]:
        return self._decoded(self._read())

    def head(self) -> bytes:
        """Return the first bytes of the text, enough to recognise a format by.

        Raises:
            UnreadableExportError: The file cannot be opened, or is empty.
        """
        pieces = bytearray()
        for block in ExportBytes(self.path, HEAD_BYTES):
            pieces += block
            if len(pieces) >= HEAD_BYTES:
                break
        if not pieces.strip(BLANK):
            raise UnreadableExportError(str(self.path), "the file is empty")
        return bytes(pieces[:HEAD_BYTES])

    def _read(self) -> Iterator[bytes]:
        try:
            with self.path.open("rb") as file:
                while block := file.read(self._block_bytes):
                    yield block
        except OSError as error:
            raise UnreadableExportError(str(self.path), f"cannot be read: {error.strerror}") from error

    def _decoded(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        first = next(blocks, b"")
        blocks = chain([first], blocks)
        if first.startswith(GZIP_MAGIC):
            return self._decoded(self._inflated(blocks))
        for mark, encoding in MARKS:
            if first.startswith(mark):
                return (
                    _without_mark(blocks, len(mark))
                    if encoding == "utf-8"
                    else _recoded(blocks, mark, encoding, self.repairs)
                )
        return blocks

    def _inflated(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """Unpack one gzip member after another, in pieces small enough to lose nothing before a break."""
        ready = bytearray()
        for piece in self._members(blocks):
            ready += piece
            if len(ready) >= self._block_bytes:
                yield bytes(ready)
                ready.clear()
        if ready:
            yield bytes(ready)

    def _members(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        member = zlib_ng.decompressobj(wbits=zlib_ng.MAX_WBITS | 16)
        for block in blocks:
            for start in range(0, len(block), GZIP_INPUT_BYTES):
                packed = block[start : start + GZIP_INPUT_BYTES]
                while packed:
                    before = member.copy()  # type: ignore[attr-defined]  # its stub lacks it
                    try:
                        yield member.decompress(packed, self._block_bytes)
                    except zlib_ng.error as error:  # type: ignore[misc]  # its stub calls it a value
                        self.damage = f"the gzip stream is broken: {error}"
                        yield _up_to_the_break(before, packed)
                        return
                    packed = member.unconsumed_tail
                    if member.eof and (packed := member.unused_data.lstrip(b"\0")):
                        member = zlib_ng.decompressobj(wbits=zlib_ng.MAX_WBITS | 16)
        if not member.eof:
            self.damage = "the gzip stream has no end"


def _up_to_the_break(member: "zlib_ng._Decompress", packed: bytes) -> bytes:
    """What a failing call would have given: the same input again, byte by byte."""
    ready = bytearray()
    for index in range(len(packed)):
        try:
            ready += member.decompress(packed[index : index + 1])
        except zlib_ng.error:  # type: ignore[misc]  # likewise
            break
    return bytes(ready)


def _without_mark(blocks: Iterator[bytes], mark_bytes: int) -> Iterator[bytes]:
    yield next(blocks)[mark_bytes:]
    yield from blocks


def _recoded(blocks: Iterator[bytes], mark: bytes, encoding: str, repairs: Counter[str]) -> Iterator[bytes]:
    """Recode to UTF-8; what is no text in the encoding becomes U+FFFD, and is counted."""
    strict = codecs.getincrementaldecoder(encoding)()
    for block, is_last in chain(((block, False) for block in _without_mark(blocks, len(mark))), [(b"", True)]):
        state = strict.getstate()
        try:
            yield strict.decode(block, is_last).encode()
        except UnicodeDecodeError:
            lenient = codecs.getincrementaldecoder(encoding)("replace")
            lenient.setstate(state)
            text = lenient.decode(block, is_last)
            repairs["bad_encoding"] += text.count("\ufffd")
            yield text.encode()
            strict.setstate(lenient.getstate())
