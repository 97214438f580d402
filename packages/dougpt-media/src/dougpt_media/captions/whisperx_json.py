"""Transcripts as WhisperX, whisper and faster-whisper write them in JSON: segments with words in seconds."""

import json
from typing import TypedDict, cast

from dougpt_media.captions.cues import Cue, TimedText, Unusable


class TimedWord(TypedDict, total=False):
    """A word; WhisperX leaves the times out where it could not align, and says `score` for `probability`."""

    word: str
    start: float | None
    end: float | None
    score: float | None
    probability: float | None
    speaker: str


class Segment(TypedDict, total=False):
    """A stretch of speech."""

    start: float
    end: float
    text: str
    words: list[TimedWord]
    speaker: str


def read(text: str) -> tuple[list[Cue], list[Unusable]]:
    """Return the segments of a transcript as cues, and those that have no time."""
    segments = cast("list[Segment]", json.loads(text)["segments"])
    cues, unusable = [], []
    for row, segment in enumerate(segments):
        start_s, end_s = segment.get("start"), segment.get("end")
        if start_s is None or end_s is None:
            unusable.append(Unusable(row, "no_time", segment.get("text", "")[:80]))
            continue
        words = segment.get("words") or []
        pieces = tuple(_piece(word) for word in words) or (TimedText(segment.get("text", "")),)
        cues.append(Cue(row, _ms(start_s), _ms(end_s), pieces, segment.get("speaker")))
    return cues, unusable


def _piece(word: TimedWord) -> TimedText:
    start_s, end_s = word.get("start"), word.get("end")
    score = word.get("score", word.get("probability"))
    return TimedText(
        word.get("word", ""),
        None if start_s is None else _ms(start_s),
        None if end_s is None or start_s is None else max(_ms(start_s), _ms(end_s)),
        None if score is None else min(1.0, max(0.0, score)),
        word.get("speaker"),
    )


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
