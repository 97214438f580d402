r"""JSON of xenova's chat-downloader, Twitch and YouTube, an array or one item a line, schemas of 2020 and later.

In the first schema the author is a name, badges are a text, and there are no ids. `timestamp` counts
microseconds. `time_in_seconds` may be negative; where YouTube's milliseconds stand beside it, they are taken.
A message of /me keeps the \x01 at its end, which gives it away. Emotes of Twitch have ranges that are right
only as long as no character before them is long; a range that does not cut out a word is left out. Emotes of
YouTube stand in the text by their shortcut; ordinary emoji too, which get their character back.
"""

import re
from collections.abc import Iterator

import msgspec

from dougpt_chat.formats.json_array import ArrayReader, outer_keys
from dougpt_chat.formats.json_lines import runs_of
from dougpt_chat.formats.json_records import note_end_of_array, read_records, shape_of
from dougpt_chat.formats.message import Batch, ChatMessage, ExportHeader, ParseNotes, Removal
from dougpt_chat.formats.times import MICROSECONDS, clock_seconds, number_of, since_1970
from dougpt_chat.formats.twitch_irc import ACTION, ACTION_END, cut_at_emotes
from dougpt_chat.opening import ExportBytes

NAME = "chat_downloader"
KEY = b"messages"
MARKS = (b'"time_in_seconds"', b'"time_text"', b'"timestamp"', b'"action_type"', b'"message_type"')
BOUNDARY = re.compile(rb',\s*\{\s*"(?:action_type|author|time_in_seconds|time_text|timestamp)"\s*:')
PLACE = re.compile(r"(\d+)-(\d+)")
MESSAGES = frozenset(
    {"text_message", "highlighted_message", "send_message_in_subscriber_only_mode", "paid_message", "crowd_chant"}
)
REMOVALS = frozenset({"ban_user", "clear_chat", "delete_message", "deleted_message"})
# Of the room or of the screen, said by nobody.
NO_MESSAGES = frozenset(
    {
        "banner",
        "banner_header",
        "end_host",
        "host_target",
        "mode_change_message",
        "notice",
        "placeholder_item",
        "purchased_product_message",
        "reconnect",
        "room_state",
        "start_host",
        "successful_login",
        "user_state",
        "viewer_engagement_message",
    }
)


class Badge(msgspec.Struct, gc=False):
    """A badge: Twitch's have a name and a version, YouTube's a title and an icon."""

    name: str | None = None
    title: str | None = None
    version: str | int | None = None
    icon_name: str | None = None


class Author(msgspec.Struct, gc=False):
    """The author since 2021."""

    id: str | int | None = None
    name: str | None = None
    display_name: str | None = None
    badges: list[Badge] | None = None


class Emote(msgspec.Struct, gc=False):
    """An emote of the message; YouTube's have no places."""

    id: str | int | None = None
    name: str | None = None
    locations: str | list[str] | None = None
    is_custom_emoji: bool | None = None


class Parent(msgspec.Struct, gc=False):
    """The message that is answered."""

    message_id: str | None = None


class Item(msgspec.Struct, gc=False):
    """One item."""

    message: str | None = None
    message_id: str | None = None
    message_type: str | None = None
    timestamp: float | None = None
    time_in_seconds: float | None = None
    time_text: str | None = None
    video_offset_time_msec: float | str | None = None
    author: Author | str | None = None
    author_id: str | None = None
    badges: list[Badge] | str | None = None
    emotes: list[Emote] | None = None
    bits: int | None = None
    in_reply_to: Parent | None = None
    target_message_id: str | None = None
    banned_user: str | None = None


def refuse(head: bytes) -> str | None:
    """Say why `head` does not begin JSON of chat-downloader, or None where it does."""
    keys = outer_keys(head)
    if keys is None and not head.lstrip().startswith(b"["):
        return "it begins with neither { nor ["
    if keys is not None and not {b"message", b"message_type"} & keys:
        return "no message in its first item"
    if b'"message"' not in head and b'"message_type"' not in head:
        return "no message in its first items"
    found = [mark.decode() for mark in MARKS if mark in head]
    return None if len(found) >= 2 else f"of the keys that mark it there are {', '.join(found) or 'none'}"


def parse(source: ExportBytes, notes: ParseNotes) -> Iterator[Batch]:
    """Yield the messages in the order of the file."""
    reader = ArrayReader(source, KEY, BOUNDARY)
    yield from read_records(runs_of(source, KEY, reader), SHAPE, notes)
    note_end_of_array(reader, source, notes)


