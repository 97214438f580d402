"""What people decided about chat events; append-only, pointing at times and text."""

from enum import StrEnum

from dougpt_schema.column_types import COUNT, FLAG, ID, MILLISECONDS, NUMBER, TEXT
from dougpt_schema.contract import Column, Contract
from dougpt_schema.rules import OneOf, Ordered, Within


class Verdict(StrEnum):
    """What a person said."""

    REPLY = "reply"
    NOT_A_REPLY = "not_a_reply"
    UNSURE = "unsure"


class AskedAs(StrEnum):
    """How the question was chosen; only random ones estimate without bias."""

    RANDOM = "random"
    ACTIVE = "active"


LABELS = Contract(
    name="labels",
    version=1,
    meaning="One row an answer of a person; a later row may undo an earlier one.",
    columns=(
        Column("label_id", ID, "The label's own id."),
        Column("recording_id", ID, "The recording."),
        Column("event_id", ID, "The chat event in question."),
        Column("verdict", TEXT, "reply, not_a_reply or unsure."),
        Column("utterance_start_ms", MILLISECONDS, "Where the answered speech begins.", nullable=True),
        Column("utterance_end_ms", MILLISECONDS, "Where the answered speech has ended.", nullable=True),
        Column("utterance_text", TEXT, "The answered speech.", nullable=True),
        Column("rater", ID, "Who answered, as a name of the rater's choice."),
        Column("asked_as", TEXT, "Whether the question was drawn at random or chosen to teach: random, active."),
        Column("stratum", TEXT, "The stratum it was drawn from."),
        Column("inclusion_probability", NUMBER, "The probability with which it was drawn."),
        Column("blind", FLAG, "Whether the model's guess was hidden."),
        Column("undoes", ID, "The label that this one takes back.", nullable=True),
        Column("at_order", COUNT, "The place in the order of answering, from 0."),
    ),
    key=("label_id",),
    order=("at_order", "label_id"),
    rules=(
        OneOf("verdict", Verdict),
        Ordered("utterance_start_ms", "utterance_end_ms"),
        OneOf("asked_as", AskedAs),
        Within("inclusion_probability", 0, 1),
        Within("at_order", 0),
    ),
)
