"""What was learned over the recordings of a channel, frozen for the alignment of each."""

from dougpt_schema.column_types import ID, NUMBER, TEXT
from dougpt_schema.contract import Column, Contract

PRIOR = Contract(
    name="prior",
    version=1,
    meaning="One row a number: lag kernel, mark ratios, share, calibrator.",
    columns=(
        Column("channel", ID, "The channel."),
        Column("name", TEXT, "Which family of numbers."),
        Column("key", TEXT, "Which number of the family."),
        Column("value", NUMBER, "The number."),
    ),
    key=("channel", "name", "key"),
    order=("channel", "name", "key"),
)
