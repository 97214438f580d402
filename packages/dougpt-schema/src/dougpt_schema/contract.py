"""A contract: the columns of a table, what they mean, and what must hold in every row.

Arrow builds a non-nullable column with nulls in it and keeps a table's tag when its columns change, so
nothing here trusts a schema: `check` looks at the values.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, runtime_checkable

import pyarrow as pa
import pyarrow.compute as pc

from dougpt_schema import nested
from dougpt_schema.errors import ContractError
from dougpt_schema.rows import first_disorder, first_duplicate, slices
from dougpt_schema.rules import Rule


@runtime_checkable
class ArrowStream(Protocol):
    """Anything that hands over a table by the Arrow C stream protocol: polars, duckdb, pandas, pyarrow."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Return a PyCapsule of the stream."""


def as_table(data: ArrowStream) -> pa.Table:
    """Return `data` as a pyarrow table, whatever library made it.

    Raises:
        TypeError: It does not speak the Arrow C stream protocol.
    """
    if isinstance(data, pa.Table):
        return data
    if not isinstance(data, ArrowStream):
        raise TypeError(f"{type(data).__name__} does not speak the Arrow C stream protocol")
    return pa.table(data)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a contract: its name with the unit, its type, and what it means in a sentence."""

    name: str
    type: pa.DataType
    meaning: str
    nullable: bool = False

    @property
    def field(self) -> pa.Field:
        """The Arrow field."""
        return pa.field(self.name, self.type, nullable=self.nullable)


@dataclass(frozen=True)
class Contract:
    """A table's columns, key, row order and rules under a version.

    Further columns may follow those listed. `key` names the columns whose values together are unique
    (empty: rows may repeat); rows are sorted by `order`, nulls last.
    """

    name: str
    version: int
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    order: tuple[str, ...]
    rules: tuple[Rule, ...] = ()

    @cached_property
    def fields(self) -> tuple[pa.Field, ...]:
        """The Arrow fields, in order."""
        return tuple(column.field for column in self.columns)

    @cached_property
    def schema(self) -> pa.Schema:
        """The Arrow schema of a table without further columns."""
        return pa.schema(self.fields)

    def empty(self) -> pa.Table:
        """Return the table of no rows."""
        return self.schema.empty_table()

    def table(self, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
        """Build a sorted and checked table from `rows`; nullable columns may be left out.

        Raises:
            ContractError: A value does not fit its column, or a rule is broken.
        """
        rows = list(rows)
        known = {field.name for field in self.fields}
        for index, row in enumerate(rows):
            if unknown := sorted(set(row) - known):
                raise ContractError(self.name, f"is no column of the contract (row {index})", column=unknown[0])
        arrays = [self._array(field, [row.get(field.name) for row in rows]) for field in self.fields]
        return self.check(self.sort(pa.Table.from_arrays(arrays, schema=self.schema)))

    def conform(self, data: ArrowStream, *, sort: bool = False) -> pa.Table:
        """Return `data` with exactly the contract's types and column order, further columns behind.

        Types are converted only where nothing is lost; values are not checked otherwise. A nullable column that
        is absent, as in a table written before the column was added, is filled with nulls.

        Raises:
            ContractError: A column is missing, or its values do not fit the type.
        """
        table = as_table(data)
        for field in self.fields:
            if field.nullable and field.name not in table.schema.names:
                table = table.append_column(field, pa.nulls(table.num_rows, field.type))
        self._require_columns(table)
        arrays, fields = [], []
        for field in self.fields:
            try:
                arrays.append(nested.cast(table[field.name], field.type))
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
                found = table[field.name].type
                raise ContractError(self.name, f"is {found}, not {field.type}: {error}", column=field.name) from error
            fields.append(field)
        for extra in table.schema:
            if extra.name not in self.schema.names:
                arrays.append(table[extra.name])
                fields.append(extra)
        conformed = pa.Table.from_arrays(arrays, schema=pa.schema(fields))
        return self.sort(conformed) if sort else conformed

    def sort(self, table: pa.Table) -> pa.Table:
        """Return `table` with its rows in the contract's order."""
        if not self.order or first_disorder(table, self.order) is None:
            return table
        return table.take(pc.sort_indices(table, [(name, "ascending") for name in self.order]))

    def check(self, table: pa.Table) -> pa.Table:
        """Return `table` as it is if the contract holds.

        Raises:
            ContractError: Types, nulls (in nested values too), rules, order or uniqueness of the key do not hold;
                the error counts the rows and names the first.
        """
        self._require_columns(table)
        for field in self.fields:
            found = table.schema.field(field.name).type
            if not nested.same_type(found, field.type):
                raise ContractError(self.name, f"is {found}, not {field.type}", column=field.name)
        self._check_values(table)
        if (row := first_disorder(table, self.order)) is not None:
            rule_text = f"is not sorted by {', '.join(self.order)}"
            raise ContractError(self.name, rule_text, bad_rows=1, first_bad_row=row, row=self._describe(table, row))
        if self.key and (repeated := first_duplicate(table, self.key, self.order)) is not None:
            rule_text = f"has a key ({', '.join(self.key)}) that is not unique"
            raise ContractError(
                self.name,
                rule_text,
                bad_rows=repeated.rows,
                first_bad_row=repeated.first,
                row=self._describe(table, repeated.first),
            )
        return table

    def require_known(self, name: str, version: int, where: str) -> None:
        """Refuse a file of another contract, or of a newer version than this one.

        Raises:
            ContractError: It is such a file.
        """
        if name != self.name:
            raise ContractError(self.name, f"was expected, the file holds {name}", where=where)
        if version > self.version:
            rule = f"version {version} is newer than version {self.version}, the newest known here: upgrade dougpt"
            raise ContractError(self.name, rule, where=where)

    def _require_columns(self, table: pa.Table) -> None:
        for name in self.schema.names:
            found = table.schema.get_all_field_indices(name)
            if len(found) != 1:
                raise ContractError(self.name, "is missing" if not found else "occurs more than once", column=name)

    def _check_values(self, table: pa.Table) -> None:
        """Raise for the null or the rule that is broken first; its rows are all counted."""
        broken: dict[tuple[str, str], tuple[int, int]] = {}
        for start, rows in slices(table):
            for subject, mask in self._masks(rows):
                if bad_rows := pc.sum(mask).as_py():
                    so_far, first = broken.get(subject, (0, start + pc.index(mask, True).as_py()))
                    broken[subject] = (so_far + bad_rows, first)
        if broken:
            (column, rule), (bad_rows, row) = next(iter(broken.items()))
            raise ContractError(
                self.name, rule, column=column, bad_rows=bad_rows, first_bad_row=row, row=self._describe(table, row)
            )

    def _masks(self, rows: pa.Table) -> Iterator[tuple[tuple[str, str], pa.ChunkedArray]]:
        for field in self.fields:
            for place, mask in nested.missing(rows[field.name], field):
                yield (place, "is null"), mask
        for rule in self.rules:
            yield (rule.column, rule.meaning), rule.broken(rows)

    def _describe(self, table: pa.Table, row: int) -> str:
        names = self.key or self.order
        return ", ".join(f"{name}={table[name][row].as_py()!r}" for name in names)

    def _array(self, field: pa.Field, values: list[Any]) -> pa.Array:
        try:
            return pa.array(values, field.type)
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, ValueError, TypeError) as error:
            raise ContractError(self.name, f"does not fit {field.type}: {error}", column=field.name) from error
