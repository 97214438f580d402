"""How well it answers: the model beside what it must beat, and what both say."""

from typing import Any

from dougpt_eval import Report
from dougpt_eval.figures import ROW_INCHES, draw_by_recording, draw_intervals
from dougpt_eval.measures import MEASURES
from dougpt_eval.report import Result
from dougpt_schema.page.drawing import drawing
from markupsafe import Markup

from dougpt.page.facts import PageFacts

RELEVANCE = ("mrr_logprob", "gain_logprob", "mrr_pmi", "gain_pmi", "hits_at_1_pmi", "hits_at_5_pmi")
LIKENESS = ("trigram_divergence", "word_divergence", "length_distance", "burst_distance", "two_sample_auc")
HABITS = ("mean_length", "mean_burst", "emote_rate", "question_rate", "capitals_rate", "duplicate_rate", "distinct_2")
BEHAVIOUR = (
    "empty_rate",
    "prompt_copies",
    "training_copies",
    "markup_leaks",
    "link_leaks",
    "mention_leaks",
    "name_leaks",
    "flagged_rate",
)
NAMES = {
    "model": "this run's model",
    "real chat": "real chat",
    "characters": "characters",
    "words": "words",
    "character_ngram": "character n-gram",
    "word_ngram": "word Markov chain",
    "messages": "most frequent message",
    "emotes": "single emotes",
    "retrieval": "BM25 retrieval",
    "tfidf": "tf-idf ranker",
    "another_minute": "real chat, another minute",
}
TITLES = {
    "bits_per_byte": "bits per byte",
    "prompt_gain": "prompt gain",
    "mrr_logprob": "MRR",
    "gain_logprob": "MRR by the prompt",
    "mrr_pmi": "MRR by PMI",
    "gain_pmi": "MRR by PMI and prompt",
    "hits_at_1_pmi": "first by PMI",
    "hits_at_5_pmi": "in five by PMI",
    "two_sample_auc": "told apart (AUC)",
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
        "likeness": _table([result for result in everyone if "length_distance" in result.measures], LIKENESS),
        "habits": _table([report.real, *everyone], HABITS),
        "behaviour": _table([report.real, *everyone], BEHAVIOUR),
        "examples": report.examples,
        "others": [result.name for result in report.baselines if result.what == "a further model"],
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
        parts.append(
            f"The model needs {ours.value:.3f} bits for a byte of held-out chat, {better} the best of the others"
            f" ({name}, {theirs:.3f})."
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
