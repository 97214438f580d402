"""What must hold in a table beyond its types: ranges, enumerations, order of times, dependence of columns.

A rule looks at whole columns at once and answers with a mask of the rows that break it, so that ten
million rows cost a few bits each.
"""

from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, datetime
from enum import StrEnum
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
"""The ends of the calendar that `datetime` has."""


class Rule(Protocol):
    """A condition on the rows of a table."""

    @property
    def column(self) -> str:
        """The column to name when the rule is broken."""

    @property
    def meaning(self) -> str:
        """What does not hold, as the end of a sentence that begins with the column."""

    def broken(self, table: pa.Table) -> pa.ChunkedArray:
        """Return a boolean a row, true where the rule is broken."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """The column's values are members of an enumeration."""

    column: str
    values: type[StrEnum]

    @property
    def meaning(self) -> str:
        """The values allowed."""
        return f"is not one of {', '.join(self.values)}"

    def broken(self, table: pa.Table) -> pa.ChunkedArray:
        """True where a value is given that is no member."""
        column = table[self.column]
        known = pc.is_in(column, value_set=pa.array([value.value for value in self.values], pa.string()))
        return pc.and_(pc.invert(known), pc.is_valid(column))


@dataclass(frozen=True, slots=True)
class Within:
    """Numbers lie in a closed range; NaN never does."""

    column: str
    least: float
    most: float | None = None

    @property
    def meaning(self) -> str:
        """The range."""
        return f"is below {self.least:g}" if self.most is None else f"is outside {self.least:g} to {self.most:g}"

    def broken(self, table: pa.Table) -> pa.ChunkedArray:
        """True outside the range and at NaN."""
        column = table[self.column]
        inside = pc.greater_equal(column, self.least)
        if self.most is not None:
            inside = pc.and_(inside, pc.less_equal(column, self.most))
        return pc.fill_null(pc.invert(inside), False)


@dataclass(frozen=True, slots=True)
class OnCalendar:
    """A time of the wall clock lies in the years that `datetime` has, which every reader of rows makes of it."""

    column: str

    @property
    def meaning(self) -> str:
        """The range, broken."""
        return f"lies outside of the years {MINYEAR} to {MAXYEAR}"

    def broken(self, table: pa.Table) -> pa.ChunkedArray:
        """True before the first and after the last."""
        column = table[self.column]
        first, last = (pa.scalar(day, column.type) for day in (FIRST, LAST))
        return pc.fill_null(pc.or_(pc.less(column, first), pc.greater(column, last)), False)


@dataclass(frozen=True, slots=True)
class Ordered:
    """An interval does not end before it starts; `column` is the end."""

    start: str
    column: str

    @property
    def meaning(self) -> str:
        """The condition, broken."""
        return f"lies before {self.start}"

    def broken(self, table: pa.Table) -> pa.ChunkedArray:
        """True where the end is smaller than the start."""
        return pc.fill_null(pc.less(table[self.column], table[self.start]), False)


@dataclass(frozen=True, slots=True)
class NullExactlyWhere:
    """The column is null in the rows where a flag is true, and in no other."""

    column: str
    flag: str

    @property
    def meaning(self) -> str:
        """The condition, broken."""
        return f"must be null exactly where {self.flag} is true"

    def broken(self, table: pa.Table) -> pa.ChunkedArray:
        """True where only one of the two is."""
        return pc.fill_null(pc.xor(pc.is_null(table[self.column]), table[self.flag]), True)


@dataclass(frozen=True, slots=True)
class GivenWhere:
    """The column is given in the rows where a flag is true."""

    column: str
    flag: str

    @property
    def meaning(self) -> str:
        """The condition, broken."""
        return f"is null where {self.flag} is true"

    def broken(self, table: pa.Table) -> pa.ChunkedArray:
        """True where the flag is true and the column null."""
        return pc.fill_null(pc.and_(pc.is_null(table[self.column]), table[self.flag]), False)


@dataclass(frozen=True, slots=True)
class NotEmpty:
    """A text or a list has at least one element."""

    column: str

    @property
    def meaning(self) -> str:
        """The condition, broken."""
        return "is empty"

    def broken(self, table: pa.Table) -> pa.ChunkedArray:
        """True at length zero."""
        column = table[self.column]
        length = pc.list_value_length(column) if pa.types.is_list(column.type) else pc.binary_length(column)
        return pc.fill_null(pc.equal(length, 0), False)
