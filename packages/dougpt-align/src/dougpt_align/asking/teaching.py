"""Which events teach most: doubtful ones near the threshold, in strata of which little is known, and not all alike."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dougpt_align.arrays import Bools, Floats, Ints
from dougpt_align.asking.frame import Frame
from dougpt_align.calibrate import clopper_pearson_lower

NEAR = 0.15
# A second question about one utterance, or of one text, teaches half as much as the first.
REPEATED = 0.5
LEVEL = 0.975


def by_value(frame: Frame, open_N: Bools, answered_N: Ints) -> Ints:
    """Rows that may be asked (`open_N`), the most instructive first.

    Args:
        frame: The recording.
        open_N: Which events may be asked.
        answered_N: What is known of each event: 1 a reply, 0 none, -1 not answered.
    """
    value = (_doubt(frame) + _nearness(frame)) * (0.25 + _widths(frame, answered_N))
    rows = np.flatnonzero(open_N)
    rows = rows[np.lexsort((rows, -value[rows]))]
    texts = pc.utf8_lower(frame.texts.take(pa.array(rows))).dictionary_encode().indices.to_numpy(zero_copy_only=False)
    parents = np.where(frame.parent_N[rows] < 0, -1 - rows, frame.parent_N[rows])
    discounted = value[rows] * REPEATED ** (_earlier(parents) + _earlier(texts.astype(np.int64)))
    return rows[np.lexsort((rows, -discounted))]


def _doubt(frame: Frame) -> Floats:
    """Entropy, in nats, over best utterance, runner-up, the others and none."""
    others = np.maximum(1.0 - frame.background_N - frame.probability_N - frame.runner_up_N, 0.0)
    parts = np.stack([frame.probability_N, frame.runner_up_N, frame.background_N, others])
    return np.asarray(-(parts * np.log(np.clip(parts, 1e-9, 1.0))).sum(axis=0))


def _nearness(frame: Frame) -> Floats:
    return np.asarray(np.exp(-0.5 * ((frame.probability_N - frame.threshold) / NEAR) ** 2))


def _widths(frame: Frame, answered_N: Ints) -> Floats:
    """Half the width of the 95 % interval of the share of replies in each event's stratum."""
    names, stratum_N = np.unique(frame.strata_N.astype(str), return_inverse=True)
    known = answered_N >= 0
    asked = np.bincount(stratum_N[known], minlength=len(names))
    replies = np.bincount(stratum_N[known], weights=answered_N[known], minlength=len(names))
    widths = [
        (1.0 - clopper_pearson_lower(n - k, n, LEVEL) - clopper_pearson_lower(k, n, LEVEL)) / 2 if n else 0.5
        for k, n in zip(replies.tolist(), asked.tolist(), strict=True)
    ]
    return np.array(widths)[stratum_N] if len(names) else np.zeros(0)


def _earlier(values: Ints) -> Ints:
    """How often each value came before its place."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    found = np.empty(len(values), dtype=np.int64)
    found[order] = np.arange(len(values)) - np.searchsorted(ordered, ordered)
    return found
