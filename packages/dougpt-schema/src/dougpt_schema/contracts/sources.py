"""Files of a recording: what they are, what they hold, and whether they are whole."""

from enum import StrEnum

import pyarrow as pa

from dougpt_schema.column_types import COUNT, ID, MILLISECONDS, NUMBER, TEXT, TEXTS, WALL_CLOCK, list_of
from dougpt_schema.contract import Column, Contract
from dougpt_schema.rules import OnCalendar, OneOf, Within


class SourceRole(StrEnum):
    """What a file gives to its recording."""

    VIDEO = "video"
    AUDIO = "audio"
    CHAT = "chat"
    CAPTIONS = "captions"


class SourceStatus(StrEnum):
    """Whether a file is whole."""

    OK = "ok"
    TRUNCATED = "truncated"
    DAMAGED = "damaged"


STREAM = pa.struct(
    [
        pa.field("index", pa.int64(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("codec", pa.string(), nullable=True),
        pa.field("start_ms", pa.int64(), nullable=True),
        pa.field("duration_ms", pa.int64(), nullable=True),
        pa.field("time_base", pa.string(), nullable=True),
        pa.field("language", pa.string(), nullable=True),
        pa.field("disposition", TEXTS, nullable=False),
    ]
)
STRETCH = pa.struct([pa.field("from_ms", pa.int64(), nullable=False), pa.field("to_ms", pa.int64(), nullable=False)])

SOURCES = Contract(
    name="sources",
    version=1,
    meaning="One row a source file of a recording.",
    columns=(
        Column("recording_id", ID, "The recording that the file belongs to."),
        Column("source_id", ID, "The first 16 hex digits of the file's SHA-256."),
        Column("role", TEXT, "What the file gives: video, audio, chat or captions."),
        Column("channel", TEXT, "The streamer's channel.", nullable=True),
        Column("platform", TEXT, "Where the recording was published, such as twitch or youtube.", nullable=True),
        Column("video_id", TEXT, "The platform's own id of the recording.", nullable=True),
        Column("sha256", TEXT, "The SHA-256 of the file in hex."),
        Column("bytes", COUNT, "The file's size."),
        Column("name", TEXT, "The file's name, without its folder."),
        Column("container", TEXT, "The format found in the file's content."),
        Column("duration_ms", MILLISECONDS, "How long the file plays.", nullable=True),
        Column("start_ms", MILLISECONDS, "The start of its earliest stream, as the container tells.", nullable=True),
        Column("part_index", COUNT, "Which part of the recording it is, from 0."),
        Column("part_start_ms", MILLISECONDS, "Where the part begins on the recording's clock."),
        Column("width", COUNT, "The picture's width in pixels.", nullable=True),
        Column("height", COUNT, "The picture's height in pixels.", nullable=True),
        Column("frame_rate", NUMBER, "Frames a second, on average.", nullable=True),
        Column("broadcast_start", WALL_CLOCK, "When the broadcast began.", nullable=True),
        Column("status", TEXT, "Whether the file is whole: ok, truncated or damaged."),
        Column("status_evidence", TEXT, "What shows that it is not whole, in numbers.", nullable=True),
        Column("told_duration_ms", MILLISECONDS, "How long the whole video is, by metadata beside it.", nullable=True),
        Column("streams", list_of(STREAM), "Every stream in the file, as its container describes it.", nullable=True),
        Column("muted", list_of(STRETCH), "Stretches that the platform muted, on the file's clock.", nullable=True),
    ),
    key=("recording_id", "source_id"),
    order=("recording_id", "source_id"),
    rules=(
        OneOf("role", SourceRole),
        OneOf("status", SourceStatus),
        Within("bytes", 0),
        Within("duration_ms", 0),
        Within("part_index", 0),
        Within("width", 1),
        Within("height", 1),
        Within("frame_rate", 0),
        Within("told_duration_ms", 0),
        OnCalendar("broadcast_start"),
    ),
)
