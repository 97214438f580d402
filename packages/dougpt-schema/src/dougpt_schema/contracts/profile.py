"""How a channel's chat behaves, as numbers that a model of it is compared with."""

from dougpt_schema.column_types import ID, NUMBER, TEXT
from dougpt_schema.contract import Column, Contract

PROFILE = Contract(
    name="profile",
    version=1,
    meaning="One row a number: rates, lengths, emote vocabulary, lag, style mix.",
    columns=(
        Column("channel", ID, "The channel."),
        Column("name", TEXT, "Which family of numbers."),
        Column("key", TEXT, "Which number of the family."),
        Column("value", NUMBER, "The number."),
    ),
    key=("channel", "name", "key"),
    order=("channel", "name", "key"),
)
