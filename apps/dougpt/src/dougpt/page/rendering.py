"""The template, filled: chat is written by strangers, so that everything is escaped and nothing runs."""

from pathlib import Path
from typing import Any

from dougpt_schema.page.template import fill
from dougpt_schema.page.words import short_hash

from dougpt.page.alignment import alignment_view
from dougpt.page.curation import curation_view
from dougpt.page.facts import PageFacts
from dougpt.page.measured import measured_view
from dougpt.page.recordings import recordings_view
from dougpt.page.training import training_view

HERE = Path(__file__).parent


def render(facts: PageFacts) -> str:
    """Return the page; see `dougpt.page.render_page`."""
    view: dict[str, Any] = {
        "recordings": recordings_view(facts),
        "alignment": alignment_view(facts),
        "curation": curation_view(facts),
        "training": training_view(facts),
        "measured": measured_view(facts),
    }
    lengths = [row["duration_ms"] for row in view["recordings"] if row["duration_ms"]]
    view["total_ms"] = sum(lengths)
    view["sources"] = [
        source for one in facts.recordings if one.sources is not None for source in one.sources.to_pylist()
    ]
    view["warnings"] = _warnings(facts, view)
    title = f"dougpt: {facts.dataset}, run {short_hash(facts.run_id)}"
    return fill(HERE, "page.html", title=title, facts=facts, **view)


def _warnings(facts: PageFacts, view: dict[str, Any]) -> list[tuple[str, str]]:
    """Return each warning once, with the stage or recordings that it comes from."""
    found: dict[str, list[str]] = {}
    for recording in facts.recordings:
        for stage in ("transcribe", "chat", "align"):
            for text in (getattr(recording, stage) or {}).get("warnings", ()):
                found.setdefault(f"{stage}: {text}", []).append(recording.recording_id)
        for source in [] if recording.sources is None else recording.sources.to_pylist():
            if source["status"] != "ok":
                found.setdefault(f"ingest: {source['name']} is {source['status']}", []).append(recording.recording_id)
    for stage, name in (("curate", "curation"), ("evaluate", "measured")):
        for text in (view[name] or {}).get("warnings", ()):
            found.setdefault(f"{stage}: {text}", [])
    return [(text, _whose(recordings)) for text, recordings in found.items()]


def _whose(recordings: list[str]) -> str:
    match len(recordings):
        case 0:
            return ""
        case 1 | 2:
            return ", ".join(recordings)
        case many:
            return f"{many} recordings"
