"""Did the last change make it worse: two reports on one suite, compared measure by measure.

Both models answered the same windows of the same recordings, so their figures are compared in pairs by a t test
of "worse by more than the tolerance". Holm (1979) keeps the chance of any false alarm over all measures at
`alpha`. A likeness measure is a band: inside the interval of real chat of another minute nothing counts as
worse. A limit is absolute: a figure beyond it fails, whatever was before.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from dougpt_eval.measures import MEASURES, MeasureKind
from dougpt_eval.pairs import difference
from dougpt_eval.report import SHOWN_ONLY, Report
from dougpt_eval.settings import GateSettings

type Status = Literal["worse", "beyond limit", "not worse", "undecided", "missing"]

FAILING: frozenset[Status] = frozenset({"worse", "beyond limit"})

CEILING = "another_minute"
DIGITS = 6


@dataclass(frozen=True, slots=True)
class GateRow:
    """One measure before and after.

    Attributes:
        measure: Its name.
        before: The baseline's value.
        after: The report's value.
        worse_by: How much worse it became; negative where better.
        tolerance: How much is let through.
        p: The chance of such a difference where it is no worse than the tolerance, corrected for all measures.
        status: `beyond limit` where the settings' limit is passed, `undecided` where fewer than two recordings are
            held out, `missing` where one report lacks it.
        reason: Why it is missing or undecided, in words; else empty.
    """

    measure: str
    before: float | None
    after: float | None
    worse_by: float | None
    tolerance: float
    p: float | None
    status: Status
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a report passes against an earlier one.

    Attributes:
        comparable: Whether both were measured on one suite in one way.
        reason: Why not, else empty.
        rows: One row a gated measure; none where the reports do not compare.
    """

    comparable: bool
    reason: str
    rows: tuple[GateRow, ...]

    @property
    def passed(self) -> bool:
        """Whether they compare, nothing is worse and nothing is beyond its limit."""
        return self.comparable and not any(row.status in FAILING for row in self.rows)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "comparable": self.comparable,
            "passed": self.passed,
            "reason": self.reason,
            "rows": [asdict(row) for row in self.rows],
        }


def gate(report: Report, baseline: Report, settings: GateSettings | None = None) -> Verdict:
    """Compare `report` with an earlier one on the same suite."""
    settings = settings or GateSettings()
    if report.suite.fingerprint != baseline.suite.fingerprint:
        return Verdict(False, "the suites differ: other held-out windows or replies", ())
    if report.protocol != baseline.protocol:
        return Verdict(False, f"the settings differ that decide how is measured: {_differing(report, baseline)}", ())
    known = report.model.measures.keys() | baseline.model.measures.keys()
    kinds = [kind for kind in MEASURES.values() if _gated(kind, settings) and kind.name in known]
    rows = [_compare(kind, report, baseline, settings) for kind in kinds]
    return Verdict(True, "", tuple(_limited(row, settings) for row in _decide(rows, settings.alpha, report)))


def _differing(report: Report, baseline: Report) -> str:
    """Name what differs, with both values: the baseline's, then the report's."""
    names = sorted((report.settings.keys() | baseline.settings.keys()) - SHOWN_ONLY)
    pairs = [(name, baseline.settings.get(name), report.settings.get(name)) for name in names]
    return "; ".join(f"{name} was {before}, is {now}" for name, before, now in pairs if before != now)


def holm(values: Sequence[float]) -> list[float]:
    """Return p values corrected by Holm's step-down rule, in the order given."""
    order = sorted(range(len(values)), key=lambda index: values[index])
    corrected, highest = [1.0] * len(values), 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, values[index] * (len(values) - rank)))
        corrected[index] = highest
    return corrected


def _gated(kind: MeasureKind, settings: GateSettings) -> bool:
    named = kind.name in settings.tolerance or kind.name in settings.limit
    return kind.better != "neither" and (kind.tolerance is not None or named)


def _limited(row: GateRow, settings: GateSettings) -> GateRow:
    limit = settings.limit.get(row.measure)
    if limit is None or row.after is None:
        return row
    beyond = row.after > limit if MEASURES[row.measure].better == "lower" else row.after < limit
    return replace(row, status="beyond limit") if beyond else row


def _compare(kind: MeasureKind, report: Report, baseline: Report, settings: GateSettings) -> GateRow:
    before, after = baseline.model.measures.get(kind.name), report.model.measures.get(kind.name)
    tolerance = settings.tolerance.get(kind.name, kind.tolerance or 0.0)
    if before is None or after is None or before.value is None or after.value is None:
        then, now = (None if found is None else found.value for found in (before, after))
        return GateRow(kind.name, then, now, None, tolerance, None, "missing", _why_missing(kind, baseline, report))
    sign = 1.0 if kind.better == "lower" else -1.0
    worse_by = round(sign * (after.value - before.value), DIGITS)
    found = difference(before, after)
    p = None if found is None else found.p_above(tolerance, sign=sign)
    if p is None:
        reason = "two held-out recordings are needed, each with something to count"
        return GateRow(kind.name, before.value, after.value, worse_by, tolerance, None, "undecided", reason)
    return GateRow(kind.name, before.value, after.value, worse_by, tolerance, p, "not worse")


def _why_missing(kind: MeasureKind, baseline: Report, report: Report) -> str:
    """Say why a measure has no figure before, now, or both."""
    reasons: dict[str, list[str]] = {}
    for when, result in (("before", baseline.model), ("now", report.model)):
        found = result.measures.get(kind.name)
        if found is None:
            scored = kind.axis in {"fit", "relevance"}
            reasons.setdefault((scored and result.unscored) or "not measured", []).append(when)
        elif found.value is None:
            reasons.setdefault("nothing to count", []).append(when)
    return "; ".join(f"{why} ({' and '.join(when)})" for why, when in reasons.items())


def _decide(rows: Sequence[GateRow], alpha: float, report: Report) -> list[GateRow]:
    """Correct the p values of the rows that have one, and mark what is worse."""
    corrected = iter(holm([row.p for row in rows if row.p is not None]))
    decided = []
    for row in rows:
        if row.p is None:
            decided.append(row)
            continue
        p = round(next(corrected), DIGITS)
        worse = p < alpha and not _inside_band(row, report)
        decided.append(replace(row, p=p, status="worse" if worse else "not worse"))
    return decided


def _inside_band(row: GateRow, report: Report) -> bool:
    if MEASURES[row.measure].axis != "likeness" or row.after is None:
        return False
    ceiling = next((result for result in report.baselines if result.name == CEILING), None)
    estimate = None if ceiling is None else ceiling.measures.get(row.measure)
    return estimate is not None and estimate.high is not None and row.after <= estimate.high
