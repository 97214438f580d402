"""Reasons in phrases, and the funnel: how many events are left after each, in the order in which they apply."""

from dataclasses import dataclass

import numpy as np
from dougpt_schema import LinkReason

from dougpt_align.arrays import Ints

MEANINGS = {
    LinkReason.DELETED: "a moderator deleted it",
    LinkReason.NOTICE: "a notice of the platform, such as a subscription",
    LinkReason.BOT: "written by a bot",
    LinkReason.COMMAND: "a command to a bot",
    LinkReason.SHARED_CHAT: "written in another channel's chat",
    LinkReason.LABELLED_NO_REPLY: "a person said that it answers nothing",
    LinkReason.UNRELATED: "speech and chat do not belong together",
    LinkReason.CLOCK_UNCERTAIN: "it is not known how chat's clock runs there",
    LinkReason.CUT: "what it would answer was cut from the recording, or cannot be heard",
    LinkReason.NO_SPEECH_IN_WINDOW: "nothing was said in the time that an answer takes",
    LinkReason.REPLY_TO_CHATTER: "it answers or mentions another chatter",
    LinkReason.READ_ALOUD: "the streamer read it aloud: the speech answers it, not the other way round",
    LinkReason.COPYPASTA: "a long text that several people pasted",
    LinkReason.EVENT_BURST: "part of a burst that began before the speech: chat reacts to something seen",
    LinkReason.BACKGROUND: "more likely chatter than an answer",
    LinkReason.AMBIGUOUS_PARENT: "surely an answer, but it is open to which utterance",
    LinkReason.LOW_CONFIDENCE: "perhaps an answer, but not probable enough",
}
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
                steps.append(Step(words_of(reason), MEANINGS[reason], of[reason], left))
        groups.append(Group(title, tuple(steps), before - left, left))
    return tuple(groups)
