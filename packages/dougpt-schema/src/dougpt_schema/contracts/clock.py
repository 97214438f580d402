"""The map from the chat's clock to the recording's."""

from dougpt_schema.column_types import ID, MILLISECONDS, SHARE
from dougpt_schema.contract import Column, Contract
from dougpt_schema.rules import Ordered, Within

CLOCK = Contract(
    name="clock",
    version=1,
    meaning=(
        "One row a stretch of the chat's clock with one offset: recording time = offset_ms of the event minus "
        "offset_ms of the row that holds from_ms <= event < to_ms."
    ),
    columns=(
        Column("recording_id", ID, "The recording."),
        Column("from_ms", MILLISECONDS, "Where the stretch begins, on the chat's clock."),
        Column("to_ms", MILLISECONDS, "Where it has ended, on the chat's clock."),
        Column("offset_ms", MILLISECONDS, "Chat's clock minus the recording's clock."),
        Column("offset_sd_ms", MILLISECONDS, "The standard deviation of that offset."),
        Column("margin", SHARE, "The log score of the best path over the second; 0 where nothing tells them apart."),
    ),
    key=("recording_id", "from_ms"),
    order=("recording_id", "from_ms"),
    rules=(Ordered("from_ms", "to_ms"), Within("offset_sd_ms", 0), Within("margin", 0)),
)
