"""twitch-archiver's readable_chat.txt: `[12.345] (B)(M)(S)name: text`, in seconds of the video.

It keeps the first piece of each message alone, so whatever follows an emote is lost; verbose_chat.json beside it
has everything, and reading this one says so.
"""

import re
from collections.abc import Iterator

from dougpt_chat.formats.message import Batch, ChatMessage, ExportHeader, ParseNotes
from dougpt_chat.formats.text_lines import NotAMessageError, read_lines, refuse_lines
from dougpt_chat.opening import ExportBytes

NAME = "twitch_archiver_text"
LINE = re.compile(r"\[(-?\d{1,9}\.\d{3})\] ((?:\([BMS]\))*)([^:]+):(?: (.*))?$")
BADGES = {"B": "broadcaster/1", "M": "moderator/1", "S": "subscriber/0"}
NOBODY, NOTHING = "~MISSING_COMMENTER_INFO~", "~MISSING_MESSAGE_INFO~"
WARNING = "readable_chat.txt lost the text after the first emote of each message; verbose_chat.json beside it has it"


def refuse(head: bytes) -> str | None:
    """Say why `head` does not begin a readable_chat.txt, or None where it does."""
    return refuse_lines(head, LINE, "[seconds] name: text")


def parse(source: ExportBytes, notes: ParseNotes) -> Iterator[Batch]:
    """Yield the messages in the order of the file."""
    notes.header = ExportHeader(platform="twitch")
    notes.warnings.append(WARNING)
    return read_lines(source, notes, _take)


def _take(row: int, text: str, _notes: ParseNotes) -> ChatMessage:
    match = LINE.match(text)
    if match is None:
        raise NotAMessageError("the line does not read [seconds] name: text")
    name = None if match[3] == NOBODY else match[3]
    said = "" if match[4] == NOTHING else match[4] or ""
    badges = tuple(BADGES[letter] for letter in match[2] if letter in BADGES)
    return ChatMessage(row, [(said, None)], offset_s=float(match[1]), login=name, display_name=name, badges=badges)
