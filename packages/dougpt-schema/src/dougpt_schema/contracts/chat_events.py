"""Messages of the chat, on the chat's own clock, under pseudonyms."""

from enum import StrEnum

import pyarrow as pa

from dougpt_schema.column_types import COUNT, ID, MILLISECONDS, SHARE, TEXT, TEXTS, WALL_CLOCK, list_of
from dougpt_schema.contract import Column, Contract
from dougpt_schema.rules import OnCalendar, OneOf, Within


class OffsetSource(StrEnum):
    """How an event's time was found."""

    EXACT = "exact"
    REBUILT = "rebuilt"
    INTEGER = "integer"
    WALL = "wall"
    OCR = "ocr"


class ChatKind(StrEnum):
    """What an event is."""

    MESSAGE = "message"
    ACTION = "action"
    COMMAND = "command"
    BOT = "bot"
    NOTICE = "notice"
    DELETED = "deleted"


EMOTE = pa.struct(
    [
        pa.field("name", pa.string(), nullable=False),
        pa.field("id", pa.string(), nullable=True),
        pa.field("start", pa.int64(), nullable=False),
        pa.field("end", pa.int64(), nullable=False),
    ]
)

CHAT_EVENTS = Contract(
    name="chat_events",
    version=1,
    meaning="One row a chat message or notice, in the order of time.",
    columns=(
        Column("recording_id", ID, "The recording."),
        Column("event_id", ID, "The platform's message id, else a hash of the source and the row."),
        Column("offset_ms", MILLISECONDS, "When, on the chat's own clock; negative in the lobby before the start."),
        Column("offset_precision_ms", MILLISECONDS, "The bound on the error of offset_ms, to either side."),
        Column("offset_source", TEXT, "How the time was found: exact, rebuilt, integer, wall or ocr."),
        Column("sent_at", WALL_CLOCK, "When the platform received it.", nullable=True),
        Column("clock_segment", COUNT, "Which piece of an unbroken chat clock it belongs to, from 0."),
        Column("kind", TEXT, "message, action, command, bot, notice or deleted."),
        Column("author", ID, "A keyed hash of the author; null where the export names none.", nullable=True),
        Column("text", TEXT, "The message, normalised; people in it are @streamer or @PSEUDONYM."),
        Column("emotes", list_of(EMOTE), "Emotes by code points into text, half-open."),
        Column("badges", TEXTS, "The author's badges, as set/version."),
        Column("bits", COUNT, "Bits cheered; null where the format does not tell.", nullable=True),
        Column("reply_to", ID, "The message that this one answers, by the platform's own mark.", nullable=True),
        Column("source_room", ID, "The room of origin of a shared chat's message.", nullable=True),
        Column(
            "confidence", SHARE, "The probability that author and words were read without a mistake; 1 for exports."
        ),
        Column("origin", TEXT, "The name of the format it was read from."),
        Column("source_id", ID, "The file."),
        Column("source_row", COUNT, "Which record of the file, from 0."),
    ),
    key=("recording_id", "event_id"),
    order=("recording_id", "offset_ms", "event_id"),
    rules=(
        OneOf("offset_source", OffsetSource),
        OneOf("kind", ChatKind),
        OnCalendar("sent_at"),
        Within("offset_precision_ms", 0),
        Within("clock_segment", 0),
        Within("bits", 0),
        Within("confidence", 0, 1),
        Within("source_row", 0),
    ),
)
