"""Errors that a user can act on: what was found, where, and what to do, in one line."""

from dougpt_schema.installing import install_command


class DougptError(Exception):
    """The root of every expected error; the command line prints it as one line and exits with 1."""


class ContractError(DougptError):
    """A table is not what its contract says.

    Attributes:
        contract: The contract's name.
        column: The column at fault, or None where the whole table is.
        rule: What does not hold.
        bad_rows: How many rows break it; 0 where that cannot be counted.
        first_bad_row: The first such row, counted from 0, or None.
        where: The file, or None for a table in memory.
    """

    def __init__(
        self,
        contract: str,
        rule: str,
        *,
        column: str | None = None,
        bad_rows: int = 0,
        first_bad_row: int | None = None,
        row: str = "",
        where: str | None = None,
    ) -> None:
        self.contract = contract
        self.rule = rule
        self.column = column
        self.bad_rows = bad_rows
        self.first_bad_row = first_bad_row
        self.row = row
        self.where = where
        super().__init__(self._message())

    def at(self, where: str) -> "ContractError":
        """Return the same error with the file named."""
        return ContractError(
            self.contract,
            self.rule,
            column=self.column,
            bad_rows=self.bad_rows,
            first_bad_row=self.first_bad_row,
            row=self.row,
            where=where,
        )

    def _message(self) -> str:
        subject = self.contract if self.column is None else f"{self.contract}.{self.column}"
        rows = ""
        if self.bad_rows:
            rows = f" in {self.bad_rows} row{'s' if self.bad_rows > 1 else ''}"
            rows += f", first in row {self.first_bad_row}" if self.first_bad_row is not None else ""
            rows += f" ({self.row})" if self.row else ""
        return (f"{self.where}: " if self.where else "") + f"{subject} {self.rule}{rows}"


class ArtifactError(DougptError):
    """A file that should hold a table is missing, or cannot be read or written."""


class MissingExtraError(DougptError):
    """Something optional is needed and not installed.

    Attributes:
        extra: What to install, such as `dougpt-media[pocketsphinx]`.
        purpose: What it is needed for.
    """

    def __init__(self, extra: str, purpose: str) -> None:
        self.extra = extra
        self.purpose = purpose
        super().__init__(f"{purpose} needs an extra that is not installed: {install_command(extra)}")
