"""Texts of tcd (Twitch-Chat-Downloader): `[0:00:01] <name> text`, its irc form with a sign for a badge, its csv.

The signs are those of its settings; /me is `[0:00:01] *name text]`, the bracket being its own mistake. The csv
has no header and leaves quotation marks in the text as they are. Times are whole seconds.
"""

import re
from collections.abc import Iterator

from dougpt_chat.formats.message import Batch, ChatMessage, ExportHeader, ParseNotes
from dougpt_chat.formats.text_lines import NotAMessageError, read_lines, refuse_lines
from dougpt_chat.formats.times import clock_seconds
from dougpt_chat.opening import ExportBytes

NAME = "tcd_text"
CLOCK = r"-?(?:\d+ days?, )?\d+:\d\d:\d\d"
BADGES = {
    "!": "admin/1",
    "$": "bits/1",
    "~": "broadcaster/1",
    "*": "global_mod/1",
    "@": "moderator/1",
    "+": "premium/1",
    "&": "staff/1",
    "%": "subscriber/1",
}
SAID = re.compile(rf"\[({CLOCK})\] <([!$~*@+&%]?)([^>]+)>(?: (.*))?$")
ACTED = re.compile(rf"\[({CLOCK})\] \*(\S+) (.*?)\]?$")
CELLS = re.compile(rf'({CLOCK}), ([^",]+), "(.*)"$')
ANY = re.compile(f"(?:{SAID.pattern})|(?:{ACTED.pattern})|(?:{CELLS.pattern})")


def refuse(head: bytes) -> str | None:
    """Say why `head` does not begin a text of tcd, or None where it does."""
    return refuse_lines(head, ANY, "[time] <name> text")


def parse(source: ExportBytes, notes: ParseNotes) -> Iterator[Batch]:
    """Yield the messages in the order of the file."""
    notes.header = ExportHeader(platform="twitch")
    return read_lines(source, notes, _take)


def _take(row: int, text: str, _notes: ParseNotes) -> ChatMessage:
    badge, is_action = "", False
    if match := SAID.match(text):
        time, badge, name, said = match.groups()
    elif match := ACTED.match(text):
        (time, name, said), is_action = match.groups(), True
    elif match := CELLS.match(text):
        time, name, said = match.groups()
    else:
        raise NotAMessageError("the line does not read [time] <name> text")
    return ChatMessage(
        row,
        [(said or "", None)],
        offset_s=clock_seconds(time),
        login=name,
        display_name=name,
        badges=(BADGES[badge],) if badge else (),
        is_action=is_action,
    )
