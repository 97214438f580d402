"""A report held against an earlier one: a file, a line of the history, or the line before."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dougpt_eval import Report, Verdict
from dougpt_eval.history import HistoryError, PastResult, find
from dougpt_eval.report import ReportFormatError

from dougpt.terminal import safe
from dougpt.workspace import read_json

PREVIOUS = "previous"


@dataclass(frozen=True, slots=True)
class Earlier:
    """A report and what it is called: a file, or a name in the history."""

    name: str
    report: Report


def earlier_report(named: str, past: Sequence[PastResult], report: Report) -> Earlier:
    """Return the report that `named` means: a file, 'previous', or the beginning of a name in the history.

    The previous one is the newest of another model that compares and has all measures that `report` has; where none
    does, the newest that compares, else the newest one.

    Raises:
        HistoryError: There is no such report.
        ReportFormatError: The file is none.
    """
    if Path(named).is_file():
        return Earlier(named, _report_in(Path(named)))
    if named != PREVIOUS:
        found = find(list(past), named)
        return Earlier(found.name, found.report)
    others = [one for one in past if one.report.model.fingerprint != report.model.fingerprint]
    if not others:
        same = ": all lines of its history are of the very same weights" if len({one.name for one in past}) > 1 else ""
        raise HistoryError(f"no other model was measured on this dataset before{same}")
    alike = (report.suite.fingerprint, report.protocol)
    compares = [one for one in others if (one.report.suite.fingerprint, one.report.protocol) == alike]
    whole = [one for one in compares if set(report.model.measures) <= set(one.report.model.measures)]
    chosen = (whole or compares or others)[-1]
    return Earlier(chosen.name, chosen.report)


def _report_in(path: Path) -> Report:
    plain = read_json(path)
    if not isinstance(plain, dict):
        raise ReportFormatError(f"{path}: no evaluation report")
    try:
        return Report.from_dict(plain.get("report", plain))
    except ReportFormatError as error:
        raise ReportFormatError(f"{path}: {error}") from error


def gate_table(verdict: Verdict) -> str:
    """Return the rows as a table for people, the worst first, and what is missing last, with the reason."""
    order = {"worse": 0, "beyond limit": 1, "undecided": 2, "not worse": 3, "missing": 4}
    found = sorted(verdict.rows, key=lambda row: order[row.status])
    rows: list[tuple[str, ...]] = [("", "measure", "before", "after", "worse by", "let through", "p (Holm)")]
    rows += [
        (row.status, row.measure, *map(_number, (row.before, row.after, row.worse_by, row.tolerance, row.p)))
        for row in found
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(
            cell.ljust(width) if column < 2 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        + (f"  {safe(why)}" if why else "")
        for row, why in zip(rows, ["", *(row.reason for row in found)], strict=True)
    ]
    return "\n".join(lines)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{round(value, 4) + 0.0:.4f}"
