"""How well it answers: the model beside what it must beat, and what both say."""

from typing import Any

from dougpt_eval import Report
from dougpt_eval.figures import ROW_INCHES, draw_by_recording, draw_intervals
from dougpt_eval.measures import MEASURES
from dougpt_eval.pairs import difference
from dougpt_eval.report import Result
from dougpt_schema.page.drawing import drawing
from markupsafe import Markup

from dougpt.page.facts import PageFacts
from dougpt.page.naming import LIKENESS, MODEL, name_of, title_of
from dougpt.page.verdict import against_base, band, best_of_others, verdict

RANKS = ("gain", "mrr", "hits_at_1", "hits_at_5")
SCORES = {"by log-probability": "logprob", "by PMI": "pmi"}
"""By what replies are ranked: a table each, since all columns in one are wider than most windows."""
BY_BYTE = tuple(f"{name}_per_byte" for name in RANKS)
HABITS = (
    "mean_length",
    "mean_burst",
    "emote_rate",
    "question_rate",
    "capitals_rate",
    "duplicate_rate",
    "distinct_1",
    "distinct_2",
    "burst_similarity",
)
ACROSS = ("bits_per_byte", "prompt_gain", "mrr_pmi", "gain_pmi", "trigram_divergence", "two_sample_auc", "stop_rate")
RUNS_SHOWN = 12
BEHAVIOUR = (
    "stop_rate",
    "cut_off_rate",
    "empty_rate",
    "prompt_copies",
    "training_copies",
    "markup_leaks",
    "link_leaks",
    "mention_leaks",
    "name_leaks",
    "flagged_rate",
    "flagged_excess",
)


def measured_view(facts: PageFacts) -> dict[str, Any] | None:
    """Return what the section on evaluation shows; None where nothing was evaluated."""
    if facts.evaluation is None:
        return None
    report = Report.from_dict(facts.evaluation)
    everyone, best = [report.model, *report.baselines], best_of_others(report)
    likely = _having(report, "bits_per_byte")
    return {
        "suite": report.suite,
        "bits": report.model.measures.get("bits_per_byte"),
        "gain": report.model.measures.get("prompt_gain"),
        "best": None if best is None else {"name": name_of(best.name), **_cell(best, "bits_per_byte")},
        "verdict": verdict(report),
        "unscored": report.model.unscored,
        "against_base": against_base(report),
        "fit": _table(likely, ("bits_per_byte", "prompt_gain")),
        "fit_figure": _fit_figure(report),
        "recordings_figure": _recordings_figure(report, best),
        "relevance": [
            (title, _table(_having(report, "mrr_logprob"), tuple(f"{name}_{score}" for name in RANKS)))
            for title, score in SCORES.items()
        ],
        "by_byte": _table(_having(report, "mrr_per_byte"), BY_BYTE),
        "likeness": _table(_having(report, "length_distance"), LIKENESS),
        "band": [{"name": name, "inside": inside} for name, inside in band(report)],
        "against": _against(report),
        "runs": _runs(report, facts),
        "blind": _blind(report, facts),
        "habits": _table([report.real, *everyone], HABITS),
        "behaviour": _table([report.real, *everyone], BEHAVIOUR),
        "examples": report.examples,
        "others": [
            (result.name, name_of(result.name)) for result in report.baselines if result.what == "a further model"
        ],
        "contamination": report.contamination,
        "warnings": report.warnings,
    }


def _having(report: Report, measure: str) -> list[Result]:
    """Return who has a measure; the model stands there even without."""
    return [report.model, *(result for result in report.baselines if measure in result.measures)]


def _against(report: Report) -> list[dict[str, Any]]:
    """Return how many bits per byte the model needs more than each other one, in pairs of recordings."""
    ours = report.model.measures.get("bits_per_byte")
    rows = []
    for result in report.baselines:
        theirs = result.measures.get("bits_per_byte")
        found = None if ours is None or theirs is None else difference(theirs, ours)
        if found is not None:
            low, high = found.interval
            verdict = "fewer" if high < 0 else "more" if low > 0 else "too small to tell"
            rows.append(
                {"name": name_of(result.name), "value": found.value, "low": low, "high": high}
                | {"verdict": verdict, "tag": {"fewer": "good", "more": "bad"}.get(verdict, "fair")}
            )
    return rows


