"""Reasons in phrases, and the funnel: how many events are left after each, in the order in which they apply."""

from dataclasses import dataclass

import numpy as np
from dougpt_schema import LINK_MEANINGS, LinkReason

from dougpt_align.arrays import Ints

GROUPS = (
    ("no ordinary message", ("deleted", "notice", "bot", "command", "shared_chat")),
    ("decided by a person", ("labelled_no_reply",)),
    ("no speech to answer", ("unrelated", "clock_uncertain", "cut", "no_speech_in_window")),
    ("answers something else", ("reply_to_chatter", "read_aloud", "copypasta", "event_burst")),
    ("not sure enough", ("background", "ambiguous_parent", "low_confidence")),
)


@dataclass(frozen=True, slots=True)
class Step:
    """A reason with the number of events it rejected, and how many are left after it."""

    name: str
    meaning: str
    count: int
    left: int


@dataclass(frozen=True, slots=True)
class Group:
    """Reasons of one kind; those that rejected nothing are not among its steps."""

    title: str
    steps: tuple[Step, ...]
    count: int
    left: int


def words_of(reason: str) -> str:
    """A reason's name as it is read."""
    return reason.replace("_", " ")


def funnel(reason_N: Ints) -> tuple[Group, ...]:
    """From all events to the accepted ones, in the order of precedence."""
    counts = np.bincount(reason_N[reason_N >= 0], minlength=len(LinkReason)).tolist()
    of = dict(zip(LinkReason, counts, strict=True))
    left, groups = len(reason_N), []
    for title, names in GROUPS:
        steps, before = [], left
        for reason in map(LinkReason, names):
            left -= of[reason]
            if of[reason]:
                steps.append(Step(words_of(reason), LINK_MEANINGS[reason], of[reason], left))
        groups.append(Group(title, tuple(steps), before - left, left))
    return tuple(groups)
