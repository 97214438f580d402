"""The template, filled: chat is written by strangers, so that everything is escaped and nothing runs."""

import re
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
_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.]*\w)")


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
    title = f"dougpt: {facts.dataset}, {facts.model or f'run {short_hash(facts.run_id or "")}'}"
    return fill(HERE, "page.html", title=title, facts=facts, **view)


def _warnings(facts: PageFacts, view: dict[str, Any]) -> list[tuple[str, str]]:
    """Return each warning once, with the stage or recordings that it comes from; the evaluation's come first.

    Warnings that differ in numbers alone are one, with the range of each number.
    """
    found: dict[str, list[str]] = {}
    for stage, name in (("evaluate", "measured"), ("curate", "curation")):
        for text in (view[name] or {}).get("warnings", ()):
            found.setdefault(f"{stage}: {text}", [])
    for recording in facts.recordings:
        for stage in ("transcribe", "chat", "align"):
            for text in (getattr(recording, stage) or {}).get("warnings", ()):
                found.setdefault(f"{stage}: {text}", []).append(recording.recording_id)
        for source in [] if recording.sources is None else recording.sources.to_pylist():
            if source["status"] != "ok":
                found.setdefault(f"ingest: {source['name']} is {source['status']}", []).append(recording.recording_id)
    alike: dict[str, list[str]] = {}
    for text in found:
        alike.setdefault(_NUMBER.sub("#", text), []).append(text)
    return [(_merged(texts), _whose([one for text in texts for one in found[text]])) for texts in alike.values()]


def _merged(texts: list[str]) -> str:
    """Return texts that differ in numbers alone as one, each number that differs as a range."""
    columns = zip(*(_NUMBER.findall(text) for text in texts), strict=True)
    ranges = iter([_range(column) for column in columns])
    return _NUMBER.sub(lambda _: next(ranges), texts[0])


def _range(numbers: tuple[str, ...]) -> str:
    least, most = min(numbers, key=float), max(numbers, key=float)
    return least if least == most else f"{least} to {most}"


def _whose(recordings: list[str]) -> str:
    match len(recordings):
        case 0:
            return ""
        case 1 | 2:
            return ", ".join(recordings)
        case many:
            return f"{many} recordings"
