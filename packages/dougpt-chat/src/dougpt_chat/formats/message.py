"""What every format gives: messages as they stand in the file, in batches, with what could not be used.

A format turns its own records into `ChatMessage`s and invents nothing; clock, people and text are dealt
with afterwards, alike for all.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import msgspec


class ChatMessage(msgspec.Struct, gc=False):
    """One message of an export, before anything was derived from it.

    Attributes:
        row: Its place among the records of the file, counted from 0.
        fragments: The text in pieces; a piece with an id, maybe an empty one, is an emote.
        id: The platform's message id.
        offset_s: Seconds from the video's start as written in the file.
        sent_at: When the platform says it was sent; naive times are UTC.
        login: The author's unique name; None for deleted accounts.
        display_name: The author's name as shown.
        badges: Badges as `set/version`.
        bits: Bits cheered; None where the format does not say.
        is_action: Written with /me.
        is_notice: A message of the platform itself: subscriptions, raids.
        is_deleted: Removed by a moderator.
        reply_to: The id of the message it answers by the platform's reply function.
        source_room: Another channel of a shared chat, where it came from there.
    """

    row: int
    fragments: list[tuple[str, str | None]]
    id: str | None = None
    offset_s: float | None = None
    sent_at: datetime | None = None
    login: str | None = None
    display_name: str | None = None
    badges: tuple[str, ...] = ()
    bits: int | None = None
    is_action: bool = False
    is_notice: bool = False
    is_deleted: bool = False
    reply_to: str | None = None
    source_room: str | None = None


class RejectedRecord(msgspec.Struct, gc=False):
    """A record that could not be used: its place, the reason in one word, and detail without anybody's text."""

    row: int
    reason: str
    detail: str
    id: str | None = None


@dataclass(slots=True)
class Batch:
    """Messages in the order of the file, and the records between them that could not be used."""

    messages: list[ChatMessage] = field(default_factory=list)
    rejected: list[RejectedRecord] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ExportHeader:
    """What an export says of the video it belongs to; None where it does not say.

    Attributes:
        version: The format's version.
        platform: Such as twitch.
        video_id: The platform's id of the video.
        title: The video's title.
        channel: The channel's login.
        owner_names: Every name of the channel's owner.
        created_at: When the broadcast, or the video, began.
        length_ms: The video's length.
        emotes: Names of third-party emotes embedded in the export.
    """

    version: str | None = None
    platform: str | None = None
    video_id: str | None = None
    title: str | None = None
    channel: str | None = None
    owner_names: tuple[str, ...] = ()
    created_at: datetime | None = None
    length_ms: int | None = None
    emotes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Cut:
    """Where an export ends too early, in bytes of its text, and what is missing.

    A text whose last line has no end may be whole all the same: then the cut is not `certain`.
    """

    at_byte: int
    cause: str
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Removal:
    """A moderator's act at a row of the file: it removes one message, all of one login, or all there are, before it."""

    row: int
    id: str | None = None
    login: str | None = None


@dataclass(slots=True)
class ParseNotes:
    """What a parser finds out beside the messages; complete once its batches are all read.

    Attributes:
        columns: Given to the parser: which column of a table holds what, where its header does not say it.
        header: What the file says of the video.
        cut: Where it ends too early, or None.
        repairs: What was repaired, by kind.
        removals: What moderators removed, in the order of the file.
        passed_over: Records that are no messages, by kind.
        warnings: What a person should know of this file, in sentences.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    header: ExportHeader = field(default_factory=ExportHeader)
    cut: Cut | None = None
    repairs: Counter[str] = field(default_factory=Counter)
    removals: list[Removal] = field(default_factory=list)
    passed_over: Counter[str] = field(default_factory=Counter)
    warnings: list[str] = field(default_factory=list)
