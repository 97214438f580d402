"""Text of TwitchDownloader: `[0:00:12] name: text`, or with a time of sending in UTC, whole or in milliseconds.

Without times (`name: text`) it is read where the format is named, and every message is rejected for want of one;
on its own such a text is not taken for chat. There are no ids, emotes or badges in it.
"""

import re
from collections.abc import Iterator

from dougpt_chat.formats.message import Batch, ChatMessage, ExportHeader, ParseNotes
from dougpt_chat.formats.text_lines import NotAMessageError, head_lines, read_lines, refuse_lines
from dougpt_chat.formats.times import time_of
from dougpt_chat.opening import ExportBytes

NAME = "twitchdownloader_text"
TIMED = re.compile(r"\[(-?\d+:\d\d:\d\d|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? UTC)\] (.+?):(?: (.*))?$")
UNTIMED = re.compile(r"(\w{1,25}(?: \(\w+\))?): (.*)$")


def refuse(head: bytes) -> str | None:
    """Say why `head` does not begin TwitchDownloader's text, or None where it does."""
    why = refuse_lines(head, TIMED, "[time] name: text")
    if why is not None and refuse_lines(head, UNTIMED, "") is None and len(head_lines(head)) > 1:
        return "name: text without times, with which no message can be placed; export it again with times"
    return why


def parse(source: ExportBytes, notes: ParseNotes) -> Iterator[Batch]:
    """Yield the messages in the order of the file."""
    notes.header = ExportHeader(platform="twitch")
    return read_lines(source, notes, _take)


def _take(row: int, text: str, _notes: ParseNotes) -> ChatMessage:
    match = TIMED.match(text)
    if match is not None:
        offset_s, sent_at = time_of(match[1])
        return ChatMessage(
            row, [(match[3] or "", None)], offset_s=offset_s, sent_at=sent_at, login=match[2], display_name=match[2]
        )
    match = UNTIMED.match(text)
    if match is None:
        raise NotAMessageError("the line does not read [time] name: text")
    return ChatMessage(row, [(match[2], None)], login=match[1], display_name=match[1])
