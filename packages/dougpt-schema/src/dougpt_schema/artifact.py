"""Tables on disk: checked at the border, written whole or not at all, the same bytes for the same rows.

The Parquet key-value metadata says which contract holds and by which recipe the rows were made; no time,
host, user, git commit or path is in it.
"""

import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from dougpt_schema.contract import ArrowStream, Contract
from dougpt_schema.errors import ArtifactError, ContractError
from dougpt_schema.pieces import checked_pieces

PARTIAL = ".partial"
ROW_GROUP_ROWS = 1 << 16
VERSION_DIGITS = 9
UNREADABLE = (pa.ArrowException, OSError, UnicodeDecodeError)
"""What pyarrow raises of a damaged file; the last where a column's name is no text."""
ABSENT = {"inputs": "[]", "note": "{}"}
"""What a table of other origin says of its recipe."""
PREFIX = "dougpt."


@dataclass(frozen=True, slots=True)
class Provenance:
    """By which recipe a table was made.

    Attributes:
        producer: The package that computed the rows.
        fingerprint: The recipe's own fingerprint; equal recipes give equal rows.
        inputs: The fingerprints of what the recipe read.
        settings: The fingerprint of its settings.
        code: The fingerprint of the code that ran.
        key: The hash of the pseudonym key, where names were involved.
        note: Further facts as text, the same on every machine.
    """

    producer: str = ""
    fingerprint: str = ""
    inputs: tuple[str, ...] = ()
    settings: str = ""
    code: str = ""
    key: str | None = None
    note: Mapping[str, str] = field(default_factory=dict)


def write_table(table: ArrowStream, path: Path | str, contract: Contract, provenance: Provenance | None = None) -> None:
    """Check `table` and write it to `path`, sorted, atomically and byte for byte reproducibly.

    Raises:
        ContractError: The contract does not hold; nothing is written.
        ArtifactError: The file cannot be written; what was there before stays.
    """
    try:
        checked = contract.check(contract.conform(table, sort=True))
    except ContractError as error:
        raise error.at(str(path)) from error
    _write([checked], path, contract, provenance)


def write_pieces(
    pieces: Iterable[ArrowStream], path: Path | str, contract: Contract, provenance: Provenance | None = None
) -> int:
    """Write what `write_table` would write of all `pieces` together, with a few of them in memory at a time.

    Each piece is checked as it comes; the rows must come in the contract's order, and keys be unique over all pieces.
    Returns how many rows were written.

    Raises:
        ContractError: The contract does not hold; nothing is written.
        ArtifactError: The file cannot be written; what was there before stays.
    """
    try:
        return _write(checked_pieces(pieces, contract), path, contract, provenance)
    except ContractError as error:
        raise error.at(str(path)) from error


def _write(
    pieces: Iterable[pa.Table], path: Path | str, contract: Contract, provenance: Provenance | None = None
) -> int:
    metadata = _metadata(contract, provenance or Provenance())
    rows = 0

    def write(file: BinaryIO) -> None:
        nonlocal rows
        groups = _row_groups(pieces)
        first = next(groups, contract.empty())
        schema = first.schema.remove_metadata().with_metadata(metadata)
        groups = chain([first], groups)
        del first
        with pq.ParquetWriter(file, schema, compression="zstd", version="2.6") as writer:
            for group in groups:
                rows += group.num_rows
                if group.num_rows:
                    writer.write_table(group.replace_schema_metadata(metadata), row_group_size=ROW_GROUP_ROWS)
                del group  # a row group is large: it goes before the next one is gathered

    atomic_write(path, write)
    return rows


