"""How many messages answer the streamer at all: the one number that times and words alone do not settle.

It is pinned by labels drawn at random, else by a channel's prior, else by a documented default. The default is raised
where the recording itself shows more replies: the share that a fit finds when nothing pins it errs low (what is not
seen to be a reply counts as background), so that it says little where it is small, and much where it is large. Where
speech and chat should have shown that they belong together and did not, it is next to nothing.
"""

from dataclasses import dataclass, replace

import numpy as np

from dougpt_align.arrays import Ints, row_sums, sigmoid
from dougpt_align.attribution import Parameters, Posterior, Problem, Trust, fit, pin, stretch
from dougpt_align.channel import Channel
from dougpt_align.labelled_share import estimate_from_labels
from dougpt_align.labels import Labels
from dougpt_align.ragged import times_per_row
from dougpt_align.settings import AlignSettings

FEWEST_LABELS = 30
ESTIMATE_EVENTS = 20_000
FREE_START, LARGEST_ESTIMATE = 0.3, 0.6
LEAST_SHARE, LARGEST_DOUBTFUL = 0.001, 0.05


@dataclass(frozen=True, slots=True)
class Share:
    """The share of messages that answer the streamer, and where it comes from: labels, prior, estimate or default.

    `low` and `high` are its 95 % interval, where labels pin it.
    """

    value: float
    pinned_by: str
    labels: int
    low: float | None = None
    high: float | None = None


def pin_share(settings: AlignSettings, labels: Labels, rows: Ints, channel: Channel | None) -> Share:
    """The share as far as it is known: from labels drawn at random, else from the prior, else the default."""
    mine = labels.among(rows)
    found = estimate_from_labels(mine)
    if found is not None and found.labels >= FEWEST_LABELS:
        return Share(round(found.value, 4), "labels", found.labels, round(found.low, 4), round(found.high, 4))
    if channel is not None:
        # A prior made without labels has assumed its share: nobody has measured it.
        return Share(channel.share, "prior" if channel.share_labels else "default", channel.share_labels)
    return Share(settings.share, "default", 0)


def estimate_share(problem: Problem, start: Parameters, trust: Trust, rounds: int) -> float:
    """The share of replies that a fit finds when nothing pins it; it errs low."""
    if not len(problem.parent_P):
        return 0.0
    part = stretch(problem, ESTIMATE_EVENTS)
    return round(min(fit(part, start, FREE_START, trust, rounds, is_pinned=False).share, LARGEST_ESTIMATE), 4)


def settle_share(share: Share, estimate: float, *, is_doubtful: bool) -> Share:
    """The share that the final probabilities keep.

    Args:
        share: What was pinned.
        estimate: What the recording shows by itself.
        is_doubtful: Speech and chat should have shown that they belong together, and did not: then little is assumed.
    """
    if share.labels:
        return share
    if is_doubtful:
        return Share(min(max(estimate, LEAST_SHARE), LARGEST_DOUBTFUL), "estimate", 0)
    return Share(estimate, "estimate", 0) if estimate > share.value else share


def hold_to(fitted: Posterior, problem: Problem, share: float) -> Posterior:
    """The posterior with the odds of being a reply shifted for all events alike, so that their mean is `share`."""
    reply = 1.0 - fitted.background_E
    free = (reply > 0) & (reply < 1)
    if not free.any():
        return fitted
    log_odds = np.log(reply[free]) - np.log1p(-reply[free])
    settled = float(problem.weight_E[~free] @ reply[~free])
    shift = pin(log_odds, problem.weight_E[free], share * float(problem.weight_E.sum()) - settled)
    now = reply.copy()
    now[free] = sigmoid(log_odds + shift)
    total = row_sums(fitted.link_P, problem.ptr)
    scale = np.divide(now, total, out=np.zeros_like(total), where=total > 0)
    return replace(fitted, link_P=times_per_row(fitted.link_P, problem.ptr, scale), background_E=1.0 - now, share=share)
