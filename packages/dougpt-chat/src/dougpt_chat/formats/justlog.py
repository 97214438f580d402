"""Text of justlog and rustlog: `[2022-05-19 00:01:06] #channel user: text`, in UTC, to the second.

What moderators removed stands as `user has been timed out for 600 seconds` or `user has been banned`, and
marks what came before as deleted. Reading it needs the broadcast's start.
"""

import re
from collections.abc import Iterator

from dougpt_chat.formats.message import Batch, ChatMessage, ExportHeader, ParseNotes, Removal
from dougpt_chat.formats.text_lines import NotAMessageError, read_lines, refuse_lines
from dougpt_chat.formats.times import moment
from dougpt_chat.opening import ExportBytes

NAME = "justlog"
LINE = re.compile(r"\[(\d{4}-\d\d-\d\d \d\d?:\d\d:\d\d)\] #(\w+) (?:(\w+): ?)?(.*)$")
REMOVED = re.compile(r"(\w+) has been (?:timed out(?: for \d+ seconds?)?|(?:permanently )?banned)\.?$")


def refuse(head: bytes) -> str | None:
    """Say why `head` does not begin a justlog text, or None where it does."""
    return refuse_lines(head, LINE, "[date time] #channel user: text")


def parse(source: ExportBytes, notes: ParseNotes) -> Iterator[Batch]:
    """Yield the messages in the order of the file."""
    notes.header = ExportHeader(platform="twitch")
    return read_lines(source, notes, _take)


def _take(row: int, text: str, notes: ParseNotes) -> ChatMessage | None:
    match = LINE.match(text)
    if match is None:
        raise NotAMessageError("the line does not read [date time] #channel user: text")
    time, channel, name, said = match.groups()
    if notes.header.channel is None:
        notes.header = ExportHeader(platform="twitch", channel=channel.casefold(), owner_names=(channel,))
    if (removed := REMOVED.match(said)) and name in {None, removed[1]}:
        notes.removals.append(Removal(row, login=removed[1]))
        return None
    if name is None and said.rstrip(".").casefold() == "chat has been cleared":
        notes.removals.append(Removal(row))
        return None
    if name is None:
        notes.passed_over["system_lines"] += 1
        return None
    return ChatMessage(
        row, [(said, None)], sent_at=moment(time.replace(" ", " 0") if len(time) < 19 else time), login=name
    )
