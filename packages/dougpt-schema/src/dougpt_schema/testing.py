"""Hypothesis strategies: tables that keep a contract and are otherwise anything (extra `testing`).

    @given(tables(WORDS, max_rows=20))
    def test_shifting_words_shifts_utterances(words): ...

Rules of a contract are met by construction, so that nothing is filtered away.
"""

from collections.abc import Callable
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from dougpt_schema.contract import Column, Contract
from dougpt_schema.rules import GivenWhere, NotEmpty, NullExactlyWhere, OneOf, Ordered, Within

# Thirty-one years to either side: far beyond any recording, and sums stay well inside 64 bits.
FAR_MS = 10**12
WIDE = 10**6

type Row = dict[str, Any]


def tables(contract: Contract, *, min_rows: int = 0, max_rows: int = 20) -> st.SearchStrategy[pa.Table]:
    """Tables of `contract` with `min_rows` to `max_rows` rows, sorted and with unique keys."""
    unique = (lambda row: tuple(row[name] for name in contract.key)) if contract.key else None
    drawn = st.lists(rows(contract), min_size=min_rows, max_size=max_rows, unique_by=unique)
    return drawn.map(contract.table)


def rows(contract: Contract) -> st.SearchStrategy[Row]:
    """Single rows of `contract` as mappings from column to value."""
    fixed = st.fixed_dictionaries({column.name: _column(contract, column) for column in contract.columns})
    for rule in contract.rules:
        fixed = fixed.map(_mend(rule))
    return fixed


def _column(contract: Contract, column: Column) -> st.SearchStrategy[Any]:
    least: float | None = None
    most: float | None = None
    not_empty, values = False, None
    for rule in contract.rules:
        if rule.column != column.name:
            continue
        match rule:
            case OneOf():
                values = st.sampled_from([value.value for value in rule.values])
            case Within():
                least, most = rule.least, rule.most
            case NotEmpty():
                not_empty = True
            case Ordered() if Within(rule.start, 0) in contract.rules:
                least = 0
    drawn = values if values is not None else _values(column.type, least, most, not_empty=not_empty)
    return st.none() | drawn if column.nullable else drawn


def _values(  # noqa: PLR0911 (one return a type)
    found: pa.DataType, least: float | None = None, most: float | None = None, *, not_empty: bool = False
) -> st.SearchStrategy[Any]:
    if pa.types.is_list(found):
        return st.lists(_values(found.value_type), min_size=int(not_empty), max_size=4)
    if pa.types.is_struct(found):
        return st.fixed_dictionaries(
            {field.name: st.none() | _values(field.type) if field.nullable else _values(field.type) for field in found}
        )
    if pa.types.is_boolean(found):
        return st.booleans()
    if pa.types.is_int64(found):
        return st.integers(-FAR_MS if least is None else int(least), FAR_MS if most is None else int(most))
    if pa.types.is_floating(found):
        low, high = (-WIDE if least is None else least), (WIDE if most is None else most)
        return st.floats(low, high, width=32 if pa.types.is_float32(found) else 64)
    if pa.types.is_timestamp(found):
        return st.integers(0, FAR_MS)
    return st.text(st.characters(codec="utf-8"), min_size=int(not_empty), max_size=12)


def _mend(rule: object) -> Callable[[Row], Row]:
    """Return what makes a row keep a rule that concerns two columns."""

    def mend(row: Row) -> Row:
        match rule:
            case Ordered(start=start, column=end) if row[start] is not None and row[end] is not None:
                return row | {start: min(row[start], row[end]), end: max(row[start], row[end])}
            case NullExactlyWhere(column=column, flag=flag):
                return row | {flag: row[column] is None}
            case GivenWhere(column=column, flag=flag) if row[flag] and row[column] is None:
                return row | {column: 0}
        return row

    return mend
