"""Twitch's EventSub notifications of chat, as bots save them: one a line, an array, or one after another.

With the web socket's envelope (metadata, payload), the webhook's (subscription, event), or the event alone.
Only the web socket's envelope says when something was sent; a recorder's own `timestamp`, `sent_at`,
`received_at` or `created_at` beside the event is taken where there is none.
"""

import re
from collections.abc import Iterator
from datetime import datetime

import msgspec

from dougpt_chat.formats.json_array import ArrayReader
from dougpt_chat.formats.json_lines import runs_of
from dougpt_chat.formats.json_records import note_end_of_array, read_records, shape_of
from dougpt_chat.formats.message import Batch, ChatMessage, ExportHeader, ParseNotes, RejectedRecord, Removal
from dougpt_chat.formats.times import time_of
from dougpt_chat.formats.twitch_irc import ACTION, ACTION_END
from dougpt_chat.opening import ExportBytes

NAME = "eventsub"
KEY = b"events"
MARKS = (b'"chatter_user_login"', b'"channel.chat.')
BOUNDARY = re.compile(rb',\s*\{\s*"(?:metadata|subscription|broadcaster_user_id)"\s*:')
TYPES = {
    "channel.chat.message": "message",
    "channel.chat.notification": "notification",
    "channel.chat.message_delete": "message_delete",
    "channel.chat.clear_user_messages": "clear_user_messages",
    "channel.chat.clear": "clear",
}


class Emote(msgspec.Struct, gc=False):
    """The emote that a fragment is."""

    id: str | None = None


class Fragment(msgspec.Struct, gc=False):
    """A piece of the text; a cheer and a mention are text here."""

    text: str | None = ""
    emote: Emote | None = None


class Message(msgspec.Struct, gc=False):
    """The message proper."""

    text: str | None = None
    fragments: list[Fragment] | None = None


class Badge(msgspec.Struct, gc=False):
    """A badge beside the name."""

    set_id: str | None = None
    id: str | None = None


class Cheer(msgspec.Struct, gc=False):
    """Bits."""

    bits: int | None = None


class Reply(msgspec.Struct, gc=False):
    """The message that is answered."""

    parent_message_id: str | None = None


class Event(msgspec.Struct, gc=False):
    """What happened."""

    message: Message | None = None
    message_id: str | None = None
    message_type: str | None = None
    notice_type: str | None = None
    chatter_user_login: str | None = None
    chatter_user_name: str | None = None
    broadcaster_user_id: str | None = None
    broadcaster_user_login: str | None = None
    broadcaster_user_name: str | None = None
    source_broadcaster_user_id: str | None = None
    source_message_id: str | None = None
    target_user_login: str | None = None
    badges: list[Badge] | None = None
    cheer: Cheer | None = None
    reply: Reply | None = None
    timestamp: str | float | None = None
    sent_at: str | float | None = None
    received_at: str | float | None = None
    created_at: str | float | None = None


class Subscription(msgspec.Struct, gc=False):
    """What was asked for."""

    type: str | None = None


class Metadata(msgspec.Struct, gc=False):
    """The web socket's words on a notification."""

    message_timestamp: datetime | None = None
    message_type: str | None = None
    subscription_type: str | None = None


class Payload(msgspec.Struct, gc=False):
    """What a notification carries."""

    subscription: Subscription | None = None
    event: Event | None = None


class Notification(Event, gc=False):
    """One record, in any of the envelopes."""

    metadata: Metadata | None = None
    payload: Payload | None = None
    subscription: Subscription | None = None
    event: Event | None = None


def refuse(head: bytes) -> str | None:
    """Say why `head` does not begin EventSub notifications of chat, or None where it does."""
    if head.lstrip()[:1] not in {b"{", b"["}:
        return "it begins with neither { nor ["
    return None if any(mark in head for mark in MARKS) else "neither chatter_user_login nor channel.chat. in it"


