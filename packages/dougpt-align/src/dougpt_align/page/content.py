"""What the template is filled with."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from dougpt_schema import ArrowStream, LinkReason

from dougpt_align.aligner import Alignment
from dougpt_align.arrays import Floats
from dougpt_align.page import figures
from dougpt_align.page.changes import changes
from dougpt_align.page.disputed import contested
from dougpt_align.page.examples import pick
from dougpt_align.page.reasons import funnel, words_of
from dougpt_align.page.reliability import curve, judge
from dougpt_align.page.summary import next_steps, sentences
from dougpt_align.page.told import Told, put_together
from dougpt_align.report import QUANTILES, AlignReport
from dougpt_align.scene import TYPED_CAP

PIECES_SHOWN = 40


def collect(
    alignment: Alignment, utterances: ArrowStream, chat_events: ArrowStream, labels: ArrowStream | None
) -> dict[str, Any]:
    """Return the values of the template by name."""
    report = alignment.report
    told = put_together(alignment, utterances, chat_events)
    outcomes = pick(told, alignment.candidates)
    groups = funnel(told.reason_N)
    happened = {step.name for group in groups for step in group.steps}
    return {
        "report": report,
        "sentences": sentences(report, int((told.is_accepted & told.by_label_N).sum())),
        "next_steps": next_steps(report),
        "groups": groups,
        "unused": [words_of(reason) for reason in LinkReason if words_of(reason) not in happened],
        "accepted": outcomes[0],
        "rejected": outcomes[1:],
        "certified": int(told.certified_N.sum()),
        "clock": _clock(report),
        "lags": _lags(report, told),
        "rates": _rates(told),
        "confidence": _confidence(report, told),
        "reliability": _reliability(alignment, labels),
        "changes": changes(report),
        "contested": contested(told, labels, report.recording_id),
        "figures_of_report": list(_flattened(report)),
    }


def _clock(report: AlignReport) -> dict[str, Any] | None:
    if not report.clock:
        return None
    return {
        "figure": figures.clock_figure("clock", report.clock),
        "pieces": report.clock[:PIECES_SHOWN],
        "more": max(len(report.clock) - PIECES_SHOWN, 0),
    }


def _lags(report: AlignReport, told: Told) -> dict[str, Any] | None:
    """Lags of accepted events beside the kernel, which is moved by the typing time of a message of median length."""
    lags_s = told.lag_s_N[told.is_accepted]
    if not len(lags_s):
        return None
    lengths = pc.utf8_length(told.messages.filter(pa.array(told.is_accepted))).to_numpy(zero_copy_only=False)
    characters = int(np.median(np.minimum(lengths, TYPED_CAP)))
    typing_s = characters * float(report.fit["typing_s_per_character"])
    learned = _kernel_quantiles(report.fit) + typing_s
    accepted = np.quantile(lags_s, QUANTILES)
    return {
        "figure": figures.lag_figure("lags", lags_s, report.fit, typing_s),
        "characters": characters,
        "typing_s": typing_s,
        "quantiles": list(zip(QUANTILES, accepted.tolist(), learned.tolist(), strict=True)),
    }


def _kernel_quantiles(fit: dict[str, Any]) -> Floats:
    mass = np.r_[0.0, np.cumsum(fit["kernel_density"])]
    edges = fit["kernel_start_s"] + fit["kernel_bin_s"] * np.arange(len(mass))
    return np.asarray(np.interp(np.array(QUANTILES) * mass[-1], mass, edges), dtype=np.float64)


def _rates(told: Told) -> dict[str, Any] | None:
    if not len(told.at_ms_N):
        return None
    figure, step = figures.rates_figure("rates", told.at_ms_N, told.is_accepted)
    return {"figure": figure, "step": step}


def _confidence(report: AlignReport, told: Told) -> dict[str, Any] | None:
    modelled = told.is_modelled
    if not modelled.any():
        return None
    threshold = float(report.threshold["probability"])
    accepted = told.is_accepted[modelled]
    return {"figure": figures.confidence_figure("confidence", told.probability_N[modelled], accepted, threshold)}


def _reliability(alignment: Alignment, labels: ArrowStream | None) -> dict[str, Any]:
    judged = None if labels is None else judge(alignment, labels)
    bins = () if judged is None else curve(judged)
    return {
        "labels": 0 if judged is None else len(judged.right_L),
        "bins": bins,
        "figure": figures.reliability_figure("reliability", bins) if bins else None,
        "not_given": labels is None and bool(alignment.report.labels.get("used")),
        "fitted": alignment.report.calibration.get("slope") != 1.0
        or bool(alignment.report.calibration.get("intercept")),
    }


def _flattened(report: AlignReport) -> list[tuple[str, str, Any]]:
    """Every figure of the report that is a single number or word, under the name of its part."""
    facts = report.to_dict()
    parts = {"": {name: value for name, value in facts.items() if not isinstance(value, dict)}}
    parts |= {name: value for name, value in facts.items() if isinstance(value, dict) and name != "examples"}
    return [
        (part, name, value)
        for part, values in sorted(parts.items())
        for name, value in sorted(values.items())
        if value is None or isinstance(value, (str, int, float))
    ]