def _runs(report: Report, facts: PageFacts) -> dict[str, Any] | None:
    """Return the models that were measured before beside this one, newest last."""
    past = facts.history[-RUNS_SHOWN:]
    if len(past) < 2:
        return None
    shown = [name for name in ACROSS if any(name in one.model.measures for one in past)]
    return {
        "kinds": [(title_of(name), MEASURES[name]) for name in shown],
        "rows": [
            {
                "name": one.name,
                "what": one.suite.fingerprint,
                "ours": one.model.fingerprint == report.model.fingerprint,
                "compares": (one.suite.fingerprint, one.report.protocol) == (report.suite.fingerprint, report.protocol),
                "cells": [_cell(one.model, name) for name in shown],
            }
            for one in past
        ],
        "more": len(facts.history) - len(past),
    }


def _blind(report: Report, facts: PageFacts) -> list[dict[str, Any]]:
    """Return what people took for the real chat, where this very model was asked."""
    mine = [one for one in (facts.blind or {}).values() if one["model"] == report.model.fingerprint]
    return [{**one, **one["taken_for_real"]} for one in mine]


def _table(results: list[Result], measures: tuple[str, ...]) -> dict[str, Any] | None:
    shown = [name for name in measures if any(name in result.measures for result in results)]
    if not shown:
        return None
    return {
        "kinds": [(title_of(name), MEASURES[name]) for name in shown],
        "rows": [
            {
                "name": name_of(result.name),
                "what": result.what,
                "ours": result.name == MODEL,
                "cells": [_cell(result, name) for name in shown],
            }
            for result in results
            if result.name == MODEL or any(name in result.measures for name in shown)
        ],
    }


def _cell(result: Result, measure: str) -> dict[str, Any]:
    estimate, kind = result.measures.get(measure), MEASURES[measure]
    if estimate is None:
        return {"value": None, "low": None, "high": None, "digits": 3, "share": False}
    digits = 1 if kind.unit in {"characters", "replies"} else 3
    return {
        "value": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "digits": digits,
        "share": kind.unit == "share",
    }


def _fit_figure(report: Report) -> Markup | None:
    rows = sum("bits_per_byte" in result.measures for result in (report.model, *report.baselines))
    if not rows:
        return None
    label = "Bits per byte and prompt gain of the model and of what it must beat, with 95 % intervals"
    with drawing("fit", label, width=9.2, height=1.0 + ROW_INCHES * rows, columns=2) as made:
        left, right = made.axes
        names = draw_intervals(left, report, "bits_per_byte")
        left.set_yticks(range(len(names)), [name_of(name) for name in names])
        left.set_xlabel("bits per byte of held-out replies (fewer is better)")
        names = draw_intervals(right, report, "prompt_gain")
        right.set_yticks(range(len(names)), [""] * len(names))
        right.axvline(0, color="C2", linewidth=1)
        right.set_xlabel("prompt gain in bits per byte (more is better)")
    return made.svg


def _recordings_figure(report: Report, best: Result | None) -> Markup | None:
    estimate = report.model.measures.get("bits_per_byte")
    if estimate is None or len(estimate.by_recording) < 2:
        return None
    others = () if best is None else (best.name,)
    with drawing(
        "by-recording",
        "Bits per byte on each held-out recording",
        width=5.6,
        height=1.1 + ROW_INCHES * len(estimate.by_recording),
    ) as made:
        axes = made.axes[0]
        draw_by_recording(axes, report, "bits_per_byte", others)
        axes.set_xlabel("bits per byte of held-out replies")
        handles, labels = axes.get_legend_handles_labels()
        axes.legend(handles, [name_of(name) for name in labels], fontsize=8.5, loc="upper right")
    return made.svg