def parse(source: ExportBytes, notes: ParseNotes) -> Iterator[Batch]:
    """Yield the messages in the order of the file."""
    notes.header = ExportHeader(platform="twitch")
    reader = ArrayReader(source, KEY, BOUNDARY)
    yield from read_records(runs_of(source, KEY, reader), SHAPE, notes)
    note_end_of_array(reader, source, notes)


def _take(records: list[Notification], rows: Iterator[int], notes: ParseNotes) -> Batch:
    batch = Batch()
    for record in records:
        row, event = next(rows), _event(record)
        kind = _kind(record, event)
        if kind in {"message", "notification"} and event.message is None and event.message_id is None:
            batch.rejected.append(RejectedRecord(row, "not_a_message", "an event without a message"))
        elif kind in {"message", "notification"}:
            _note_channel(event, notes)
            batch.messages.append(_message(record, event, kind, row))
        elif kind == "message_delete" and event.message_id:
            notes.removals.append(Removal(row, id=event.message_id))
        elif kind == "clear_user_messages" and event.target_user_login:
            notes.removals.append(Removal(row, login=event.target_user_login))
        elif kind == "clear":
            notes.removals.append(Removal(row))
        else:
            notes.passed_over[kind] += 1
    return batch


def _event(record: Notification) -> Event:
    if record.payload is not None and record.payload.event is not None:
        return record.payload.event
    return record.event if record.event is not None else record


def _kind(record: Notification, event: Event) -> str:
    subscription = record.subscription or (record.payload.subscription if record.payload is not None else None)
    name = (subscription.type if subscription is not None else None) or (
        record.metadata.subscription_type if record.metadata is not None else None
    )
    if name:
        return TYPES.get(name, "other_events")
    if record.metadata is not None and record.metadata.message_type not in {None, "notification"}:
        return "other_events"
    return "notification" if event.notice_type else "message"


def _note_channel(event: Event, notes: ParseNotes) -> None:
    if notes.header.channel is None and event.broadcaster_user_login:
        names = (event.broadcaster_user_login, event.broadcaster_user_name)
        notes.header = ExportHeader(
            platform="twitch",
            channel=event.broadcaster_user_login.casefold(),
            owner_names=tuple(dict.fromkeys(name for name in names if name)),
        )


def _message(record: Notification, event: Event, kind: str, row: int) -> ChatMessage:
    fragments, is_action = _fragments(event.message or Message())
    room, source = event.broadcaster_user_id, event.source_broadcaster_user_id
    return ChatMessage(
        row=row,
        fragments=fragments,
        id=event.source_message_id or event.message_id or None,
        sent_at=_sent_at(record, event),
        login=event.chatter_user_login or None,
        display_name=event.chatter_user_name or None,
        badges=tuple(f"{badge.set_id}/{badge.id}" for badge in event.badges or () if badge.set_id),
        bits=event.cheer.bits if event.cheer is not None else 0,
        is_action=is_action,
        is_notice=kind == "notification",
        reply_to=event.reply.parent_message_id if event.reply is not None else None,
        source_room=source if source and source != room else None,
    )


def _sent_at(record: Notification, event: Event) -> datetime | None:
    if record.metadata is not None and record.metadata.message_timestamp is not None:
        return record.metadata.message_timestamp
    for place in (event, record):
        for value in (place.timestamp, place.sent_at, place.received_at, place.created_at):
            if (when := time_of(value)[1]) is not None:
                return when
    return None


def _fragments(message: Message) -> tuple[list[tuple[str, str | None]], bool]:
    """The text in pieces, and whether it was written with /me."""
    pieces = [
        (piece.text or "", None if piece.emote is None else piece.emote.id or "") for piece in message.fragments or ()
    ]
    if message.text is not None and message.text != "".join(text for text, _ in pieces):
        pieces = [(message.text, None)]
    if not pieces or not pieces[0][0].startswith(ACTION):
        return pieces, False
    pieces[0] = (pieces[0][0].removeprefix(ACTION), pieces[0][1])
    pieces[-1] = (pieces[-1][0].removesuffix(ACTION_END), pieces[-1][1])
    return pieces, True


SHAPE = shape_of(Notification, _take, essential=("message", "text", "fragments"))
