"""Writing files so that their bytes depend on nothing but their content."""

import csv
import io
import struct
import zlib
from collections.abc import Iterable, Sequence
from gzip import decompress
from pathlib import Path


def write(path: Path, content: bytes) -> bool:
    """Write the content unless it is there already; `.gz` is packed. Whether something changed."""
    packs = path.suffix == ".gz"
    if path.exists() and (decompress(path.read_bytes()) if packs else path.read_bytes()) == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzipped(content) if packs else content)
    return True


def gzipped(content: bytes) -> bytes:
    """A gzip file with no time, no name and no system in its header; other builds of zlib may pack it otherwise."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    header = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
    tail = struct.pack("<II", zlib.crc32(content), len(content) & 0xFFFFFFFF)
    return header + packer.compress(content) + packer.flush() + tail


def csv_bytes(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A CSV file with a header; None is an empty field."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode()
