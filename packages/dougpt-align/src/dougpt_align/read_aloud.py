"""Speech that reads chat aloud: the reverse direction, in which the message came first.

A message counts as read when an utterance that starts within half a minute after it repeats most of its
rare words, and no utterance before it shares as much.
"""

import numpy as np

from dougpt_align.arrays import Bools, Floats, Ints, row_maxima
from dougpt_align.candidates import Pairs
from dougpt_align.scene import Scene
from dougpt_align.tokens import shared_weight

SOONEST_MS = 500
LATEST_MS = 30_000
MIN_COVERAGE = 0.6
MIN_WEIGHT = 9.0


def find_read_aloud(scene: Scene, rows: Ints, at_ms_E: Ints, pairs: Pairs, shared_P: Floats) -> Bools:
    """Which of the events `rows` are read aloud soon after.

    Args:
        scene: The recording.
        rows: Rows of the chat table.
        at_ms_E: Their times on the recording's clock.
        pairs: Candidates of the forward direction.
        shared_P: Their shared weight.
    """
    start_ms = scene.speech.start_ms
    order = np.argsort(start_ms, kind="stable")
    if not len(order) or not len(at_ms_E):
        return np.zeros(len(at_ms_E), dtype=np.bool_)
    first = np.searchsorted(start_ms[order], at_ms_E + SOONEST_MS)
    last = np.searchsorted(start_ms[order], at_ms_E + LATEST_MS)
    ptr = np.concatenate([[0], np.cumsum(last - first)]).astype(np.int64)
    lexicon = scene.lexicon.of(utterances=order, events=rows)
    after = row_maxima(shared_weight(lexicon, ptr, first), ptr)
    before = row_maxima(np.where(pairs.lag_s_P > -1.0, shared_P, 0.0), pairs.ptr)
    mass = np.maximum(lexicon.event_mass, 1e-9)
    return np.asarray((after >= MIN_WEIGHT) & (after >= MIN_COVERAGE * mass) & (after > before))
