"""What a model is trained and tested on: a turn of speech and what chat answered."""

from enum import StrEnum

import pyarrow as pa

from dougpt_schema.column_types import COUNTS, ID, TEXT, TEXTS, list_of
from dougpt_schema.contract import Column, Contract
from dougpt_schema.rules import NotEmpty, OneOf


class Split(StrEnum):
    """What a sample may be used for; a recording has one split."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


RESPONSE = pa.struct(
    [
        pa.field("event_id", pa.string(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("style", pa.string(), nullable=False),
        pa.field("weight", pa.float32(), nullable=False),
        pa.field("confidence", pa.float32(), nullable=False),
        pa.field("multiplicity", pa.int64(), nullable=False),
    ]
)

SAMPLES = Contract(
    name="samples",
    version=1,
    meaning="One row an answered turn; burst and single-reply forms are renderings of it.",
    columns=(
        Column("sample_id", ID, "The sample's own id."),
        Column("recording_id", ID, "The recording."),
        Column("split", TEXT, "train, validation or test."),
        Column("context", TEXTS, "The turns before, oldest first."),
        Column("prompt", TEXT, "The turn that was answered."),
        Column("responses", list_of(RESPONSE), "Every accepted reply in the order of time; weight is a sampling rate."),
        Column("rate_bucket", TEXT, "How fast the chat was around the turn, such as slow."),
        Column("utterance_ids", COUNTS, "The turn's utterances."),
        Column("links_fingerprint", ID, "The fingerprint of the links that it was made from."),
    ),
    key=("sample_id",),
    order=("recording_id", "sample_id"),
    rules=(OneOf("split", Split), NotEmpty("prompt"), NotEmpty("responses"), NotEmpty("utterance_ids")),
)
