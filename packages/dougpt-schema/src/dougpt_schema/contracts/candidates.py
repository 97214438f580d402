"""Pairs of a chat event and an utterance that it may answer."""

from dougpt_schema.column_types import COUNT, ID, MILLISECONDS, SHARE
from dougpt_schema.contract import Column, Contract
from dougpt_schema.rules import Within

CANDIDATES = Contract(
    name="candidates",
    version=1,
    meaning="One row a pair that was weighed; an event's probabilities and its background add up to 1.",
    columns=(
        Column("recording_id", ID, "The recording."),
        Column("event_id", ID, "The chat event."),
        Column("utterance_id", COUNT, "The utterance that it may answer."),
        Column("lag_ms", MILLISECONDS, "From the utterance's end to the event, on the recording's clock."),
        Column("time_score", SHARE, "The log likelihood ratio of the lag."),
        Column("content_score", SHARE, "The log likelihood ratio of the content."),
        Column("probability", SHARE, "The posterior of this parent."),
    ),
    key=("recording_id", "event_id", "utterance_id"),
    order=("recording_id", "event_id", "utterance_id"),
    rules=(Within("probability", 0, 1),),
)
