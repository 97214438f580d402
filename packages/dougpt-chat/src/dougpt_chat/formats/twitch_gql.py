"""Comments as Twitch's present interface (GQL) gives them: twitch-dl's JSON and twitch-archiver's verbose_chat.json.

Offsets are whole seconds beside times of sending in milliseconds. The interface says nothing of bits, /me,
replies, notices or removed messages, so those stay unknown. Accounts that are gone have no commenter.
"""

import re
from collections.abc import Iterator
from datetime import datetime

import msgspec

from dougpt_chat.formats.json_array import ArrayReader, outer_keys
from dougpt_chat.formats.json_records import note_end_of_array, read_leniently, read_records, shape_of
from dougpt_chat.formats.json_repair import repair
from dougpt_chat.formats.message import Batch, ChatMessage, ExportHeader, ParseNotes
from dougpt_chat.opening import ExportBytes

NAME = "twitch_gql"
KEY = b"comments"
MARK = b'"contentOffsetSeconds"'
BOUNDARY = re.compile(rb',\s*\{\s*"id"\s*:\s*"[^"\\]*"\s*,\s*"commenter"\s*:')


class Emote(msgspec.Struct, gc=False, rename={"emote_id": "emoteID"}):
    """The emote that a fragment is."""

    emote_id: str | int | None = None


class Fragment(msgspec.Struct, gc=False):
    """A piece of the text."""

    text: str | None = ""
    emote: Emote | None = None


class Badge(msgspec.Struct, gc=False, rename={"set_id": "setID"}):
    """A badge beside the name."""

    set_id: str | None = None
    version: str | int | None = None


class Message(msgspec.Struct, gc=False, rename={"badges": "userBadges"}):
    """The message proper."""

    fragments: list[Fragment] | None = None
    badges: list[Badge | None] | None = None


class Person(msgspec.Struct, gc=False, rename={"display_name": "displayName"}):
    """A commenter, or a channel's owner."""

    login: str | None = None
    display_name: str | None = None


class Node(msgspec.Struct, gc=False, rename={"offset_s": "contentOffsetSeconds", "created_at": "createdAt"}):
    """One comment."""

    message: Message
    id: str | None = None
    offset_s: float | None = None
    created_at: datetime | None = None
    commenter: Person | None = None


class Video(
    msgspec.Struct,
    rename={
        "published_at": "publishedAt",
        "created_at": "createdAt",
        "length_s": "lengthSeconds",
        "kind": "broadcastType",
    },
):
    """The video, as twitch-dl keeps it."""

    id: str | int | None = None
    title: str | None = None
    published_at: datetime | None = None
    created_at: datetime | None = None
    length_s: float | None = None
    kind: str | None = None
    creator: Person | None = None
    owner: Person | None = None


class Document(msgspec.Struct):
    """A document without its comments."""

    video: Video | None = None


def refuse(head: bytes) -> str | None:
    """Say why `head` does not begin a document of GQL comments, or None where it does."""
    keys = outer_keys(head)
    if keys is None and not head.lstrip().startswith(b"["):
        return "it begins with neither { nor ["
    if keys is not None and KEY not in keys and b"video_comments" not in keys:
        return "no comments array at its beginning"
    return None if MARK in head or (keys and b"video_comments" in keys) else f"no {MARK.decode()}"


def parse(source: ExportBytes, notes: ParseNotes) -> Iterator[Batch]:
    """Yield the messages in the order of the file.

    Raises:
        BrokenExportError: A whole document without a `comments` array.
    """
    reader = ArrayReader(source, KEY, BOUNDARY)
    yield from read_records(reader, SHAPE, notes)
    reader.require()
    note_end_of_array(reader, source, notes)
    notes.header = _header(reader.document, notes)


def _take(nodes: list[Node], rows: Iterator[int], _notes: ParseNotes) -> Batch:
    return Batch([_message(node, next(rows)) for node in nodes])


def _message(node: Node, row: int) -> ChatMessage:
    commenter = node.commenter or Person()
    return ChatMessage(
        row=row,
        fragments=[
            (piece.text or "", None if piece.emote is None else str(piece.emote.emote_id or ""))
            for piece in node.message.fragments or ()
        ],
        id=node.id or None,
        offset_s=node.offset_s,
        sent_at=node.created_at,
        login=commenter.login or None,
        display_name=commenter.display_name or None,
        badges=tuple(
            f"{badge.set_id}/{badge.version}" for badge in node.message.badges or () if badge and badge.set_id
        ),
    )


def _header(document: bytes, notes: ParseNotes) -> ExportHeader:
    try:
        found = msgspec.json.decode(repair(document)[0]) if document else {}
        video = read_leniently(found, Document, frozenset(), notes.repairs).video if isinstance(found, dict) else None
    except (msgspec.DecodeError, RecursionError):
        notes.repairs["unreadable_header"] += 1
        return ExportHeader(platform="twitch")
    video = video or Video()
    owner = video.creator or video.owner or Person()
    names = tuple(dict.fromkeys(name for name in (owner.login, owner.display_name) if name))
    # A highlight is made long after its broadcast.
    began = video.created_at or video.published_at if (video.kind or "ARCHIVE").upper() == "ARCHIVE" else None
    return ExportHeader(
        platform="twitch",
        video_id=str(video.id).removeprefix("v") if video.id else None,
        title=video.title,
        channel=names[0].casefold() if names else None,
        owner_names=names,
        created_at=began,
        length_ms=round(video.length_s * 1000) if video.length_s and 0 < video.length_s < 1e9 else None,
    )


SHAPE = shape_of(Node, _take, essential=("message", "fragments", "text", "contentOffsetSeconds"))