def take_items(items: list[Item], rows: Iterator[int], notes: ParseNotes) -> Batch:
    """Turn items into messages; removals and what nobody said go into `notes`."""
    batch = Batch()
    for item in items:
        row, kind = next(rows), item.message_type or "text_message"
        if notes.header.platform is None and (platform := _platform(item)):
            notes.header = ExportHeader(platform=platform)
        if kind in REMOVALS:
            notes.removals += _removals(item, kind, row)
        elif kind in NO_MESSAGES or kind.startswith("ticker_"):
            notes.passed_over[kind] += 1
        else:
            batch.messages.append(_message(item, kind, row, notes))
    return batch


def _platform(item: Item) -> str | None:
    author_id = item.author.id if isinstance(item.author, Author) else item.author_id
    if not author_id:
        return None
    return "youtube" if str(author_id).startswith("UC") else "twitch"


def _removals(item: Item, kind: str, row: int) -> Iterator[Removal]:
    if item.target_message_id:
        yield Removal(row, id=item.target_message_id)
    elif kind == "ban_user":
        login = item.banned_user or _login(item)
        if login:
            yield Removal(row, login=login)
    elif kind == "clear_chat":
        yield Removal(row, login=item.banned_user)


def _message(item: Item, kind: str, row: int, notes: ParseNotes) -> ChatMessage:
    text = item.message or ""
    is_action = text.endswith(ACTION_END)
    if is_action:
        text = text.removesuffix(ACTION_END).removeprefix(ACTION)
    author = item.author
    return ChatMessage(
        row=row,
        fragments=_fragments(text, item.emotes or [], notes),
        id=item.message_id or None,
        offset_s=_offset_s(item),
        sent_at=since_1970(item.timestamp, MICROSECONDS) if item.timestamp else None,
        login=_login(item),
        display_name=(author.display_name or author.name if isinstance(author, Author) else author) or None,
        badges=_badges(author.badges if isinstance(author, Author) and author.badges else item.badges),
        bits=item.bits,
        is_action=is_action,
        is_notice=kind not in MESSAGES,
        reply_to=item.in_reply_to.message_id if item.in_reply_to is not None else None,
    )


def _login(item: Item) -> str | None:
    """What tells an author from others: the id of a channel on YouTube, where many share a name; else the login."""
    author = item.author
    if isinstance(author, Author):
        author_id = str(author.id or "")
        return author_id if author_id.startswith("UC") else author.name or author.display_name or None
    return item.author_id if item.author_id and item.author_id.startswith("UC") else author or None


def _offset_s(item: Item) -> float | None:
    milliseconds = number_of(item.video_offset_time_msec)
    if milliseconds is not None:
        return milliseconds / 1000
    if item.time_in_seconds is not None:
        return item.time_in_seconds
    return clock_seconds(item.time_text) if item.time_text else None


def _badges(badges: list[Badge] | str | None) -> tuple[str, ...]:
    if isinstance(badges, str):
        badges = [Badge(title=title.strip()) for title in badges.split(",")]
    return tuple(name for badge in badges or () if (name := badge_name(badge)))


def badge_name(badge: Badge) -> str:
    """Return a badge as set/version; the owner of a YouTube channel wears Twitch's broadcaster badge."""
    name = badge.name or badge.icon_name or badge.title or ""
    folded = name.casefold().replace(" ", "_")
    if folded in {"owner", "moderator", "verified"}:
        return f"{'broadcaster' if folded == 'owner' else folded}/1"
    return f"{name}/{badge.version}" if name and badge.version is not None else name


def _fragments(text: str, emotes: list[Emote], notes: ParseNotes) -> list[tuple[str, str | None]]:
    for emote in emotes:
        if emote.name and emote.id and emote.is_custom_emoji is False:
            text = text.replace(emote.name, str(emote.id))
    places: list[tuple[int, int, str]] = []
    for emote in emotes:
        if emote.locations:
            spots = emote.locations if isinstance(emote.locations, str) else ",".join(emote.locations)
            found = [(int(spot[1]), int(spot[2]) + 1) for spot in PLACE.finditer(spots)]
            words = [place for place in found if _is_word(text, *place)]
            notes.repairs["emote_places"] += len(found) - len(words)
        elif emote.name and emote.is_custom_emoji is not False:
            words = [one.span() for one in re.finditer(re.escape(emote.name), text)]
        else:
            words = []
        places += [(start, end, str(emote.id or "")) for start, end in words]
    return cut_at_emotes(text, places)


def _is_word(text: str, start: int, end: int) -> bool:
    """Whether white space or nothing is around a place, and none within: Twitch's emotes are words."""
    word = text[start:end]
    around = text[max(0, start - 1) : start] + text[end : end + 1]
    return len(word) == end - start and word.split() == [word] and not around.strip()


SHAPE = shape_of(Item, take_items, essential=("message", "time_in_seconds", "timestamp"), id_field="message_id")
