"""Transcripts in JSON of the programs around Whisper: whisper, faster-whisper, WhisperX and whisper.cpp.

The first three write segments with times in seconds, in an object or, where Python's own objects were dumped, in a
bare list. whisper.cpp writes milliseconds and pieces of words.
"""

import json
from collections.abc import Iterator
from typing import TypedDict, cast

from dougpt_media.captions.cues import Cue, CuePiece, Unusable


class TimedWord(TypedDict, total=False):
    """A word; WhisperX leaves the times out where it could not align, and says `score` for `probability`."""

    word: str
    start: float | None
    end: float | None
    score: float | None
    probability: float | None
    speaker: str


class Segment(TypedDict, total=False):
    """A stretch of speech; WhisperX tells who speaks."""

    start: float
    end: float
    text: str
    words: list[TimedWord] | None
    speaker: str


Offsets = TypedDict("Offsets", {"from": int, "to": int})


class Token(TypedDict, total=False):
    """A piece of a word in whisper.cpp's full JSON; a space in front begins a word, and `[_` is no text."""

    text: str
    offsets: Offsets
    p: float


class Passage(TypedDict, total=False):
    """A stretch of speech in whisper.cpp's JSON."""

    text: str
    offsets: Offsets
    tokens: list[Token]


def read(text: str) -> tuple[list[Cue], list[Unusable]]:
    """Return the segments of a transcript as cues, and those that have no time."""
    content = json.loads(text)
    if isinstance(content, dict) and "transcription" in content:
        return _whisper_cpp(cast("list[Passage]", content["transcription"]))
    segments = cast("list[Segment]", content if isinstance(content, list) else content["segments"])
    cues, unusable = [], []
    for row, segment in enumerate(segments):
        start_s, end_s = segment.get("start"), segment.get("end")
        if start_s is None or end_s is None:
            unusable.append(Unusable(row, "no_time", segment.get("text", "")[:80]))
            continue
        words = segment.get("words") or []
        pieces = tuple(_piece(word) for word in words) or (CuePiece(segment.get("text", "")),)
        cues.append(Cue(row, _ms(start_s), _ms(end_s), pieces, segment.get("speaker")))
    return cues, unusable


def _piece(word: TimedWord) -> CuePiece:
    start_s, end_s = word.get("start"), word.get("end")
    score = word.get("score", word.get("probability"))
    return CuePiece(
        word.get("word", ""),
        None if start_s is None else _ms(start_s),
        None if end_s is None or start_s is None else max(_ms(start_s), _ms(end_s)),
        None if score is None else min(1.0, max(0.0, score)),
        word.get("speaker"),
    )


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _whisper_cpp(passages: list[Passage]) -> tuple[list[Cue], list[Unusable]]:
    cues, unusable = [], []
    for row, passage in enumerate(passages):
        offsets = passage.get("offsets")
        if offsets is None:
            unusable.append(Unusable(row, "no_time", passage.get("text", "")[:80]))
            continue
        pieces = tuple(_whole_words(passage.get("tokens") or [])) or (CuePiece(passage.get("text", "")),)
        cues.append(Cue(row, offsets["from"], offsets["to"], pieces))
    return cues, unusable


def _whole_words(tokens: list[Token]) -> Iterator[CuePiece]:
    """Join tokens to words; a word is as probable as its pieces are on average."""
    word: list[Token] = []
    for token in [*(token for token in tokens if not token.get("text", "").startswith("[_")), None]:
        if word and (token is None or token.get("text", "").startswith(" ")):
            text = "".join(piece.get("text", "") for piece in word).strip()
            times = [piece["offsets"] for piece in word if "offsets" in piece]
            sure = [piece["p"] for piece in word if "p" in piece]
            probability = min(1.0, max(0.0, sum(sure) / len(sure))) if sure else None
            if text and times:
                yield CuePiece(text, times[0]["from"], max(times[0]["from"], times[-1]["to"]), probability)
            elif text:
                yield CuePiece(text, probability=probability)
            word = []
        if token is not None:
            word.append(token)
