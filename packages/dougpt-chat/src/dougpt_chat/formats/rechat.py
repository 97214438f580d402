"""Twitch's own record of a chat message on a video ("rechat"), which several tools keep in their files.

The v5 interface gave these records until 2022; TwitchDownloader writes them to this day, filled from
another interface. Keys that say nothing are absent, or null, or empty. `emoticons` is never read: its
ends are off by one in one direction or the other, while the fragments are right.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import count, pairwise

import msgspec

from dougpt_chat.errors import BrokenExportError
from dougpt_chat.formats.json_array import SEPARATORS, ArrayReader, scan_records
from dougpt_chat.formats.json_repair import repair
from dougpt_chat.formats.message import Batch, ChatMessage, ParseNotes, RejectedRecord
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


RUN = msgspec.json.Decoder(list[Comment], strict=False)
ANYTHING = msgspec.json.Decoder()


def read_document(source: ExportBytes, notes: ParseNotes) -> Iterator[Batch]:
    """Yield the messages of a document or a bare array; a record that cannot be read is repaired or rejected.

    Raises:
        BrokenExportError: A whole document that has no `comments` array.
    """
    reader = ArrayReader(source, KEY, BOUNDARY)
    rows = count()
    for run in reader:
        try:
            comments = RUN.decode(b"[" + run + b"]")
        except (msgspec.DecodeError, UnicodeDecodeError):
            yield _one_by_one(run, rows, notes)
        else:
            yield Batch([_message(comment, next(rows)) for comment in comments])
    notes.cut = reader.cut
    if not reader.found and reader.cut is None:
        raise BrokenExportError(str(source.path), f"the document has no {KEY.decode()} array")
    if reader.trailing_bytes:
        notes.repairs["bytes_behind_the_end"] += reader.trailing_bytes
    if reader.cut is None and source.damage is not None:
        notes.repairs["broken_compression_behind_the_end"] += 1
    if reader.document:
        read_header(reader.document, notes)


def _one_by_one(run: bytes, rows: Iterator[int], notes: ParseNotes) -> Batch:
    """Read each record of a run by itself. A boundary starts afresh, so that a broken one spoils no other."""
    batch = Batch()
    starts = [0, *(match.start() for match in BOUNDARY.finditer(run)), len(run)]
    for start, end in pairwise(starts):
        piece = run[start:end]
        scan = scan_records(piece, stop_at_end=False)
        records = [piece[begin:stop] for begin, stop in scan.records]
        if rest := piece[scan.rest :].strip(SEPARATORS):
            records.append(rest)
        for record in records:
            _salvage(record, next(rows), batch, notes)
    return batch


def _salvage(record: bytes, row: int, batch: Batch, notes: ParseNotes) -> None:
    fixed, repairs = repair(record)
    if not fixed.strip(SEPARATORS):
        return
    try:
        found = ANYTHING.decode(fixed)
    except (msgspec.DecodeError, RecursionError) as error:
        batch.rejected.append(RejectedRecord(row, "not_json", str(error)))
        return
    try:
        comment = _converted(found, repairs)
    except msgspec.ValidationError as error:
        known = found.get("_id") if isinstance(found, dict) else None
        batch.rejected.append(
            RejectedRecord(row, "not_a_message", str(error), known if isinstance(known, str) else None)
        )
        return
    notes.repairs.update(repairs)
    batch.messages.append(_message(comment, row))


def _converted(found: object, repairs: dict[str, int]) -> Comment:
    """Read a record, leaving out what is only decoration and cannot be read."""
    try:
        return msgspec.convert(found, Comment, strict=False)
    except msgspec.ValidationError:
        if not isinstance(found, dict):
            raise
    spare = {**found, "created_at": _readable(found.get("created_at"), datetime | None)}
    message = spare.get("message")
    if isinstance(message, dict):
        kinds = {"user_badges": list[Badge] | None, "user_notice_params": Notice | None, "bits_spent": int | None}
        spare["message"] = message | {name: _readable(message.get(name), kind) for name, kind in kinds.items()}
    comment = msgspec.convert(spare, Comment, strict=False)
    repairs["unreadable_details"] = repairs.get("unreadable_details", 0) + 1
    return comment


def _readable(value: object, kind: object) -> object:
    try:
        msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError:
        return None
    return value


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
