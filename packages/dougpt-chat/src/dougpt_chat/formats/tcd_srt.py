"""Subtitles of tcd: cues of one length that read `name: text`, to the millisecond where Twitch gave it.

Ordinary captions are not taken for chat: tcd writes hours without a zero in front and every cue equally long.
"""

import re
from collections.abc import Iterator
from itertools import count

from dougpt_chat.formats.message import Batch, ChatMessage, Cut, ExportHeader, ParseNotes, RejectedRecord
from dougpt_chat.formats.text_lines import BATCH_MESSAGES, TextLines, head_lines
from dougpt_chat.formats.times import clock_seconds
from dougpt_chat.opening import ExportBytes

NAME = "tcd_srt"
CUE = re.compile(r"(-?\d+:\d\d:\d\d,\d{3}) --> (-?\d+:\d\d:\d\d,\d{3})$")
SAID = re.compile(r"(\S[^:]*):(?: (.*))?$")
UNPADDED = re.compile(r"-?\d:")


def refuse(head: bytes) -> str | None:
    """Say why `head` does not begin tcd's subtitles, or None where it does."""
    lines = head_lines(head)
    cues = [(match, after) for match, after in zip(map(CUE.match, lines), [*lines[1:], ""], strict=True) if match]
    if not cues:
        return "no cue of a subtitle"
    lengths = {round((clock_seconds(cue[2]) or 0) - (clock_seconds(cue[1]) or 0), 3) for cue, _ in cues}
    if len(lengths) > 1 or not any(UNPADDED.match(cue[1]) for cue, _ in cues):
        return "cues of different lengths, or hours with a zero in front: captions"
    whole = [after for _, after in cues if after]
    return None if all(SAID.match(after) for after in whole) else "cues that do not read name: text"


def parse(source: ExportBytes, notes: ParseNotes) -> Iterator[Batch]:
    """Yield the messages in the order of the file; rows count cues and lines outside of them."""
    notes.header = ExportHeader(platform="twitch")
    lines = TextLines(source, notes.repairs)
    batch, rows, row, time, is_open = Batch(), count(), 0, "", False
    unread: RejectedRecord | None = None
    for text in lines:
        if unread is not None:
            batch.rejected.append(unread)
            unread = None
        cue, said, is_number = CUE.match(text), SAID.match(text), text.strip().isdecimal()
        if cue is not None:
            if time:
                batch.rejected.append(RejectedRecord(row, "not_a_message", "a cue without text"))
            time, row = cue[1], next(rows)
        elif time and said is not None:
            name, offset_s = said[1], clock_seconds(time)
            batch.messages.append(
                ChatMessage(row, [(said[2] or "", None)], offset_s=offset_s, login=name, display_name=name)
            )
            time = ""
        elif not is_number:
            unread = RejectedRecord(next(rows), "not_a_message", "a line that belongs to no cue")
        is_open = bool(time) or is_number
        if len(batch.messages) >= BATCH_MESSAGES:
            yield batch
            batch = Batch()
    notes.cut = lines.cut()
    if is_open and (notes.cut is None or not notes.cut.certain):
        notes.cut = Cut(lines.at_byte, "the last cue is not whole")
    if unread is not None and notes.cut is None:
        batch.rejected.append(unread)
    yield batch
