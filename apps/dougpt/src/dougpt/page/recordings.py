"""What came in: each recording, its files, and what was read from them."""

from collections import Counter
from typing import Any

from dougpt.page.facts import PageFacts, RecordingFacts

ROLES = ("video", "audio", "chat", "captions")


def recordings_view(facts: PageFacts) -> list[dict[str, Any]]:
    """Return one row a recording, by date; those that have none come last."""
    rows = [_row(recording) for recording in facts.recordings]
    return sorted(rows, key=lambda row: (row["began"] is None, row["began"] or row["id"], row["id"]))


def duration_ms(recording: RecordingFacts) -> int | None:
    """Return how long the recording lasts: its longest medium, else as far as its chat's clock reaches."""
    sources = [] if recording.sources is None else recording.sources.to_pylist()
    ends = [source["part_start_ms"] + source["duration_ms"] for source in sources if source["duration_ms"] is not None]
    if not ends and recording.clock is not None and recording.clock.num_rows:
        ends = [recording.clock["to_ms"][-1].as_py() - recording.clock["from_ms"][0].as_py()]
    return max(ends, default=None)


def _row(recording: RecordingFacts) -> dict[str, Any]:
    sources = [] if recording.sources is None else recording.sources.to_pylist()
    align = recording.align or {}
    minutes = (duration_ms(recording) or 0) / 60_000
    return {
        "id": recording.recording_id,
        "name": _name(sources),
        "channel": next((source["channel"] for source in sources if source["channel"]), None),
        "began": next((source["broadcast_start"] for source in sources if source["broadcast_start"]), None),
        "duration_ms": duration_ms(recording),
        "sources": [
            {
                "role": source["role"],
                "name": source["name"],
                "status": source["status"],
                "id": source["source_id"],
                "bytes": source["bytes"],
            }
            for source in sorted(sources, key=lambda source: (ROLES.index(source["role"]), source["part_index"]))
        ],
        "words": recording.words,
        "words_per_minute": recording.words / minutes if recording.words is not None and minutes else None,
        "events": recording.events,
        "events_per_minute": recording.events / minutes if recording.events is not None and minutes else None,
        "format": (recording.chat or {}).get("origin"),
        "kinds": dict(Counter((recording.chat or {}).get("kinds", {})).most_common()),
        "accepted": align.get("accepted"),
        "accepted_share": _share(align.get("accepted"), align.get("events")),
        "belonging": (align.get("belonging") or {}).get("relation"),
    }


def _name(sources: list[dict[str, Any]]) -> str:
    """Return what people call a recording: the platform's id where there is one, else the name of its first file."""
    known = next((one for one in sources if one["video_id"]), None)
    if known is not None:
        return " ".join(filter(None, (known["platform"], known["video_id"])))
    return str(min(sources, key=lambda one: ROLES.index(one["role"]))["name"]) if sources else ""


def _share(part: int | None, whole: int | None) -> float | None:
    return part / whole if part is not None and whole else None
