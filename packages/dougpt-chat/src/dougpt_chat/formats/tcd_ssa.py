r"""Subtitles of tcd for SubStation Alpha: `Dialogue: Marked=0,start,end,Default,name,…,{\c&H…&}name {\c&H…&}text`.

Times are hundredths of a second where Twitch gave them, whole seconds otherwise. Colours go.
"""

import re
from collections.abc import Iterator

from dougpt_chat.formats.message import Batch, ChatMessage, ExportHeader, ParseNotes
from dougpt_chat.formats.text_lines import NotAMessageError, head_lines, read_lines
from dougpt_chat.formats.times import clock_seconds
from dougpt_chat.opening import ExportBytes

NAME = "tcd_ssa"
DIALOGUE = re.compile(r"Dialogue: Marked=\d,(-?[\d:.]+),[-\d:.]+,[^,]*,([^,]*),[^,]*,[^,]*,[^,]*,[^,]*,(.*)$")
STYLED = re.compile(r"\{\\[^}]*\}(.*?) \{\\[^}]*\}(.*)$")
SECTION = re.compile(r"(?:\[[\w ]+\]|[A-Z][\w ]*:(?! Marked=\d,))")


def refuse(head: bytes) -> str | None:
    """Say why `head` does not begin tcd's subtitles, or None where it does."""
    if not head.lstrip().startswith(b"[Script Info]"):
        return "it does not begin with [Script Info]"
    dialogues = [match for line in head_lines(head) if (match := DIALOGUE.match(line))]
    named = sum(bool(match[2]) for match in dialogues)
    return None if named and 2 * named >= len(dialogues) else "no dialogue with a name: subtitles of speech"


def parse(source: ExportBytes, notes: ParseNotes) -> Iterator[Batch]:
    """Yield the messages in the order of the file."""
    notes.header = ExportHeader(platform="twitch")
    return read_lines(source, notes, _take)


def _take(row: int, text: str, notes: ParseNotes) -> ChatMessage | None:
    match = DIALOGUE.match(text)
    if match is None:
        if SECTION.match(text):
            notes.passed_over["header_lines"] += 1
            return None
        raise NotAMessageError("the line is no dialogue")
    name, said = match[2].strip(), match[3]
    if said.startswith("{"):
        styled = STYLED.match(said)
        if styled is None or styled[1] != name:
            raise NotAMessageError("the dialogue does not begin with its name")
        said = styled[2]
    return ChatMessage(
        row,
        [(said.removeprefix(f"{name} "), None)],
        offset_s=clock_seconds(match[1]),
        login=name or None,
        display_name=name,
    )
