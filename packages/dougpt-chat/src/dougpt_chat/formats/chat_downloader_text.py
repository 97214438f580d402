"""Text of chat-downloader: `[5:07] name: text` until 2020, then `5:07 | (Badge, Badge) *$5.00* name: text`.

Times are whole seconds, or wall-clock times of a chat recorded live (UTC as far as can be told). A name that
holds a colon and a space is cut there: the text does not say where names end.
"""

import re
from collections.abc import Iterator

from dougpt_chat.formats.chat_downloader import Badge, badge_name
from dougpt_chat.formats.message import Batch, ChatMessage, ParseNotes
from dougpt_chat.formats.text_lines import NotAMessageError, head_lines, read_lines, refuse_lines
from dougpt_chat.formats.times import time_of
from dougpt_chat.opening import ExportBytes

NAME = "chat_downloader_text"
CLOCK = r"-?(?:\d+:)?\d{1,5}:\d\d"
OLD = re.compile(rf"\[({CLOCK})\] (.+?):(?: (.*))?$")
NEW = re.compile(
    rf"({CLOCK}|\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d) \| (?:\(((?:[^()]|\([^()]*\))*+)\) )?(\*[^*]+\* )?(.+?)(?:: (.*)|:)?$"
)
EITHER = re.compile(f"(?:{OLD.pattern})|(?:{NEW.pattern})")
# What TwitchDownloader never writes: less than three parts, a sign, a name with a space, no bracket.
TELLING = re.compile(r"\[(?:-|\d{1,2}:\d\d\])|\[[\d:]+\] [^:]* |[^\[]")


def refuse(head: bytes) -> str | None:
    """Say why `head` does not begin chat-downloader's text, or None where it does."""
    why = refuse_lines(head, EITHER, "[m:ss] name: text or m:ss | name: text")
    if why is None and not any(EITHER.match(line) and TELLING.match(line) for line in head_lines(head)):
        return "times with hours and names without spaces, as TwitchDownloader writes them"
    return why


def parse(source: ExportBytes, notes: ParseNotes) -> Iterator[Batch]:
    """Yield the messages in the order of the file."""
    return read_lines(source, notes, _take)


def _take(row: int, text: str, _notes: ParseNotes) -> ChatMessage:
    match = OLD.match(text)
    if match is not None:
        time, badges, name, said = match[1], None, match[2], match[3]
    else:
        match = NEW.match(text)
        if match is None:
            raise NotAMessageError("the line reads neither [m:ss] name: text nor m:ss | name: text")
        time, badges, name, said = match[1], match[2], match[4], match[5]
    offset_s, sent_at = time_of(time)
    return ChatMessage(
        row,
        [(said or "", None)],
        offset_s=offset_s,
        sent_at=sent_at,
        login=name,
        display_name=name,
        badges=tuple(badge_name(Badge(title=title.strip())) for title in (badges or "").split(",") if title.strip()),
    )
