"""Twitch's own record of a chat message on a video ("rechat"), which several tools keep in their files.

The v5 interface gave these records until 2022; TwitchDownloader writes them to this day, filled from
another interface. Keys that say nothing are absent, or null, or empty. `emoticons` is never read: its
ends are off by one in one direction or the other, while the fragments are right.
"""

import re
from collections.abc import Iterator
from datetime import datetime

import msgspec

from dougpt_chat.formats.json_array import ArrayReader
from dougpt_chat.formats.json_records import note_end_of_array, read_records, shape_of
from dougpt_chat.formats.message import Batch, ChatMessage, ParseNotes
from dougpt_chat.formats.rechat_header import read_header
from dougpt_chat.opening import ExportBytes

KEY = b"comments"
BOUNDARY = re.compile(rb',\s*\{\s*"_id"\s*:\s*"[^"\\]*"\s*,\s*"created_at"\s*:')
# Sent with an ordinary message to say how it was paid for; it stays an ordinary message.
PAID_MESSAGES = frozenset({"highlighted-message", "skip-subs-mode-message", "gigantified-emote-message"})


class Emoticon(msgspec.Struct, gc=False):
    """The emote that a fragment is."""

    emoticon_id: str | int | None = None


class Fragment(msgspec.Struct, gc=False):
    """A piece of the text."""

    text: str | None = ""
    emoticon: Emoticon | None = None


class Badge(msgspec.Struct, gc=False, frozen=True, rename={"set": "_id"}):
    """A badge beside the name; some tools write its version as a number."""

    set: str | None = None
    version: str | int | None = None


class Notice(msgspec.Struct, gc=False, rename={"hyphenated": "msg-id", "underlined": "msg_id"}):
    """What the platform announces with the message; tools disagree on the spelling."""

    hyphenated: str | None = None
    underlined: str | None = None


class Reply(msgspec.Struct, gc=False):
    """The message answered by the platform's reply function (ganymede keeps it)."""

    parent_msg_id: str | None = None


class Message(msgspec.Struct, gc=False):
    """The message proper."""

    body: str | None = None
    bits_spent: int | None = None
    fragments: list[Fragment] | None = None
    user_badges: list[Badge] | None = None
    is_action: bool | None = False
    user_notice_params: Notice | None = None
    reply: Reply | None = None


class Commenter(msgspec.Struct, gc=False):
    """Who wrote it; null for accounts that are gone."""

    name: str | None = None
    display_name: str | None = None


class Comment(msgspec.Struct, gc=False, rename={"id": "_id"}):
    """One record."""

    message: Message
    id: str | None = None
    created_at: datetime | None = None
    content_offset_seconds: float | None = None
    commenter: Commenter | None = None
    state: str | None = None


ESSENTIAL = ("message", "body", "fragments", "text", "content_offset_seconds")


def read_document(source: ExportBytes, notes: ParseNotes) -> Iterator[Batch]:
    """Yield the messages of a document or a bare array; a record that cannot be read is repaired or rejected.

    Raises:
        BrokenExportError: A whole document that has no `comments` array.
    """
    reader = ArrayReader(source, KEY, BOUNDARY)
    yield from read_records(reader, SHAPE, notes)
    reader.require()
    note_end_of_array(reader, source, notes)
    if reader.document:
        read_header(reader.document, notes)


def _take(comments: list[Comment], rows: Iterator[int], _notes: ParseNotes) -> Batch:
    return Batch([_message(comment, next(rows)) for comment in comments])


def _message(comment: Comment, row: int) -> ChatMessage:
    message, commenter = comment.message, comment.commenter
    notice = message.user_notice_params
    notice_id = (notice.hyphenated or notice.underlined) if notice is not None else None
    return ChatMessage(
        row=row,
        fragments=_fragments(message),
        id=comment.id or None,
        offset_s=comment.content_offset_seconds,
        sent_at=comment.created_at,
        login=commenter.name if commenter is not None else None,
        display_name=commenter.display_name if commenter is not None else None,
        badges=tuple([_badge(badge) for badge in message.user_badges]) if message.user_badges else (),
        bits=message.bits_spent,
        is_action=bool(message.is_action),
        is_notice=bool(notice_id) and notice_id not in PAID_MESSAGES,
        is_deleted=comment.state == "deleted",
        reply_to=message.reply.parent_msg_id if message.reply is not None else None,
    )


def _badge(badge: Badge) -> str:
    return f"{badge.set}/{badge.version}"


def _fragments(message: Message) -> list[tuple[str, str | None]]:
    """The text in pieces. Where the pieces do not make up the body, the body is right and emotes are left out."""
    pieces = message.fragments or ()
    if len(pieces) == 1 and pieces[0].emoticon is None and pieces[0].text == message.body and message.body is not None:
        return [(message.body, None)]
    fragments = [
        (piece.text or "", None if piece.emoticon is None else str(piece.emoticon.emoticon_id or ""))
        for piece in pieces
    ]
    if message.body is None or message.body == "".join([text for text, _ in fragments]):
        return fragments
    return [(message.body, None)]


SHAPE = shape_of(Comment, _take, essential=ESSENTIAL, id_field="_id")
