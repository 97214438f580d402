"""A page that shows how chat's clock was found: one HTML text, no script, nothing loaded from anywhere.

It is drawn from reports as plain values, so that it can be made of a report that was kept. Whatever stands in a
report is data: it is escaped, and drawn as numbers.
"""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from dougpt_schema import MissingExtraError

STYLE = """
:root { color-scheme: light dark; --page: #faf9f6; --panel: #fff; --ink: #20242e; --muted: #666d7d; --line: #dfe1e6;
  --one: #3a5bd9; --two: #c9641d; --three: #2a8a5b; --four: #8b5bb5; --warm: #fdf3e1; }
@media (prefers-color-scheme: dark) { :root { --page: #13151a; --panel: #1b1e25; --ink: #e6e8ee; --muted: #9aa2b4;
  --line: #343a47; --one: #8ea8ff; --two: #f0a067; --three: #6fcf9f; --four: #c49be6; --warm: #2a2418; } }
body { margin: 0 auto; max-width: 1000px; padding: 0 24px 60px; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.5rem; margin: 32px 0 0; } h2 { font-size: 1.15rem; margin: 40px 0 4px; }
p { max-width: 75ch; margin: 4px 0 12px; } p, li, td, h1, h2 { overflow-wrap: anywhere; }
.lead, figcaption, th { color: var(--muted); } figcaption { font-size: 0.88rem; max-width: 85ch; }
.notes { background: var(--warm); border-radius: 10px; padding: 8px 18px; }
figure { margin: 16px 0; } figure svg { display: block; width: 100%; height: auto; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: 0.9rem; }
th, td { text-align: right; padding: 5px 18px 5px 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
"""
SOURCES = {
    "exact": "written to the millisecond in the file",
    "rebuilt": "milliseconds rebuilt from whole seconds and times of sending",
    "integer": "whole seconds as written",
    "wall": "time of sending less the broadcast's start",
    "ocr": "first seen in the picture",
}


def clock_page(reports: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    """Return the page of some exports as one HTML text; equal reports give equal text.

    Args:
        reports: Of each a title and `ChatReport.to_dict()`; `parts_of` finds those in the report of a merge.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    sections = "".join(_section(number, title, report) for number, (title, report) in enumerate(reports))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Chat\'s clock</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style></head><body><h1>Chat's clock</h1>"
        '<p class="lead">How the time of each message was found, and how far it can be off.</p>'
        f"{sections}</body></html>\n"
    )


def parts_of(report: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the reports of single exports within `report`: its parts, or itself; those of pictures have no clock."""
    parts = report.get("parts") or [report]
    return [part for part in parts if "residuals" in part]


def _section(number: int, title: str, report: Mapping[str, Any]) -> str:
    try:
        from dougpt_chat.clock_figures import residuals_figure, sources_figure, starts_figure  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "matplotlib":
            raise
        raise MissingExtraError("dougpt-chat[report]", "the page of chat's clock") from error
    lines = [f"<h2>{escape(title)}</h2>", f"<p>{escape(_counted(report))} {escape(_found(report))}</p>"]
    if report["warnings"]:
        items = "".join(f"<li>{escape(str(warning))}</li>" for warning in report["warnings"])
        lines.append(f'<div class="notes"><ul>{items}</ul></div>')
    residuals = report["residuals"]
    if residuals["at_ms"] and len(report["segments"]) != 1:
        lines.append(_figure(starts_figure(f"starts-{number}", report), _starts_caption(report)))
    if residuals["at_ms"] and report["segments"]:
        lines.append(_figure(residuals_figure(f"residuals-{number}", report), _residuals_caption(residuals)))
    if residuals["sources"]:
        caption = "Messages over time, by how their time was found: " + "; ".join(
            f"{name}: {SOURCES.get(name, name)}" for name in residuals["sources"]
        )
        lines.append(_figure(sources_figure(f"sources-{number}", report), caption))
    if report["segments"]:
        lines.append(_segments(report["segments"]))
    return "".join(lines)


def _counted(report: Mapping[str, Any]) -> str:
    counts = report["counts"]
    return (
        f"{report['origin']}: {counts['messages']:,} records, {counts['events']:,} events, "
        f"{counts['duplicates']:,} repeated, {sum(counts['rejects'].values()):,} rejected."
    )


def _found(report: Mapping[str, Any]) -> str:
    """The clock in a sentence."""
    if report["copied_times"]:
        return f"Times of sending run at {report['slope']} of the video's speed, so they are those of copying."
    if not report["segments"]:
        return "No milliseconds were rebuilt."
    worst = max(segment["precision_ms"] for segment in report["segments"])
    pieces = len(report["segments"])
    return f"Rebuilt in {pieces} piece{'s' if pieces > 1 else ''}; no rebuilt time is off by more than {worst} ms."


def _starts_caption(report: Mapping[str, Any]) -> str:
    shown = _shown(report["residuals"])
    if not report["segments"]:
        return f"The start that each message argues for, from the first one on ({shown}). True times would lie level."
    return f"The start of the video that each message argues for ({shown}). A step is a lost connection."


def _residuals_caption(residuals: Mapping[str, Any]) -> str:
    return (
        f"The latest start of the video that each message allows, less the start of its piece ({_shown(residuals)}). "
        "Those that agree fill the band of one second; what lies outside keeps its whole second."
    )


def _shown(residuals: Mapping[str, Any]) -> str:
    return f"{len(residuals['at_ms']):,} of {residuals['measured']:,} messages"


def _figure(svg: str, caption: str) -> str:
    return f"<figure>{svg}<figcaption>{escape(caption)}</figcaption></figure>"


def _segments(segments: Sequence[Mapping[str, Any]]) -> str:
    head = "".join(
        f"<th>{name}</th>"
        for name in ("piece", "from", "to", "start moved by", "precision", "jitter", "messages", "agreeing")
    )
    first = segments[0]["start_ms"]
    rows = "".join(
        f"<tr><td>{number}</td><td>{_clock(one['from_ms'])}</td><td>{_clock(one['to_ms'])}</td>"
        f"<td>{(one['start_ms'] - first) / 1000:+,.3f} s</td><td>{one['precision_ms']} ms</td>"
        f"<td>{one['jitter_ms']} ms</td><td>{one['messages']:,}</td><td>{one['agreeing']:,}</td></tr>"
        for number, one in enumerate(segments)
    )
    return f'<div class="wide"><table><tr>{head}</tr>{rows}</table></div>'


def _clock(ms: int) -> str:
    seconds = abs(ms) // 1000
    return f"{'-' if ms < 0 else ''}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
