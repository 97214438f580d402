"""Cues: what every caption format comes down to, and how cues become words.

A cue has a start, an end and text; some formats time each word. Where they do not, the cue's time is
shared out among its words by their length.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from dougpt_schema import DougptError, Timing

from dougpt_media.transcript import Word, longest_ms, shared_out

BACKWARDS_MS = 200  # captions overlap by a frame or two; more is no rounding
SOUND_TAG = re.compile(r"\[(?!\s*_+\s*\])[^\[\]]*\]|[♪♫]+|>{2,}")
CENSORED = re.compile(r"\[\s*_+\s*\]")
WHOLLY_IN_BRACKETS = re.compile(r"\s*\([^()]*\)\s*")


class CaptionError(DougptError):
    """A caption file cannot be used.

    Attributes:
        name: The file's name.
        cause: What is wrong, and where.
    """

    def __init__(self, name: str, cause: str) -> None:
        self.name = name
        self.cause = cause
        super().__init__(f"{name}: {cause}")


class BackwardsError(CaptionError):
    """The times of a caption file run backwards."""


@dataclass(frozen=True, slots=True)
class CuePiece:
    """A piece of a cue's text; `start_ms` is given where the format times it, `probability` where it scores it."""

    text: str
    start_ms: int | None = None
    end_ms: int | None = None
    probability: float | None = None
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class Cue:
    """One caption: `row` counts the file's records from 0, times are milliseconds from the recording's start."""

    row: int
    start_ms: int
    end_ms: int
    pieces: tuple[CuePiece, ...]
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class Unusable:
    """A record of the file that is no speech, or cannot be read."""

    row: int
    reason: str
    detail: str


def check_order(cues: Sequence[Cue], name: str) -> None:
    """Refuse cues that end before they start, or start clearly before the one before them.

    Raises:
        BackwardsError: It names the file and the cue.
    """
    for index, cue in enumerate(cues):
        if cue.end_ms < cue.start_ms:
            raise BackwardsError(
                name, f"cue {cue.row + 1} ends at {clock(cue.end_ms)}, before it starts at {clock(cue.start_ms)}"
            )
        starts = [piece.start_ms for piece in cue.pieces if piece.start_ms is not None]
        for earlier, later in pairwise(starts):
            if later < earlier - BACKWARDS_MS:
                raise BackwardsError(
                    name, f"times run backwards in cue {cue.row + 1}: {clock(later)} stands after {clock(earlier)}"
                )
        if index and cue.start_ms < cues[index - 1].start_ms - BACKWARDS_MS:
            before = cues[index - 1]
            raise BackwardsError(
                name,
                f"times run backwards: cue {cue.row + 1} starts at {clock(cue.start_ms)}, "
                f"cue {before.row + 1} before it at {clock(before.start_ms)}",
            )


def clock(ms: int) -> str:
    """Return a time as h:mm:ss.mmm for messages."""
    seconds, ms = divmod(ms, 1000)
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}.{ms:03}"


def words_of(cues: Sequence[Cue]) -> Iterator[Word | Unusable]:
    """Yield the words of the cues in order, and what in them is no speech."""
    for segment, cue in enumerate(cues):
        next_start_ms = cues[segment + 1].start_ms if segment + 1 < len(cues) else None
        spoken: list[CuePiece] = []
        for piece in cue.pieces:
            text, tags = _without_tags(piece.text)
            yield from (Unusable(cue.row, "not_speech", tag) for tag in tags)
            spoken.extend(_tokens(piece, text))
        if any(token.start_ms is not None for token in spoken):
            yield from _timed(cue, spoken, segment, next_start_ms)
        else:
            yield from _spread(spoken, cue.start_ms, cue.end_ms, segment, cue.speaker)


def _without_tags(text: str) -> tuple[str, list[str]]:
    if WHOLLY_IN_BRACKETS.fullmatch(text):
        return "", [text.strip()]
    tags = [tag.strip() for tag in SOUND_TAG.findall(text)]
    # A censored word is spoken: it stays one word, `[__]`, as the captions have it but for spaces.
    return CENSORED.sub("[__]", SOUND_TAG.sub(" ", text)), tags


def _tokens(piece: CuePiece, text: str) -> list[CuePiece]:
    """Split a piece into words; the first keeps the start, the last the end."""
    tokens = text.split()
    last = len(tokens) - 1
    return [
        CuePiece(
            token,
            piece.start_ms if index == 0 else None,
            piece.end_ms if index == last else None,
            piece.probability,
            piece.speaker,
        )
        for index, token in enumerate(tokens)
    ]


def _timed(cue: Cue, tokens: list[CuePiece], segment: int, next_start_ms: int | None) -> Iterator[Word]:
    """Yield words that have starts of their own; those between share out the time up to the next."""
    anchors = [index for index, token in enumerate(tokens) if token.start_ms is not None]
    groups = [tokens[: anchors[0]]] if anchors[0] else []
    groups += [tokens[first:last] for first, last in pairwise([*anchors, len(tokens)])]
    # A cue may be shown long after its last word; the next cue's start bounds it.
    end_of_cue_ms = cue.end_ms if next_start_ms is None else min(cue.end_ms, max(next_start_ms, cue.start_ms))
    for index, group in enumerate(groups):
        start_ms = cue.start_ms if group[0].start_ms is None else group[0].start_ms
        following_ms = groups[index + 1][0].start_ms if index + 1 < len(groups) else None
        end_ms = group[-1].end_ms
        if end_ms is None:
            limit_ms = end_of_cue_ms if following_ms is None else following_ms
            end_ms = min(limit_ms, start_ms + longest_ms("".join(token.text for token in group)))
        yield from _spread(group, start_ms, max(start_ms, end_ms), segment, cue.speaker)


def _spread(tokens: list[CuePiece], start_ms: int, end_ms: int, segment: int, speaker: str | None) -> Iterator[Word]:
    times = shared_out([token.text for token in tokens], start_ms, end_ms)
    for token, (from_ms, to_ms) in zip(tokens, times, strict=True):
        timing = Timing.INTERPOLATED if token.start_ms is None else Timing.DECODED
        yield Word(from_ms, to_ms, token.text, segment, timing, token.probability, token.speaker or speaker)
