"""Which utterances an event may answer: those that ended shortly before it, as ragged rows.

Utterances are sorted by their ends, so an event's candidates are a range of them, found by search.
"""

from dataclasses import dataclass

import numpy as np

from dougpt_align.arrays import Floats, Ints, Rows, expand
from dougpt_align.settings import AlignSettings

# Beyond this many pairs, rows are shortened; 60 bytes a pair make about a gigabyte.
MAX_PAIRS = 20_000_000


@dataclass(frozen=True, slots=True)
class Pairs:
    """Candidates of E events: pairs ptr[e] .. ptr[e + 1] - 1 are utterances first_E[e], first_E[e] + 1, ...

    `dropped` counts candidates left out because an event had too many.
    """

    ptr: Ints
    first_E: Ints
    parent_P: Rows
    event_P: Rows
    lag_s_P: Floats
    dropped: int


def find_pairs(end_ms_U: Ints, at_ms_E: Ints, low_U: Ints, high_U: Ints, settings: AlignSettings) -> Pairs:
    """Pair each event with the utterances in the lag window.

    Args:
        end_ms_U: Ends of utterances, sorted.
        at_ms_E: Times of events on the recording's clock, in any order.
        low_U: The first utterance that each event may have at all (a cut of the recording bounds it).
        high_U: One past the last.
        settings: Gives the window and the most candidates an event may have.
    """
    first = np.maximum(np.searchsorted(end_ms_U, at_ms_E - settings.latest_lag_ms, side="left"), low_U)
    last = np.minimum(np.searchsorted(end_ms_U, at_ms_E - settings.earliest_lag_ms, side="right"), high_U)
    counts = np.maximum(last - first, 0)
    most = settings.max_candidates
    if counts.clip(max=most).sum() > MAX_PAIRS:
        most = max(1, MAX_PAIRS // len(at_ms_E))
    kept = np.minimum(counts, most)
    first = last - kept
    ptr = np.concatenate([[0], np.cumsum(kept)]).astype(np.int64)
    parent = expand(first, kept).astype(np.int32)
    event = np.repeat(np.arange(len(at_ms_E), dtype=np.int32), kept)
    lag_s = (at_ms_E[event] - end_ms_U[parent]) / 1000.0
    return Pairs(ptr, first, parent, event, lag_s, dropped=int((counts - kept).sum()))
