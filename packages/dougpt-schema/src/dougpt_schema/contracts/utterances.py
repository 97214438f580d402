"""What was said in one breath, and in which turn."""

from dougpt_schema.column_types import COUNT, FLAG, ID, MILLISECONDS, SHARE, TEXT
from dougpt_schema.contract import Column, Contract
from dougpt_schema.rules import Ordered, Within

UTTERANCES = Contract(
    name="utterances",
    version=1,
    meaning="One row an utterance: a run of words between pauses; several make a turn.",
    columns=(
        Column("recording_id", ID, "The recording."),
        Column("utterance_id", COUNT, "The utterance's number in the recording, from 0."),
        Column("turn_id", COUNT, "The turn it is part of, from 0."),
        Column("start_ms", MILLISECONDS, "The start of its first word."),
        Column("end_ms", MILLISECONDS, "The end of its last word."),
        Column("text", TEXT, "Its words as written, joined by spaces."),
        Column("n_words", COUNT, "How many words it has."),
        Column("first_word_id", COUNT, "Its first word."),
        Column("last_word_id", COUNT, "Its last word."),
        Column("probability", SHARE, "The mean of its words' probabilities.", nullable=True),
        Column("unaligned_share", SHARE, "The share of its words that were looked for in the sound and not found."),
        Column("speaker", TEXT, "Who spoke.", nullable=True),
        Column("is_question", FLAG, "Whether it asks something."),
        Column("addresses_chat", FLAG, "Whether it speaks to the viewers."),
    ),
    key=("recording_id", "utterance_id"),
    order=("recording_id", "utterance_id"),
    rules=(
        Within("utterance_id", 0),
        Within("turn_id", 0),
        Ordered("start_ms", "end_ms"),
        Within("n_words", 1),
        Within("first_word_id", 0),
        Ordered("first_word_id", "last_word_id"),
        Within("probability", 0, 1),
        Within("unaligned_share", 0, 1),
    ),
)
