"""Spoken words with their times on the recording's clock."""

from enum import StrEnum

from dougpt_schema.column_types import COUNT, ID, MILLISECONDS, SHARE, TEXT, TEXTS
from dougpt_schema.contract import Column, Contract
from dougpt_schema.rules import OneOf, Ordered, Within


class Timing(StrEnum):
    """How a word's times were found."""

    FORCED = "forced"
    DECODED = "decoded"
    INTERPOLATED = "interpolated"


WORDS = Contract(
    name="words",
    version=1,
    meaning="One row a spoken word, in spoken order.",
    columns=(
        Column("recording_id", ID, "The recording."),
        Column("word_id", COUNT, "The word's number in the recording, from 0."),
        Column("start_ms", MILLISECONDS, "Where the word begins."),
        Column("end_ms", MILLISECONDS, "Where the word has ended."),
        Column("text", TEXT, "The word as written, never rewritten."),
        Column("normal", TEXT, "The word as spoken, for matching; empty where nothing is spoken."),
        Column("probability", SHARE, "How sure the recogniser was.", nullable=True),
        Column(
            "timing",
            TEXT,
            "How the times were found: forced (by the sound), decoded (by the recogniser), interpolated.",
        ),
        Column("speaker", TEXT, "Who spoke, where speakers were told apart.", nullable=True),
        Column("segment_id", COUNT, "The caption cue or recogniser segment it came in."),
        Column("flags", TEXTS, "What is doubtful about it, such as unaligned."),
        Column("source_id", ID, "The file that the text came from."),
    ),
    key=("recording_id", "word_id"),
    order=("recording_id", "word_id"),
    rules=(
        Within("word_id", 0),
        Ordered("start_ms", "end_ms"),
        Within("probability", 0, 1),
        OneOf("timing", Timing),
        Within("segment_id", 0),
    ),
)
