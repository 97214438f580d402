"""Labels as CSV: one row a label under the contract's own column names; empty where there is nothing."""

import csv
import io
from collections import Counter
from typing import Any

import pyarrow as pa
from dougpt_schema import LABELS, ArrowStream

from dougpt_align.label_rows import Imported, keep_usable

LONGEST_FIELD = 1 << 27
TRUTHS = {"true": True, "false": False, "1": True, "0": False}


def to_csv(labels: ArrowStream) -> str:
    """Return labels as CSV.

    Raises:
        ContractError: The table breaks its contract.
    """
    table = LABELS.check(LABELS.conform(labels)).select(LABELS.schema.names)
    out = io.StringIO()
    writer = csv.DictWriter(out, table.schema.names, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writeheader()
    for row in table.to_pylist():
        writer.writerow({name: _text(value) for name, value in row.items()})
    return out.getvalue()


def from_csv(text: str) -> Imported:
    """Read what `to_csv` wrote, or a table with the same columns; those that may be null may be left out."""
    rejects: Counter[str] = Counter()
    rows = []
    for row in rows_of(text):
        try:
            rows.append({field.name: _value(row.get(field.name), field) for field in LABELS.fields})
        except ValueError as error:
            rejects[str(error)] += 1
    return keep_usable(rows, rejects)


def rows_of(text: str) -> list[dict[str, str]]:
    """Rows of a CSV or TSV with a header; cells that lie beyond it are dropped."""
    return [{name: cell or "" for name, cell in row.items() if name is not None} for row in _reader(text)]


def columns_of(text: str) -> list[str]:
    """The names in the header of a CSV or TSV."""
    return list(_reader(text).fieldnames or ())


def _reader(text: str) -> "csv.DictReader[str]":
    csv.field_size_limit(LONGEST_FIELD)  # a chat message alone may have a hundred thousand characters
    text = text.removeprefix("\ufeff")
    head = text.partition("\n")[0]
    return csv.DictReader(io.StringIO(text, newline=""), delimiter="\t" if "\t" in head and "," not in head else ",")


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _value(cell: str | None, field: pa.Field) -> Any:
    if not cell and (field.nullable or not pa.types.is_string(field.type)):
        if field.nullable:
            return None
        raise ValueError(f"{field.name} is missing")
    text = cell or ""
    try:
        if pa.types.is_boolean(field.type):
            return TRUTHS[text.strip().lower()]
        if pa.types.is_integer(field.type):
            return int(text)
        return float(text) if pa.types.is_floating(field.type) else text
    except (ValueError, KeyError) as error:
        raise ValueError(f"{field.name} is no {field.type}") from error
