r"""Twitch chat as services of logs give it in JSON: recent-messages, justlog and rustlog.

`{"messages": […]}` holds raw lines of IRC (recent-messages), or objects that have them as `raw`; rustlog gives
the objects one a line too. Objects without `raw` say the same in `text` and `tags`.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from dougpt_chat.formats.json_array import ArrayReader, outer_keys
from dougpt_chat.formats.json_lines import runs_of
from dougpt_chat.formats.json_records import note_end_of_array, read_records, shape_of
from dougpt_chat.formats.message import Batch, ChatMessage, ExportHeader, ParseNotes, RejectedRecord
from dougpt_chat.formats.text_lines import NotAMessageError
from dougpt_chat.formats.times import EPOCH
from dougpt_chat.formats.twitch_irc import IrcLine, IrcLog
from dougpt_chat.opening import ExportBytes

NAME = "twitch_irc_json"
KEY = b"messages"
BOUNDARY = re.compile(
    rb',\s*\{\s*"text"\s*:\s*"[^"\\]*+(?:\\.[^"\\]*+)*+"\s*,\s*"(?:displayName|username)"\s*:', re.DOTALL
)
COMMANDS = {1: "PRIVMSG", 2: "CLEARCHAT", 4: "USERNOTICE", 7: "NOTICE", 14: "CLEARMSG"}
MARKS = (b'"displayName"', b'"tags"', b'"raw"')


class LoggedLine(msgspec.Struct, gc=False, rename="camel"):
    """A line of IRC with its parts."""

    raw: str | None = None
    text: str | None = None
    username: str | None = None
    display_name: str | None = None
    channel: str | None = None
    timestamp: datetime | None = None
    id: str | None = None
    tags: dict[str, str] | None = None
    type: int | None = None


def refuse(head: bytes) -> str | None:
    """Say why `head` does not begin a log of IRC in JSON, or None where it does."""
    keys = outer_keys(head)
    if keys is None:
        if not head.lstrip().startswith(b"["):
            return "it begins with neither { nor ["
        return None if all(mark in head for mark in MARKS[:2]) else "no items with displayName and tags"
    if KEY in keys:
        is_raw = re.search(rb'"messages"\s*:\s*\[\s*(?:"[@:]|\])', head)
        return None if is_raw or any(mark in head for mark in MARKS) else "its messages are no lines of IRC"
    return None if {b"text", b"tags"} <= keys or {b"raw", b"type"} <= keys else "no messages array, no text with tags"


def parse(source: ExportBytes, notes: ParseNotes) -> Iterator[Batch]:
    """Yield the messages in the order of the file."""
    notes.header = ExportHeader(platform="twitch")
    log = IrcLog()

    def take(lines: list[LoggedLine | str], rows: Iterator[int], notes: ParseNotes) -> Batch:
        batch = Batch()
        for line in lines:
            row = next(rows)
            try:
                if message := _message(row, line, log, notes):
                    batch.messages.append(message)
            except NotAMessageError as error:
                known = line.id if isinstance(line, LoggedLine) else None
                batch.rejected.append(RejectedRecord(row, error.reason, str(error), known))
        return batch

    reader = ArrayReader(source, KEY, BOUNDARY)
    shape = shape_of(LoggedLine | str, take, essential=("raw", "text"))  # type: ignore[arg-type] # a union is no class
    yield from read_records(runs_of(source, KEY, reader), shape, notes)
    note_end_of_array(reader, source, notes)


def _message(row: int, line: LoggedLine | str, log: IrcLog, notes: ParseNotes) -> ChatMessage | None:
    raw = line if isinstance(line, str) else line.raw
    if isinstance(line, str) or raw:
        return log.take(row, raw or "", notes)
    if line.text is None and line.tags is None:
        raise NotAMessageError("neither raw, text nor tags")
    return log.take_line(row, _rebuilt(line), notes)


def _rebuilt(line: LoggedLine) -> IrcLine:
    """The line of IRC that an object without `raw` was."""
    tags = dict(line.tags or {})
    for tag, value in (("id", line.id), ("display-name", line.display_name), ("login", line.username)):
        if value and not tags.get(tag):
            tags[tag] = value
    if line.timestamp is not None and not tags.get("tmi-sent-ts"):
        when = line.timestamp if line.timestamp.tzinfo else line.timestamp.replace(tzinfo=UTC)
        tags["tmi-sent-ts"] = str(round((when - EPOCH).total_seconds() * 1000))
    command = COMMANDS.get(line.type or 0) or _command(tags)
    return IrcLine(tags, tags.get("login", ""), command, (f"#{line.channel or ''}", line.text or ""))


def _command(tags: dict[str, str]) -> str:
    if "target-msg-id" in tags:
        return "CLEARMSG"
    if "target-user-id" in tags or "ban-duration" in tags:
        return "CLEARCHAT"
    return "USERNOTICE" if tags.get("msg-id") and "system-msg" in tags else "PRIVMSG"
