"""Stretches of a recording that hold no speech for a reason other than silence."""

from enum import StrEnum

from dougpt_schema.column_types import ID, MILLISECONDS, TEXT
from dougpt_schema.contract import Column, Contract
from dougpt_schema.rules import OneOf, Ordered


class GapCause(StrEnum):
    """Why a stretch is missing."""

    MUTED = "muted"
    CUT = "cut"
    ADVERT = "advert"
    DAMAGED = "damaged"
    NO_SIGNAL = "no_signal"


GAPS = Contract(
    name="gaps",
    version=1,
    meaning="One row a stretch in which the recording cannot be heard.",
    columns=(
        Column("recording_id", ID, "The recording."),
        Column("from_ms", MILLISECONDS, "Where it begins."),
        Column("to_ms", MILLISECONDS, "Where it has ended."),
        Column("cause", TEXT, "Why: muted, cut, advert, damaged or no_signal."),
    ),
    key=("recording_id", "from_ms", "to_ms", "cause"),
    order=("recording_id", "from_ms", "to_ms", "cause"),
    rules=(Ordered("from_ms", "to_ms"), OneOf("cause", GapCause)),
)
