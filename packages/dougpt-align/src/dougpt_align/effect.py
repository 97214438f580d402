"""What labels changed: the figures of an alignment without them and with them, both judged by those drawn at random.

Probabilities of labelled events come from folds without their own label, so that the figures with labels are not
those of a pupil who marks his own work; the calibrator's two numbers alone were fitted to all of them.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from dougpt_align.arrays import Bools, Floats
from dougpt_align.calibrate import Threshold
from dougpt_align.prepared import Prepared
from dougpt_align.share import Share
from dougpt_align.supervise import Answers, checked_links

FEWEST = 30
MOST_BINS, LABELS_A_BIN = 10, 12


@dataclass(frozen=True, slots=True)
class View:
    """One way to see a recording: probabilities of pairs, refused events, threshold, share, and events accepted."""

    link_P: Floats
    refused_E: Bools
    threshold: Threshold
    share: Share
    accepted: int


def compare(prepared: Prepared, answers: Answers, before: View, after: View) -> dict[str, Any]:
    """Both views in the same figures; where fewer than 30 random labels judge them, there are only counts."""
    judged = int(answers.is_random_A.sum())
    return {
        "judged_by": judged,
        "before": _figures(prepared, answers, before),
        "after": _figures(prepared, answers, after),
    }


def _figures(prepared: Prepared, answers: Answers, view: View) -> dict[str, Any]:
    share, threshold = view.share, view.threshold
    return {
        "share": share.value,
        "share_low": share.low,
        "share_high": share.high,
        "pinned_by": share.pinned_by,
        "threshold": threshold.probability,
        "certified": threshold.certified,
        "bound": None if threshold.bound is None else round(threshold.bound, 4),
        "accepted": view.accepted,
        **_judged(prepared, answers, view),
    }


def _judged(prepared: Prepared, answers: Answers, view: View) -> dict[str, float | None]:
    """Precision, recall and F1 of links at the threshold, the best F1 at any, and the calibration error of all."""
    probability, right, weight, has = checked_links(prepared, view.link_P, answers)
    if len(right) < FEWEST:
        return dict.fromkeys(("precision", "recall", "f1", "best_f1", "calibration_error"))
    random = answers.is_random_A
    accepted = has & (probability >= view.threshold.probability) & ~view.refused_E[answers.event_A[random]]
    found, taken = float(weight @ (accepted & right)), float(weight @ accepted)
    replies = float(weight @ answers.is_reply_A[random])
    return {
        "precision": round(found / taken, 4) if taken else None,
        "recall": round(found / replies, 4) if replies else None,
        "f1": round(2 * found / (taken + replies), 4) if taken + replies else None,
        "best_f1": round(_best_f1(probability, has & right, np.where(has, weight, 0.0), replies), 4),
        "calibration_error": round(_calibration_error(probability[has], right[has], weight[has]), 4),
    }


def _best_f1(probability: Floats, right: Bools, weight: Floats, replies: float) -> float:
    """The highest F1 that a threshold on the probability reaches: how well links are told apart, wherever it lies."""
    order = np.argsort(-probability, kind="stable")
    found, taken = np.cumsum((weight * right)[order]), np.cumsum(weight[order])
    return float((2 * found / np.maximum(taken + replies, 1e-12)).max(initial=0.0))


def _calibration_error(probability: Floats, right: Bools, weight: Floats) -> float:
    """How far claimed and found precision lie apart, over bins of equally many labels."""
    if not len(right):
        return 0.0
    order = np.argsort(probability, kind="stable")
    bins = np.array_split(order, max(1, min(MOST_BINS, len(right) // LABELS_A_BIN)))
    apart = [abs(float(weight[rows] @ (probability[rows] - right[rows]))) for rows in bins]
    return sum(apart) / float(weight.sum())
