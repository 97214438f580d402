"""Which column of somebody's table holds what, and a row of it to a message.

Headers are compared without case, spaces and punctuation. What the header does not say, the setting
`chat.columns` can: a role and the column's name.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dougpt_chat.formats.message import Batch, ChatMessage, RejectedRecord
from dougpt_chat.formats.times import number_of, time_of

# The words for each role, the most telling first.
ALIASES = {
    "offset_ms": ("offset_ms", "time_ms", "video_offset_time_msec", "video_offset_ms", "position_ms"),
    "time": (
        "time_in_seconds",
        "content_offset_seconds",
        "contentoffsetseconds",
        "offset_seconds",
        "offset_s",
        "offset",
        "seconds",
        "video_time",
        "relative_time",
        "time",
        "time_text",
        "timestamp",
        "timestamp_ms",
        "unix",
        "epoch",
        "sent_at",
        "tmi_sent_ts",
        "created_at",
        "createdat",
        "datetime",
        "date_time",
        "date",
        "utc",
    ),
    "author": (
        "login",
        "user_login",
        "author_login",
        "author_name",
        "user_name",
        "username",
        "author",
        "user",
        "nick",
        "name",
        "sender",
        "chatter",
        "commenter",
        "from",
        "channel_name",
    ),
    "display_name": ("display_name", "displayname", "author_display_name", "user_display_name", "nickname"),
    "message": ("message", "text", "body", "message_text", "chat_message", "msg", "content", "comment"),
    "id": ("message_id", "msg_id", "comment_id", "event_id", "id"),
    "badges": ("badges", "user_badges", "author_badges"),
    "bits": ("bits", "bits_spent"),
    "reply_to": ("reply_to", "reply_parent_msg_id", "in_reply_to_message_id", "in_reply_to"),
}
PUNCTUATION = re.compile(r"[\W_]+")
BADGE_SEPARATOR = re.compile(r"[,;|]\s*")
TIMES = ("offset_ms", "time")


class NoSuchColumnError(Exception):
    """A mapping names a column that the table does not have; becomes a refusal or an error that names the file."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The places of each role's columns, the most telling first."""

    places: Mapping[str, tuple[int, ...]]

    def message(self, cells: Sequence[object], row: int, batch: Batch) -> None:
        """Put a row's message, or why it has none, into `batch`."""
        text = self._text(cells, "message")
        if text is None:
            batch.rejected.append(RejectedRecord(row, "not_a_message", "the cell of the message is empty"))
            return
        offset_s, sent_at = self._times(cells)
        author = self._text(cells, "author")
        bits = number_of(self._first(cells, "bits"))
        badges = self._first(cells, "badges")
        batch.messages.append(
            ChatMessage(
                row,
                [(text, None)],
                id=self._text(cells, "id"),
                offset_s=offset_s,
                sent_at=sent_at,
                login=author,
                display_name=self._text(cells, "display_name") or author,
                badges=_badges(badges),
                bits=None if bits is None else int(bits),
                reply_to=self._text(cells, "reply_to"),
            )
        )

    def _times(self, cells: Sequence[object]) -> tuple[float | None, datetime | None]:
        """The finest offset and the first moment that any column of times gives."""
        offset_s, sent_at = None, None
        milliseconds = number_of(self._first(cells, "offset_ms"))
        if milliseconds is not None:
            offset_s = milliseconds / 1000
        for place in self.places.get("time", ()):
            seconds, when = time_of(cells[place]) if place < len(cells) else (None, None)
            offset_s = seconds if offset_s is None else offset_s
            sent_at = when if sent_at is None else sent_at
        return offset_s, sent_at

    def _first(self, cells: Sequence[object], role: str) -> object:
        for place in self.places.get(role, ()):
            if place < len(cells) and cells[place] is not None and cells[place] != "":
                return cells[place]
        return None

    def _text(self, cells: Sequence[object], role: str) -> str | None:
        found = self._first(cells, role)
        return None if found is None else str(found)


def find_columns(header: Sequence[str], given: Mapping[str, str]) -> Columns:
    """Return the columns that a header names, those `given` first.

    Raises:
        NoSuchColumnError: `given` names a column that is not there, or no column holds times or messages.
    """
    folded = [PUNCTUATION.sub("_", name.strip().casefold()).strip("_") for name in header]
    places = {role: tuple(_places(folded, aliases)) for role, aliases in ALIASES.items()}
    for role, name in given.items():
        if name not in header:
            raise NoSuchColumnError(f"the column {name!r}, which chat.columns gives for {role}, is not in it")
        places[role] = (header.index(name),)
    if "time" in given or "offset_ms" in given:
        places |= {role: () for role in TIMES if role not in given}
    if not places["message"]:
        raise NoSuchColumnError(f"no column of messages among {_shown(header)}; chat.columns can name it")
    if not any(places[role] for role in TIMES):
        raise NoSuchColumnError(f"no column of times among {_shown(header)}; chat.columns can name it")
    return Columns(places)


def _places(folded: Sequence[str], aliases: Iterable[str]) -> Iterable[int]:
    return (folded.index(alias) for alias in aliases if alias in folded)


def _shown(header: Sequence[str]) -> str:
    """Names of columns; not the cells of a table without a header, which may be somebody's words."""
    words = [name for name in header if re.fullmatch(r"[A-Za-z][\w.\- ]{0,30}", name)]
    return ", ".join(words[:8]) if len(words) == len(header) > 1 else f"{len(header)} cells in its first line"


def _badges(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(badge for badge in BADGE_SEPARATOR.split(value.strip()) if badge)
    return tuple(str(badge) for badge in value if badge) if isinstance(value, list | tuple) else ()
