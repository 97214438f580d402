"""A page that shows how chat's clock was found: one HTML text, no script, nothing loaded from anywhere.

It is drawn from reports as plain values, so that it can be made of a report that was kept. Whatever stands in a
report is data: it is escaped, and drawn as numbers.
"""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from dougpt_schema import MissingExtraError
from dougpt_schema.page import head
from dougpt_schema.page.words import clock

DRAWING = ("matplotlib", "markupsafe")
TITLE = "Chat's clock"
HOW_FOUND = {
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
        f"{head(TITLE)}<body>\n<header><div>\n<h1>{TITLE}</h1>\n"
        '<p class="lead">How the time of each message was found, and how far it can be off.</p>\n'
        f"</div></header>\n<main>\n{sections}\n</main>\n</body>\n</html>\n"
    )


def parts_of(report: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the reports of single exports within `report`: its parts, or itself; those of pictures have no clock."""
    parts = report.get("parts") or [report]
    return [part for part in parts if "residuals" in part]


def _section(number: int, title: str, report: Mapping[str, Any]) -> str:
    try:
        from dougpt_chat.clock_figures import residuals_figure, sources_figure, starts_figure  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in DRAWING:
            raise
        raise MissingExtraError("dougpt-chat[report]", "the page of chat's clock") from error
    lines = [f"<h2>{escape(title)}</h2>", f"<p>{escape(_counted(report))} {escape(_found(report))}</p>"]
    if report["warnings"]:
        items = "".join(f"<li>{escape(str(warning))}</li>" for warning in report["warnings"])
        lines.append(f'<div class="notes"><ul>{items}</ul></div>')
    residuals = report["residuals"]
    if residuals["at_ms"] and len(report["segments"]) != 1 and set(report["offset_sources"]) != {"exact"}:
        lines.append(_figure(starts_figure(f"starts-{number}", report), _starts_caption(report)))
    if residuals["at_ms"] and report["segments"]:
        lines.append(_figure(residuals_figure(f"residuals-{number}", report), _residuals_caption(residuals)))
    if residuals["sources"]:
        caption = "Messages over time, by how their time was found: " + "; ".join(
            f"{name}: {HOW_FOUND.get(name, name)}" for name in residuals["sources"]
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
        return (
            "Times of sending do not run along with the video, as in highlights and uploads: they are those of copying "
            f"the chat ({report['slope']} seconds a second of video), and are left out."
        )
    if set(report["offset_sources"]) == {"exact"}:
        return "Every time stands in the file to the millisecond; nothing had to be rebuilt."
    if not report["segments"]:
        return "No milliseconds could be rebuilt; what each time is taken from stands below."
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
    names = "".join(
        f"<th>{name}</th>"
        for name in ("piece", "from", "to", "start moved by", "precision", "jitter", "messages", "agreeing")
    )
    first = segments[0]["start_ms"]
    rows = "".join(
        f"<tr><td>{number}</td><td>{clock(one['from_ms'])}</td><td>{clock(one['to_ms'])}</td>"
        f"<td>{(one['start_ms'] - first) / 1000:+,.3f} s</td><td>{one['precision_ms']} ms</td>"
        f"<td>{one['jitter_ms']} ms</td><td>{one['messages']:,}</td><td>{one['agreeing']:,}</td></tr>"
        for number, one in enumerate(segments)
    )
    return f'<div class="wide"><table><tr>{names}</tr>{rows}</table></div>'
