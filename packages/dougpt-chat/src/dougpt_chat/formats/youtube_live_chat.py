"""YouTube chat as yt-dlp saves it (live_chat.json): the platform's own actions, one line each.

A replay has `videoOffsetTimeMsec` inside `replayChatItemAction`; a chat recorded live has it beside it,
counted from when recording began, with `isLive`. Messages, paid messages, stickers and memberships are taken;
tickers, banners and the platform's own words are counted and passed over. The order of the file is not that
of time.
"""

import re
from collections.abc import Iterator

import msgspec

from dougpt_chat.formats.json_array import ArrayReader
from dougpt_chat.formats.json_lines import runs_of
from dougpt_chat.formats.json_records import note_end_of_array, read_records, shape_of
from dougpt_chat.formats.message import Batch, ChatMessage, ExportHeader, ParseNotes, Removal
from dougpt_chat.formats.times import MICROSECONDS, number_of, since_1970
from dougpt_chat.formats.youtube_items import (
    MESSAGES,
    Item,
    Renderer,
    badges_of,
    fragments_of,
    renderer_of,
)
from dougpt_chat.opening import ExportBytes

NAME = "youtube_live_chat"
KEY = b"actions"
MARKS = (b'"replayChatItemAction"', b'"addChatItemAction"')
BOUNDARY = re.compile(rb',\s*\{\s*"(?:replayChatItemAction|addChatItemAction|addLiveChatTickerItemAction)"\s*:')


class AddItem(msgspec.Struct, gc=False):
    """A message comes."""

    item: Item | None = None


class ReplaceItem(msgspec.Struct, gc=False, rename="camel"):
    """A message comes in the place of another, mostly of an empty one that was held back."""

    replacement_item: Item | None = None


class RemoveItem(msgspec.Struct, gc=False, rename="camel"):
    """A message goes."""

    target_item_id: str | None = None


class RemoveAuthor(msgspec.Struct, gc=False, rename="camel"):
    """All messages of an author go."""

    external_channel_id: str | None = None


class Action(msgspec.Struct, gc=False, rename="camel"):
    """What happens in the chat; one field is there."""

    add_chat_item_action: AddItem | None = None
    replace_chat_item_action: ReplaceItem | None = None
    remove_chat_item_action: RemoveItem | None = None
    mark_chat_item_as_deleted_action: RemoveItem | None = None
    remove_chat_item_by_author_action: RemoveAuthor | None = None
    mark_chat_items_by_author_as_deleted_action: RemoveAuthor | None = None


class Replay(msgspec.Struct, gc=False, rename="camel"):
    """Actions of one moment."""

    actions: list[Action] | None = None
    video_offset_time_msec: str | float | None = None


class Line(Action, gc=False, rename="camel"):
    """One record: wrapped actions, or an action as it is."""

    replay_chat_item_action: Replay | None = None
    video_offset_time_msec: str | float | None = None


def refuse(head: bytes) -> str | None:
    """Say why `head` does not begin a YouTube live chat, or None where it does."""
    if head.lstrip()[:1] not in {b"{", b"["}:
        return "it begins with neither { nor ["
    return None if any(mark in head for mark in MARKS) else f"no {MARKS[0].decode()}"


def parse(source: ExportBytes, notes: ParseNotes) -> Iterator[Batch]:
    """Yield the messages in the order of the file; rows count actions."""
    notes.header = ExportHeader(platform="youtube")
    reader = ArrayReader(source, KEY, BOUNDARY)
    yield from read_records(runs_of(source, KEY, reader), SHAPE, notes)
    note_end_of_array(reader, source, notes)


def _take(lines: list[Line], rows: Iterator[int], notes: ParseNotes) -> Batch:
    batch = Batch()
    for line in lines:
        _take_line(line, rows, batch, notes)
    return batch


def _take_line(line: Line, rows: Iterator[int], batch: Batch, notes: ParseNotes) -> None:
    replay = line.replay_chat_item_action
    inner = None if replay is None else replay.video_offset_time_msec
    milliseconds = number_of(inner if inner is not None else line.video_offset_time_msec)
    for action in [line] if replay is None else replay.actions or []:
        row = next(rows)
        removal = action.remove_chat_item_action or action.mark_chat_item_as_deleted_action
        by_author = action.remove_chat_item_by_author_action or action.mark_chat_items_by_author_as_deleted_action
        added = action.add_chat_item_action.item if action.add_chat_item_action is not None else None
        if action.replace_chat_item_action is not None:
            added = action.replace_chat_item_action.replacement_item
        if removal is not None and removal.target_item_id:
            notes.removals.append(Removal(row, id=removal.target_item_id))
        elif by_author is not None and by_author.external_channel_id:
            notes.removals.append(Removal(row, login=by_author.external_channel_id))
        elif added is None or (found := renderer_of(added)) is None:
            notes.passed_over["other_actions" if added is None else "other_items"] += 1
        else:
            batch.messages.append(_message(*found, None if milliseconds is None else milliseconds / 1000, row))


def _message(name: str, item: Renderer, offset_s: float | None, row: int) -> ChatMessage:
    author = item.author_name
    sent_us = number_of(item.timestamp_usec)
    if author is None and item.header is not None and item.header.inner is not None:
        author, badges = item.header.inner.author_name, item.header.inner.author_badges
    else:
        badges = item.author_badges
    return ChatMessage(
        row=row,
        fragments=fragments_of(item),
        id=item.id or None,
        offset_s=offset_s,
        sent_at=None if sent_us is None else since_1970(sent_us, MICROSECONDS),
        login=item.author_external_channel_id or None,
        display_name=(author.simple_text if author is not None else None) or None,
        badges=badges_of(badges or []),
        is_notice=name not in MESSAGES,
    )


SHAPE = shape_of(Line, _take, essential=("actions",))
