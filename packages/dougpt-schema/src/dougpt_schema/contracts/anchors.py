"""Chat events whose place on the recording's clock is known, such as those seen on screen."""

from dougpt_schema.column_types import ID, MILLISECONDS, SHARE
from dougpt_schema.contract import Column, Contract
from dougpt_schema.rules import Within

ANCHORS = Contract(
    name="anchors",
    version=1,
    meaning="One row an event seen on screen or otherwise known on the recording's clock.",
    columns=(
        Column("recording_id", ID, "The recording."),
        Column("event_id", ID, "The chat event."),
        Column("at_ms", MILLISECONDS, "When it was seen, on the recording's clock."),
        Column("confidence", SHARE, "How sure it is that this event was seen there."),
    ),
    key=("recording_id", "event_id"),
    order=("recording_id", "event_id"),
    rules=(Within("confidence", 0, 1),),
)
