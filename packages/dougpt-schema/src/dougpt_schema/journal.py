"""A table that grows a row at a time and loses none: JSON lines, flushed to disk before a row counts as kept.

The first line names the contract, every other one is a row. A writer that dies in the middle leaves at most one torn
line at the end, of a row that nobody was told is kept; readers leave it out and count it, and the next writer takes it
away. Damage anywhere else is an error. Writers wait for one another by a lock of the file, which the kernel drops when
its holder dies, however it dies.
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from dougpt_schema.artifact import atomic_write, sync_folder
from dougpt_schema.contract import Contract
from dougpt_schema.errors import ArtifactError, ContractError

SUFFIX = ".jsonl"
_BLOCK = 1 << 16

type Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Journal:
    """What a journal holds: a checked table in the contract's order, and how many torn lines were left out (0 or 1)."""

    table: pa.Table
    torn: int


def append_journal(path: Path | str, contract: Contract, rows: Iterable[Mapping[str, Any]]) -> None:
    """Check `rows` and add them at the end; when this returns they are on the disk, and so is the file's name.

    Several processes may call this on one file. A torn line that a killed writer left is taken away first.

    Raises:
        ContractError: A row breaks the contract, or the file is a journal of another one; nothing is written.
        ArtifactError: The file cannot be written, or is no journal.
    """
    path = Path(path)
    lines = b"".join(_line(row) for row in contract.table(rows).to_pylist())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path) as descriptor:
            _end_cleanly(descriptor)
            if os.fstat(descriptor).st_size == 0:
                lines = _line(_head(contract)) + lines
            else:
                _refuse_other_contracts(path, contract, _first_line(descriptor))
            _write_all(descriptor, lines)
            os.fsync(descriptor)
            sync_folder(path.parent)
    except OSError as error:
        raise ArtifactError(f"{path}: cannot be written: {error.strerror or error}") from error


def read_journal(path: Path | str, contract: Contract, *, upto: int | None = None) -> pa.Table:
    """Return the rows of a journal, in the contract's order; a torn last line is left out.

    With `upto`, only those that stand in its first so many bytes: the journal as it was when it was that long.

    Raises:
        ArtifactError: The file is missing, or damaged before its end; the message names the line.
        ContractError: It is a journal of another contract, or its rows break this one.
    """
    return open_journal(path, contract, upto=upto).table


def open_journal(path: Path | str, contract: Contract, *, upto: int | None = None) -> Journal:
    """Return what `read_journal` returns, and whether a torn line was left out.

    Raises:
        ArtifactError: The file is missing, or damaged before its end; the message names the line.
        ContractError: It is a journal of another contract, or its rows break this one.
    """
    path = Path(path)
    try:
        content = path.read_bytes()[:upto]
    except FileNotFoundError as error:
        raise ArtifactError(f"{path}: there is no such file") from error
    except OSError as error:
        raise ArtifactError(f"{path}: cannot be read: {error.strerror}") from error
    lines = content.split(b"\n")
    torn = int(bool(lines[-1]) and _value(lines[-1]) is None)
    lines = lines[: len(lines) - torn] if lines[-1] else lines[:-1]
    if not lines:
        return Journal(contract.empty(), torn)
    _refuse_other_contracts(path, contract, lines[0])
    rows = [_row(path, number, line) for number, line in enumerate(lines[1:], start=2)]
    try:
        return Journal(contract.table(rows), torn)
    except ContractError as error:
        raise error.at(str(path)) from error


def rewrite_journal(path: Path | str, contract: Contract, keep: Callable[[Row], bool]) -> int:
    """Leave out the rows that `keep` refuses, atomically, while writers wait; return how many went.

    What is left keeps its order and its bytes.

    Raises:
        ArtifactError: The file is missing or damaged, or cannot be written; what was there before stays.
        ContractError: It is a journal of another contract, or its rows break this one.
    """
    path = Path(path)
    open_journal(path, contract)  # damage is an error here, too
    with _locked(path, create=False):
        head, *lines = path.read_bytes().splitlines(keepends=True) or [b""]
        kept = [line for line in lines if (row := _value(line)) is not None and keep(row)]
        whole = [line for line in lines if _value(line) is not None]
        if len(kept) < len(whole):
            atomic_write(path, head + b"".join(kept))
    return len(whole) - len(kept)


@contextmanager
def _locked(path: Path, *, create: bool = True) -> Iterator[int]:
    """Hold the file that bears the name: one that was replaced while we waited for it is let go."""
    flags = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | (os.O_CREAT if create else 0)
    while True:
        descriptor = os.open(path, flags, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if path.exists() and os.path.samestat(os.fstat(descriptor), path.stat()):
                yield descriptor
                return
        finally:
            os.close(descriptor)


def _end_cleanly(descriptor: int) -> None:
    """Make the file end after a whole row: a line that lacks only its end gets it, a torn one goes."""
    size = os.fstat(descriptor).st_size
    tail = b""
    while len(tail) < size and b"\n" not in tail:
        start = max(size - len(tail) - _BLOCK, 0)
        tail = os.pread(descriptor, size - len(tail) - start, start) + tail
    last = tail.rpartition(b"\n")[2]
    if last and _value(last) is not None:
        _write_all(descriptor, b"\n")
    elif last:
        os.ftruncate(descriptor, size - len(last))


def _first_line(descriptor: int) -> bytes:
    return os.pread(descriptor, _BLOCK, 0).partition(b"\n")[0]


def _write_all(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]


def _line(row: Mapping[str, Any]) -> bytes:
    return json.dumps(row, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode() + b"\n"


def _value(line: bytes) -> Row | None:
    """The object on a line; None where it is none: every strict beginning of an object is none."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _row(path: Path, number: int, line: bytes) -> Row:
    row = _value(line)
    if row is None:
        raise ArtifactError(f"{path}: line {number} is no row ({line[:40]!r}...): the file was damaged")
    return row


def _head(contract: Contract) -> Row:
    return {"contract": contract.name, "version": contract.version}


def _refuse_other_contracts(path: Path, contract: Contract, line: bytes) -> None:
    found = _value(line) or {}
    name, version = found.get("contract"), found.get("version")
    if name is None or not isinstance(version, int):
        raise ArtifactError(f"{path}: no journal (its first line names no contract)")
    contract.require_known(name, version, str(path))
