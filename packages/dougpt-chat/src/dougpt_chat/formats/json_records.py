"""JSON records to messages: decoded in runs, typed, and one by one with repairs where a run cannot be decoded.

A record that is no JSON even when repaired, or lacks what makes it a message, is rejected. Of one whose
decoration cannot be read, what can be read is kept and that is counted.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from types import UnionType
from typing import Any, Union, get_args, get_origin

import msgspec

from dougpt_chat.formats.json_array import SEPARATORS, ArrayReader
from dougpt_chat.formats.json_lines import Runs
from dougpt_chat.formats.json_repair import repair
from dougpt_chat.formats.message import Batch, ParseNotes, RejectedRecord
from dougpt_chat.opening import ExportBytes

ANYTHING = msgspec.json.Decoder()


@dataclass(frozen=True, slots=True)
class RecordShape[T]:
    """How the records of a format are read.

    Attributes:
        kind: The type of a record.
        run: A decoder of lists of them.
        take: Turns records into a batch, given the numbers of the rows to come.
        essential: Fields without which a record is rejected when they cannot be read, at any depth.
        id_field: Where a record's id stands, for the list of rejects.
    """

    kind: type[T]
    run: msgspec.json.Decoder[list[T]]
    take: Callable[[list[T], Iterator[int], ParseNotes], Batch]
    essential: frozenset[str] = frozenset()
    id_field: str = "id"


def shape_of[T](
    kind: type[T],
    take: Callable[[list[T], Iterator[int], ParseNotes], Batch],
    *,
    essential: tuple[str, ...] = (),
    id_field: str = "id",
) -> RecordShape[T]:
    """Return the shape of records that are decoded as `kind`."""
    run = msgspec.json.Decoder(list[kind], strict=False)  # type: ignore[valid-type] # a type made at run time
    return RecordShape(kind, run, take, frozenset(essential), id_field)


def read_records[T](runs: Runs, shape: RecordShape[T], notes: ParseNotes) -> Iterator[Batch]:
    """Yield the messages of all records in the order of the file, and where the file ends too early into `notes`."""
    rows = count()
    for run in runs:
        try:
            records = shape.run.decode(b"[" + run + b"]")
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            yield _one_by_one(runs.pieces(run), shape, rows, notes)
        else:
            yield shape.take(records, rows, notes)
    notes.cut = runs.cut


def note_end_of_array(reader: ArrayReader, source: ExportBytes, notes: ParseNotes) -> None:
    """Note what had to be done to read the source, and what stands behind a whole document and should not."""
    notes.repairs.update(source.repairs)
    if reader.trailing_bytes:
        notes.repairs["bytes_behind_the_end"] += reader.trailing_bytes
    if reader.found and reader.cut is None and source.damage is not None:
        notes.repairs["broken_compression_behind_the_end"] += 1


def _one_by_one[T](pieces: Iterator[bytes], shape: RecordShape[T], rows: Iterator[int], notes: ParseNotes) -> Batch:
    batch = Batch()
    for piece in pieces:
        fixed, repairs = repair(piece)
        if not fixed.strip(SEPARATORS):
            continue
        try:
            found = ANYTHING.decode(fixed.strip(SEPARATORS))
        except (msgspec.DecodeError, RecursionError) as error:
            batch.rejected.append(RejectedRecord(next(rows), "not_json", str(error)))
            continue
        try:
            record = read_leniently(found, shape.kind, shape.essential, repairs)
        except msgspec.ValidationError as error:
            known = found.get(shape.id_field) if isinstance(found, dict) else None
            name = known if isinstance(known, str) else None
            batch.rejected.append(RejectedRecord(next(rows), "not_a_message", str(error), name))
            continue
        notes.repairs.update(repairs)
        taken = shape.take([record], rows, notes)
        batch.messages += taken.messages
        batch.rejected += taken.rejected
    return batch


def read_leniently[T](found: object, kind: type[T], essential: frozenset[str], repairs: Counter[str]) -> T:
    """Read a record, leaving out fields that are not essential and cannot be read.

    Raises:
        msgspec.ValidationError: It is no object, or an essential field cannot be read.
    """
    try:
        return msgspec.convert(found, kind, strict=False)
    except msgspec.ValidationError:
        inner = _struct_in(kind)
        if not isinstance(found, dict) or inner is None:
            raise
    record: T = msgspec.convert(_readable(found, inner, essential), kind, strict=False)
    repairs["unreadable_details"] += 1
    return record


def _readable(found: dict[str, Any], kind: type, essential: frozenset[str]) -> dict[str, Any]:
    """The fields of `kind` that can be read, in objects within too."""
    kept: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        if field.encode_name not in found:
            continue
        value = found[field.encode_name]
        inner = _struct_in(field.type)
        try:
            msgspec.convert(value, field.type, strict=False)
        except msgspec.ValidationError:
            if isinstance(value, dict) and inner is not None:
                kept[field.encode_name] = _readable(value, inner, essential)
            elif field.encode_name in essential or field.required:
                raise
        else:
            kept[field.encode_name] = value
    return kept


def _struct_in(kind: Any) -> type | None:
    """The object type in a field's type, alone or as one of a union."""
    choices = get_args(kind) if get_origin(kind) in {Union, UnionType} else (kind,)
    return next((one for one in choices if isinstance(one, type) and issubclass(one, msgspec.Struct)), None)
