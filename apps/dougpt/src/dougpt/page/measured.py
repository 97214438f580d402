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

RANKS = ("gain", "mrr", "hits_at_1", "hits_at_5")
RELEVANCE = tuple(f"{name}_{score}" for score in ("logprob", "pmi") for name in RANKS)
BY_BYTE = tuple(f"{name}_per_byte" for name in RANKS)
LIKENESS = (
    "trigram_divergence",
    "word_divergence",
    "emote_divergence",
    "style_divergence",
    "length_distance",
    "burst_distance",
    "two_sample_auc",
    "mauve",
)
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
CEILING = "another_minute"
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
NAMES = {
    "model": "this run's model",
    "real chat": "real chat",
    "characters": "characters",
    "words": "words",
    "character_ngram": "character n-gram",
    "word_ngram": "word n-gram",
    "markov": "Markov chain (markovify)",
    "base_few_shot": "base model, a few examples",
    "messages": "most frequent message",
    "emotes": "single emotes",
    "retrieval": "BM25 retrieval",
    "tfidf": "tf-idf ranker",
    "another_minute": "real chat, another minute",
}
TITLES = {
    "bits_per_byte": "bits per byte",
    "prompt_gain": "prompt gain",
    "two_sample_auc": "told apart (AUC)",
    "mauve": "MAUVE",
    **{
        f"{name}_{score}": f"{title}{by}"
        for score, by in (("logprob", ""), ("per_byte", " by byte"), ("pmi", " by PMI"))
        for name, title in (
            ("mrr", "MRR"),
            ("hits_at_1", "first"),
            ("hits_at_5", "in five"),
            ("gain", "MRR gain"),
        )
    },
}


def measured_view(facts: PageFacts) -> dict[str, Any] | None:
    """Return what the section on evaluation shows; None where nothing was evaluated."""
    if facts.evaluation is None:
        return None
    report = Report.from_dict(facts.evaluation)
    everyone = [report.model, *report.baselines]
    likely = [result for result in everyone if "bits_per_byte" in result.measures]
    blind = [result for result in likely if result is not report.model]
    best = min(blind, key=lambda result: result.measures["bits_per_byte"].value or 0.0, default=None)
    return {
        "suite": report.suite,
        "bits": report.model.measures.get("bits_per_byte"),
        "gain": report.model.measures.get("prompt_gain"),
        "best": None if best is None else {"name": NAMES.get(best.name, best.name), **_cell(best, "bits_per_byte")},
        "verdict": _verdict(report, best),
        "fit": _table(likely, ("bits_per_byte", "prompt_gain")),
        "fit_figure": _fit_figure(report, len(likely)) if likely else None,
        "recordings_figure": _recordings_figure(report, best),
        "relevance": _table([result for result in everyone if "mrr_logprob" in result.measures], RELEVANCE),
        "by_byte": _table([result for result in everyone if "mrr_per_byte" in result.measures], BY_BYTE),
        "likeness": _table([result for result in everyone if "length_distance" in result.measures], LIKENESS),
        "band": _band(report),
        "against": _against(report),
        "runs": _runs(report, facts),
        "blind": _blind(report, facts),
        "habits": _table([report.real, *everyone], HABITS),
        "behaviour": _table([report.real, *everyone], BEHAVIOUR),
        "examples": report.examples,
        "others": [
            (result.name, NAMES.get(result.name, result.name))
            for result in report.baselines
            if result.what == "a further model"
        ],
        "contamination": report.contamination,
        "warnings": report.warnings,
    }


def _verdict(report: Report, best: Result | None) -> str:
    """Say in a sentence whether the model beats the best baseline, and whether the prompt matters to it."""
    ours = report.model.measures.get("bits_per_byte")
    gain = report.model.measures.get("prompt_gain")
    parts = []
    if best is not None and ours is not None and ours.value is not None:
        theirs = best.measures["bits_per_byte"].value or 0.0
        name = NAMES.get(best.name, best.name)
        better = "fewer than" if ours.value < theirs else "more than" if ours.value > theirs else "the same as"
        apart = difference(best.measures["bits_per_byte"], ours)
        told = "" if apart is not None and _apart(apart.interval) else "; the holdout is too small to tell them apart"
        parts.append(
            f"The model needs {ours.value:.3f} bits for a byte of held-out chat, {better} the best of the others"
            f" ({name}, {theirs:.3f}){told}."
        )
    if gain is not None and gain.value is not None:
        if gain.low is None or gain.high is None:
            known = "one recording gives no interval"
        elif gain.low > 0:
            known = "it listens: the interval lies above 0"
        else:
            known = "the interval holds 0, so that it listens is not shown"
        parts.append(f"The true prompt saves {gain.value:.3f} bits a byte over another window's; {known}.")
    return " ".join(parts)


def _apart(interval: tuple[float, float]) -> bool:
    return interval[0] > 0 or interval[1] < 0


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
                {"name": NAMES.get(result.name, result.name), "value": found.value, "low": low, "high": high}
                | {"verdict": verdict, "tag": {"fewer": "good", "more": "bad"}.get(verdict, "fair")}
            )
    return rows


def _band(report: Report) -> list[dict[str, Any]]:
    """Return for each distance whether the model's lies in the interval of real chat of another minute."""
    ceiling = next((result for result in report.baselines if result.name == CEILING), None)
    rows = []
    for name in LIKENESS:
        ours = report.model.measures.get(name)
        theirs = None if ceiling is None else ceiling.measures.get(name)
        if ours is None or theirs is None or ours.value is None or theirs.low is None or theirs.high is None:
            continue
        outside = ours.value > theirs.high if MEASURES[name].better == "lower" else ours.value < theirs.low
        rows.append({"name": TITLES.get(name, name.replace("_", " ")), "inside": not outside})
    return rows


def _runs(report: Report, facts: PageFacts) -> dict[str, Any] | None:
    """Return the models that were measured before beside this one, newest last."""
    past = facts.history[-RUNS_SHOWN:]
    if len(past) < 2:
        return None
    shown = [name for name in ACROSS if any(name in one.model.measures for one in past)]
    return {
        "kinds": [(TITLES.get(name, name.replace("_", " ")), MEASURES[name]) for name in shown],
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
        "kinds": [(TITLES.get(name, name.replace("_", " ")), MEASURES[name]) for name in shown],
        "rows": [
            {
                "name": NAMES.get(result.name, result.name),
                "what": result.what,
                "ours": result.name == "model",
                "cells": [_cell(result, name) for name in shown],
            }
            for result in results
            if any(name in result.measures for name in shown)
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


def _fit_figure(report: Report, rows: int) -> Markup:
    label = "Bits per byte and prompt gain of the model and of what it must beat, with 95 % intervals"
    with drawing("fit", label, width=9.2, height=1.0 + ROW_INCHES * rows, columns=2) as made:
        left, right = made.axes
        names = draw_intervals(left, report, "bits_per_byte")
        left.set_yticks(range(len(names)), [NAMES.get(name, name) for name in names])
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
        axes.legend(handles, [NAMES.get(name, name) for name in labels], fontsize=8.5)
    return made.svg
