"""The figures of an alignment without labels and with them, as words beside each other."""

from collections.abc import Callable, Mapping
from typing import Any

from dougpt_schema.page.words import number, percent

from dougpt_align.report import AlignReport

NOT_KNOWN = "not known"
PINNED_BY = {"default": "assumed", "labels": "from labels", "prior": "from the prior", "estimate": "estimated"}


def changes(report: AlignReport) -> dict[str, Any] | None:
    """Rows of name, figure without labels, figure with them; None where there are no labels."""
    if not report.effect:
        return None
    before, after = report.effect["before"], report.effect["after"]
    figures: dict[str, Callable[[Mapping[str, Any]], str]] = {
        "share of replies": _share,
        "least probability": _threshold,
        "accepted, people's own decisions set aside": lambda view: number(view["accepted"]),
        "precision that is certified": _bound,
        "right among those accepted, as far as labels tell": lambda view: _percent(view["precision"]),
        "found among all replies": lambda view: _percent(view["recall"]),
        "F1 at that least probability": lambda view: _number(view["f1"]),
        "best F1 at any": lambda view: _number(view["best_f1"]),
        "calibration error": lambda view: _number(view["calibration_error"]),
    }
    sentence = (report.worth or {}).get("sentence", "")
    return {
        "judged_by": report.effect["judged_by"] if before["calibration_error"] is not None else 0,
        "rows": [(name, told(before), told(after)) for name, told in figures.items()],
        "worth": f"{sentence[:1].upper()}{sentence[1:]}." if sentence else "",
    }


def _share(view: Mapping[str, Any]) -> str:
    between = "" if view["share_low"] is None else f" ({percent(view['share_low'])} to {percent(view['share_high'])})"
    return f"{percent(view['share'])}{between}, {PINNED_BY.get(view['pinned_by'], view['pinned_by'])}"


def _threshold(view: Mapping[str, Any]) -> str:
    return f"{number(view['threshold'], 2)}{', chosen' if view['certified'] else ''}"


def _bound(view: Mapping[str, Any]) -> str:
    if view["bound"] is None:
        return "none"
    return f"{percent(view['bound'])} at least{'' if view['certified'] else ', less than asked'}"


def _percent(value: float | None) -> str:
    return NOT_KNOWN if value is None else percent(value)


def _number(value: float | None) -> str:
    return NOT_KNOWN if value is None else number(value, 2)
