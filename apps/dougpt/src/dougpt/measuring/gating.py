"""A report held against an earlier one: a file, a line of the history, or the line before."""

from collections.abc import Sequence
from pathlib import Path

from dougpt_eval import Report, Verdict
from dougpt_eval.history import HistoryError, PastResult, find

from dougpt.workspace import read_json

PREVIOUS = "previous"


def earlier_report(named: str, past: Sequence[PastResult], report: Report) -> Report:
    """Return the report that `named` means: a file, 'previous', or the beginning of a name in the history.

    The previous one is the newest of another model that compares; where none does, the newest one.

    Raises:
        HistoryError: There is no such report.
        ReportFormatError: The file is none.
    """
    if Path(named).is_file():
        plain = read_json(Path(named))
        return Report.from_dict(plain.get("report", plain))
    if named != PREVIOUS:
        return find(list(past), named).report
    others = [one.report for one in past if one.model.fingerprint != report.model.fingerprint]
    if not others:
        raise HistoryError("no other model was measured on this dataset before")
    alike = (report.suite.fingerprint, report.protocol)
    compares = [one for one in others if (one.suite.fingerprint, one.protocol) == alike]
    return (compares or others)[-1]


def gate_table(verdict: Verdict) -> str:
    """Return the rows as a table for people, the worst first."""
    order = {"worse": 0, "beyond limit": 1, "undecided": 2, "missing": 3, "not worse": 4}
    rows: list[tuple[str, ...]] = [("", "measure", "before", "after", "worse by", "let through", "p (Holm)")]
    rows += [
        (row.status, row.measure, *map(_number, (row.before, row.after, row.worse_by, row.tolerance, row.p)))
        for row in sorted(verdict.rows, key=lambda row: order[row.status])
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(
            cell.ljust(width) if column < 2 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return "\n".join(lines)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{round(value, 4) + 0.0:.4f}"
