"""YouTube's json3 captions as yt-dlp writes them.

Events hold segments of text. In automatic captions each segment is a word and `tOffsetMs` its start after
the event's; the events overlap, and those with `aAppend` only break lines. Uploaded captions give the
event's time alone.
"""

import json
from typing import TypedDict, cast

from dougpt_media.captions.cues import Cue, CuePiece, Unusable


class Segment(TypedDict, total=False):
    """A piece of text."""

    utf8: str
    tOffsetMs: int


class Event(TypedDict, total=False):
    """A line, a line break, or the definition of a window."""

    tStartMs: int
    dDurationMs: int
    aAppend: int
    segs: list[Segment]


def read(text: str) -> tuple[list[Cue], list[Unusable]]:
    """Return the cues of a json3 file, and the events that could not be read."""
    events = cast("list[Event]", json.loads(text)["events"])
    automatic = any("tOffsetMs" in segment for event in events for segment in event.get("segs", []))
    cues, unusable = [], []
    for row, event in enumerate(events):
        segments = [segment for segment in event.get("segs", []) if segment.get("utf8", "").strip()]
        if not segments:
            continue
        if not isinstance(event.get("tStartMs"), int):
            unusable.append(Unusable(row, "no_time", "an event without tStartMs"))
            continue
        start_ms = event["tStartMs"]
        pieces = tuple(
            CuePiece(segment["utf8"], start_ms + segment.get("tOffsetMs", 0) if automatic else None)
            for segment in segments
        )
        cues.append(Cue(row, start_ms, start_ms + event.get("dDurationMs", 0), pieces))
    return cues, unusable
