"""WebVTT and SubRip: blocks of a timing line and lines of text, with tags in them.

YouTube's automatic captions roll: every line is shown again above the next one, and words carry times
inside the text, `<00:00:01.000><c> word</c>`.
"""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from dougpt_media.captions.cues import Cue, CuePiece, Unusable

TIME = r"(?:(\d+):)?(\d{1,2}):(\d{2})[.,](\d{1,3})"
TIMING = re.compile(rf"\s*{TIME}[ \t]*-->[ \t]*{TIME}(?:[ \t].*)?")
WORD_TIME = re.compile(rf"<{TIME}>")
VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]+)>")
MARKUP = re.compile(r"</?[a-zA-Z][^<>]*>|</>|\{\\[^}]*\}")
NO_CUES = ("NOTE", "STYLE", "REGION")
ROLLING_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class Block:
    """A cue as it stands in the file."""

    row: int
    start_ms: int
    end_ms: int
    lines: tuple[str, ...]


def read(text: str) -> tuple[list[Cue], list[Unusable]]:
    """Return the cues of a WebVTT or SubRip file without lines shown twice, and the blocks that could not be read."""
    blocks, unusable = [], []
    for item in _blocks(text):
        if isinstance(item, Block):
            blocks.append(item)
        else:
            unusable.append(item)
    if _rolls(blocks):
        blocks = list(_unrolled(blocks))
    automatic = WORD_TIME.search(text) is not None
    cues = []
    for block in blocks:
        joined = "\n".join(block.lines)
        voice = VOICE.search(joined)
        speaker = html.unescape(voice[1]).strip() if voice else None
        if pieces := tuple(_pieces(joined, block.start_ms if automatic else None)):
            cues.append(Cue(block.row, block.start_ms, block.end_ms, pieces, speaker))
    return cues, unusable


def _blocks(text: str) -> Iterator[Block | Unusable]:
    row = 0
    for chunk in re.split(r"\n{2,}", text.replace("\r\n", "\n").replace("\r", "\n")):
        lines = [line for line in chunk.split("\n") if line.strip()]
        at = next((index for index, line in enumerate(lines) if "-->" in line), None)
        if at is None or lines[0].startswith(NO_CUES):
            continue
        if timing := TIMING.fullmatch(lines[at]):
            values = timing.groups()
            yield Block(row, _ms(values[:4]), _ms(values[4:]), tuple(lines[at + 1 :]))
        else:
            yield Unusable(row, "no_time", lines[at].strip()[:80])
        row += 1


def _ms(parts: Sequence[str | None]) -> int:
    hours, minutes, seconds, fraction = (part or "0" for part in parts)
    return ((int(hours) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + int(fraction.ljust(3, "0"))


def plain(line: str) -> str:
    """Return a line of text without tags and with entities read."""
    return html.unescape(MARKUP.sub("", WORD_TIME.sub("", VOICE.sub("", line)))).replace("\u200b", "").strip()


def _rolls(blocks: Sequence[Block]) -> bool:
    """Tell rolling captions: many blocks begin with the line that the block before ended with."""
    pairs = [(before, block) for before, block in pairwise(blocks) if before.lines and block.lines]
    again = sum(plain(block.lines[0]) == plain(before.lines[-1]) for before, block in pairs)
    return len(pairs) > 1 and again > ROLLING_SHARE * len(pairs)


def _unrolled(blocks: Sequence[Block]) -> Iterator[Block]:
    """Drop from each block the lines that are still shown from the block before."""
    before: tuple[str, ...] = ()
    for block in blocks:
        shown = tuple(plain(line) for line in block.lines)
        carried = max((k for k in range(1, len(shown) + 1) if shown[:k] == before[-k:]), default=0)
        before = shown
        yield Block(block.row, block.start_ms, block.end_ms, block.lines[carried:])


def _pieces(text: str, start_ms: int | None) -> Iterator[CuePiece]:
    """Split text at the word times inside it; what stands before the first one begins at `start_ms`, if given."""
    marks = list(WORD_TIME.finditer(text))
    starts = [start_ms, *(_ms(mark.groups()) for mark in marks)]
    firsts = [0, *(mark.end() for mark in marks)]
    lasts = [*(mark.start() for mark in marks), len(text)]
    for at_ms, first, last in zip(starts, firsts, lasts, strict=True):
        if words := plain(text[first:last]):
            yield CuePiece(words, at_ms)
