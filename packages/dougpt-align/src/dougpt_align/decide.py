"""Accept or not, and the one reason why not.

Reasons have an order of precedence (that of `LinkReason`): an event that several apply to carries the first.
"""

from dataclasses import dataclass

import numpy as np
from dougpt_schema import LinkReason
from numpy.typing import NDArray

from dougpt_align.arrays import Bools, Floats, Ints
from dougpt_align.background import Windows
from dougpt_align.candidates import Pairs
from dougpt_align.ragged import two_largest

NONE = -1
REASONS = tuple(LinkReason)
BURST_HALF_S = 4.0
BURST_RATIO = 4.0
BURST_EVENTS = 8
CALM_HALF_WIDTHS_S = (45.0, 90.0, 240.0)


@dataclass(frozen=True, slots=True)
class Best:
    """Best and second parent of each event: pair number (or -1), and both probabilities."""

    pair_E: Ints
    probability_E: Floats
    runner_up_E: Floats


def best_parents(pairs: Pairs, probability_P: Floats) -> Best:
    """The most probable parent of each event; of equals, the utterance that ended last."""
    return Best(*two_largest(probability_P, pairs.ptr))


def decide(probability_E: Floats, background_E: Floats, threshold: float, rejected: dict[LinkReason, Bools]) -> Ints:
    """The number of each event's reason in `REASONS`, -1 where it is accepted.

    Reasons that hold whatever the probability stand first, then the threshold.

    Args:
        probability_E: The probability of the best parent.
        background_E: The probability that an event answers nothing.
        threshold: Accept from here on.
        rejected: Events that a reason rejects whatever their probability.
    """
    reason = np.full(len(background_E), NONE, dtype=np.int64)
    weak = probability_E < threshold
    reply = 1.0 - background_E
    reason[weak] = REASONS.index(LinkReason.LOW_CONFIDENCE)
    reason[weak & (reply >= threshold)] = REASONS.index(LinkReason.AMBIGUOUS_PARENT)
    reason[weak & (background_E > 0.5)] = REASONS.index(LinkReason.BACKGROUND)
    for cause in reversed(REASONS):
        if cause in rejected:
            reason[rejected[cause]] = REASONS.index(cause)
    return reason


def find_bursts(time_s_E: Floats, parent_start_s_E: Floats, has_content_E: Bools) -> Bools:
    """Events of a sudden burst that began before the speech they would answer, without a word in common with it.

    Something on screen made both chat and streamer react; the speech is no cause of it.

    Args:
        time_s_E: Sorted event times.
        parent_start_s_E: When the best parent began; NaN where there is none.
        has_content_E: Whether the event shares rare words with it.
    """
    if not len(time_s_E):
        return np.zeros(0, dtype=np.bool_)
    low = np.searchsorted(time_s_E, time_s_E - BURST_HALF_S)
    high = np.searchsorted(time_s_E, time_s_E + BURST_HALF_S, side="right")
    slow = Windows.of(time_s_E, CALM_HALF_WIDTHS_S).intensity(np.ones(len(time_s_E)))
    count = high - low
    hot = (count >= BURST_EVENTS) & (count / (2 * BURST_HALF_S) > BURST_RATIO * slow)
    begins = hot & np.r_[True, ~hot[:-1] | (np.diff(time_s_E) > BURST_HALF_S)]
    run = np.cumsum(begins) - 1
    onset = time_s_E[low][begins][np.maximum(run, 0)] if begins.any() else np.full(len(time_s_E), np.inf)
    with np.errstate(invalid="ignore"):
        late = parent_start_s_E >= onset
    return np.asarray(hot & late & ~has_content_E)


def reason_names(reason_E: Ints) -> NDArray[np.object_]:
    """Names of reasons, None where accepted."""
    names = np.array([*(reason.value for reason in REASONS), None], dtype=object)
    return names[reason_E]