def _row_groups(pieces: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Yield the rows a row group at a time, in one chunk: the bytes must not depend on how they were chunked."""
    waiting: pa.Table | None = None
    for piece in pieces:
        waiting = piece if waiting is None else pa.concat_tables([waiting, piece])
        while waiting.num_rows >= ROW_GROUP_ROWS:
            yield waiting.slice(0, ROW_GROUP_ROWS).combine_chunks()
            waiting = waiting.slice(ROW_GROUP_ROWS)
    if waiting is not None:
        yield waiting.combine_chunks()


def read_table(path: Path | str, contract: Contract) -> pa.Table:
    """Read a table and check that it keeps its contract, whoever wrote it.

    Raises:
        ArtifactError: The file is missing or no Parquet file.
        ContractError: It holds another contract, a newer version, or rows that break the contract; the message
            names the file, the column and the first bad row.
    """
    _refuse_other_contracts(path, contract, _file_metadata(path))
    try:
        # Not `pq.read_table`: that loads pyarrow.dataset, and with it pandas where there is one, for two seconds.
        with pq.ParquetFile(str(path)) as file:
            table = file.read()
        table.validate(full=True)  # damaged text is no UTF-8, which nobody notices before it is shown
    except UNREADABLE as error:
        raise ArtifactError(f"{path}: cannot be read as Parquet: {_one_line(error)}") from error
    try:
        return contract.check(contract.conform(table).replace_schema_metadata(None))
    except ContractError as error:
        raise error.at(str(path)) from error


def read_provenance(path: Path | str) -> Provenance:
    """Read by which recipe a table was made, without reading its rows; empty for files of other origin.

    Raises:
        ArtifactError: The file is missing or no Parquet file, or what it says of its recipe is damaged.
    """
    found = _file_metadata(path)
    inputs, note = (_value(path, name, found) for name in ("inputs", "note"))
    if not isinstance(inputs, list) or not all(isinstance(one, str) for one in inputs):
        raise _damaged(path, "inputs")
    if not isinstance(note, dict):
        raise _damaged(path, "note")
    return Provenance(
        producer=found.get("producer", ""),
        fingerprint=found.get("fingerprint", ""),
        inputs=tuple(inputs),
        settings=found.get("settings", ""),
        code=found.get("code", ""),
        key=found.get("key") or None,
        note=note,
    )


def atomic_write(path: Path | str, content: bytes | Callable[[BinaryIO], None]) -> None:
    """Write a file so that at every moment either the old one or the new one is there, whole.

    A temporary file beside it, named `.NAME.*.partial`, is flushed to disk and renamed.

    Raises:
        ArtifactError: The file system refuses (no space, no permission, a file in the place of a folder).
    """
    path = Path(path)
    partial: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=PARTIAL, dir=path.parent)
        partial = Path(name)
        with os.fdopen(descriptor, "wb") as file:
            if callable(content):
                content(file)
            else:
                file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.chmod(0o644)
        partial.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise ArtifactError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        if partial is not None:
            partial.unlink(missing_ok=True)


def _metadata(contract: Contract, provenance: Provenance) -> dict[str, str]:
    facts = {
        "contract": contract.name,
        "contract_version": str(contract.version),
        "producer": provenance.producer,
        "fingerprint": provenance.fingerprint,
        "inputs": json.dumps(provenance.inputs),
        "settings": provenance.settings,
        "code": provenance.code,
        "key": provenance.key or "",
        "note": json.dumps(dict(provenance.note), sort_keys=True),
    }
    return {PREFIX + name: facts[name] for name in sorted(facts)}


def _one_line(error: Exception) -> str:
    """Return what went wrong in one line: Thrift tells of damaged bytes in several."""
    return " ".join(str(error).split())


def _file_metadata(path: Path | str) -> dict[str, str]:
    try:
        found = pq.read_metadata(str(path)).metadata or {}
    except FileNotFoundError as error:
        raise ArtifactError(f"{path}: there is no such file") from error
    except UNREADABLE as error:
        raise ArtifactError(f"{path}: cannot be read as Parquet: {_one_line(error)}") from error
    ours = {key.removeprefix(PREFIX.encode()): value for key, value in found.items() if key.startswith(PREFIX.encode())}
    try:
        return {key.decode(): value.decode() for key, value in ours.items()}
    except UnicodeDecodeError as error:
        raise _damaged(path, "a part") from error


def _value(path: Path | str, name: str, found: Mapping[str, str]) -> object:
    """Return what a part of a recipe says, empty where there is none."""
    try:
        value: object = json.loads(found.get(name, ABSENT[name]))
    except (ValueError, RecursionError) as error:
        raise _damaged(path, name) from error
    return value


def _damaged(path: Path | str, part: str) -> ArtifactError:
    return ArtifactError(f"{path}: what it says of its recipe is damaged ({part})")


def _refuse_other_contracts(path: Path | str, contract: Contract, found: Mapping[str, str]) -> None:
    written = found.get("contract_version", str(contract.version))
    if not (written.isascii() and written.isdecimal() and len(written) <= VERSION_DIGITS):
        raise _damaged(path, "contract_version")
    contract.require_known(found.get("contract", contract.name), int(written), str(path))


def sync_folder(folder: Path) -> None:
    """Flush the names in a folder to disk, where the platform can open one."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
