"""Rows that could not be used, each with its reason and its place in the source."""

from dougpt_schema.column_types import COUNT, ID, TEXT
from dougpt_schema.contract import Column, Contract
from dougpt_schema.rules import NotEmpty, Within

REJECTS = Contract(
    name="rejects",
    version=1,
    meaning="One row a thing that was left out: counts in = counts out + rejects + duplicates.",
    columns=(
        Column("recording_id", ID, "The recording; empty where it has none yet."),
        Column("stage", TEXT, "The stage that left it out."),
        Column("source_id", ID, "The file that it came from.", nullable=True),
        Column("source_row", COUNT, "Which record of the file, from 0.", nullable=True),
        Column("subject_id", ID, "The event, sample or other thing that was left out.", nullable=True),
        Column("reason", TEXT, "Why, as one word."),
        Column("detail", TEXT, "What was found, for people; may be empty."),
    ),
    key=(),
    order=("recording_id", "stage", "source_id", "source_row", "subject_id", "reason"),
    rules=(NotEmpty("stage"), NotEmpty("reason"), Within("source_row", 0)),
)
