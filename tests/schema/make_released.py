"""Writes one small table for every contract's current version; run once when a version is released.

    uv run python tests/schema/make_released.py

A file that is there already is never written again: tests hold that every released one is still read.
"""

from pathlib import Path

import pyarrow as pa
from dougpt_schema import CONTRACTS, Contract, write_table
from dougpt_schema.rules import OneOf

FOLDER = Path(__file__).parent / "released"


def example(contract: Contract, row: int) -> dict[str, object]:
    """A row with every column given, different for every `row`."""
    choices = {rule.column: list(rule.values)[row] for rule in contract.rules if isinstance(rule, OneOf)}
    values = {field.name: choices.get(field.name, value(field.type, row)) for field in contract.fields}
    if contract.name == "links":
        values |= {"accepted": row == 0, "reason": None if row == 0 else "background"}
    return values


def value(found: pa.DataType, row: int) -> object:
    """Some value of a type."""
    if pa.types.is_list(found):
        return [value(found.value_type, row), value(found.value_type, row + 1)]
    if pa.types.is_struct(found):
        return {field.name: value(field.type, row) for field in found}
    if pa.types.is_boolean(found):
        return row == 0
    if pa.types.is_string(found):
        return f"text {row} \N{GRINNING FACE}"
    return 0.25 * (row + 1) if pa.types.is_floating(found) else 1000 + row


for contract in CONTRACTS.values():
    path = FOLDER / f"{contract.name}-v{contract.version}.parquet"
    if not path.exists():
        write_table(contract.table([example(contract, 0), example(contract, 1)]), path, contract)
