"""The decision for each chat event: what it answers, or why it counts for no answer."""

from collections.abc import Mapping
from enum import StrEnum

from dougpt_schema.column_types import COUNT, FLAG, ID, MILLISECONDS, SHARE, TEXT
from dougpt_schema.contract import Column, Contract
from dougpt_schema.rules import GivenWhere, NullExactlyWhere, OneOf, Within


class LinkReason(StrEnum):
    """Why an event was not accepted; the first that applies, in this order."""

    DELETED = "deleted"
    NOTICE = "notice"
    BOT = "bot"
    COMMAND = "command"
    SHARED_CHAT = "shared_chat"
    LABELLED_NO_REPLY = "labelled_no_reply"
    UNRELATED = "unrelated"
    CLOCK_UNCERTAIN = "clock_uncertain"
    CUT = "cut"
    NO_SPEECH_IN_WINDOW = "no_speech_in_window"
    REPLY_TO_CHATTER = "reply_to_chatter"
    READ_ALOUD = "read_aloud"
    COPYPASTA = "copypasta"
    EVENT_BURST = "event_burst"
    BACKGROUND = "background"
    AMBIGUOUS_PARENT = "ambiguous_parent"
    LOW_CONFIDENCE = "low_confidence"


class DecidedBy(StrEnum):
    """Who decided."""

    MODEL = "model"
    LABEL = "label"


LINK_MEANINGS: Mapping[str, str] = {
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
"""What each reason says, in a phrase for people."""

LINKS = Contract(
    name="links",
    version=1,
    meaning="One row a chat event.",
    columns=(
        Column("recording_id", ID, "The recording."),
        Column("event_id", ID, "The chat event."),
        Column("utterance_id", COUNT, "The most probable parent, where there is any.", nullable=True),
        Column("probability", SHARE, "The probability of that parent."),
        Column("runner_up", SHARE, "The probability of the second parent."),
        Column("background", SHARE, "The probability that it answers nothing."),
        Column("lag_ms", MILLISECONDS, "From the parent's end to the event, on the recording's clock.", nullable=True),
        Column("accepted", FLAG, "Whether the event counts as an answer to the parent."),
        Column("reason", TEXT, "Why not; null exactly where accepted.", nullable=True),
        Column("decided_by", TEXT, "model, or label where a person decided."),
        Column("certified", FLAG, "Whether the asked precision is certified for this decision."),
    ),
    key=("recording_id", "event_id"),
    order=("recording_id", "event_id"),
    rules=(
        Within("probability", 0, 1),
        Within("runner_up", 0, 1),
        Within("background", 0, 1),
        OneOf("reason", LinkReason),
        NullExactlyWhere("reason", "accepted"),
        GivenWhere("utterance_id", "accepted"),
        GivenWhere("lag_ms", "accepted"),
        OneOf("decided_by", DecidedBy),
    ),
)
