"""The figures of the page on chat's clock."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

from dougpt_schema.page.drawing import FOUR, INK, LINE, MUTED, ONE, THREE, TWO, drawing
from markupsafe import Markup
from matplotlib.axes import Axes

OF_SOURCE = {"exact": THREE, "rebuilt": ONE, "integer": TWO, "wall": FOUR, "ocr": MUTED}
WIDTH, HEIGHT, LOW_HEIGHT = 9.4, 3.4, 2.2
SECOND_MS, MINUTE_MS = 1000, 60_000
# Beyond the bands so much is shown; farther points stand at the edge.
MARGIN_MS = 1500


def starts_figure(name: str, report: Mapping[str, Any]) -> Markup:
    """The start that each message argues for over time, and the pieces of the clock."""
    residuals, segments = report["residuals"], report["segments"]
    moved = [segment["start_ms"] - segments[0]["start_ms"] for segment in segments]
    around = [0, SECOND_MS, *moved, *(start + SECOND_MS for start in moved)] if segments else residuals["start_ms"]
    spans = [(segment["from_ms"], segment["to_ms"], start) for segment, start in zip(segments, moved, strict=True)]
    label = "The start of the video that each message argues for, over time"
    return _points_figure(
        name,
        label,
        residuals,
        residuals["start_ms"],
        spans=spans,
        around_ms=around,
        what="seconds after the first start",
    )


def residuals_figure(name: str, report: Mapping[str, Any]) -> Markup:
    """How far the start that each message argues for lies behind that of its own piece of the clock."""
    residuals, segments = report["residuals"], report["segments"]
    begins = [segment["from_ms"] for segment in segments]
    behind = []
    for at_ms, start_ms in zip(residuals["at_ms"], residuals["start_ms"], strict=True):
        mine = segments[max(bisect_right(begins, at_ms) - 1, 0)]
        behind.append(start_ms - (mine["start_ms"] - segments[0]["start_ms"]))
    spans = [(segment["from_ms"], segment["to_ms"], 0) for segment in segments]
    label = "How far each message's start lies behind that of its piece, over time"
    return _points_figure(
        name, label, residuals, behind, spans=spans, around_ms=[0, SECOND_MS], what="seconds behind the start"
    )


def _points_figure(
    name: str,
    label: str,
    residuals: Mapping[str, Any],
    starts_ms: Sequence[int],
    *,
    spans: Sequence[tuple[int, int, int]],
    around_ms: Sequence[int],
    what: str,
) -> Markup:
    """Messages as points over time, on the bands of one second in which those of each piece agree."""
    low, high = min(around_ms) - MARGIN_MS, max(around_ms) + MARGIN_MS
    at_min = [ms / MINUTE_MS for ms in residuals["at_ms"]]
    shown = [min(max(start, low), high) / SECOND_MS for start in starts_ms]
    apart = [not agrees for agrees in residuals["agrees"]]
    with drawing(name, label, width=WIDTH, height=HEIGHT) as drawn:
        (axes,) = drawn.axes
        for from_ms, to_ms, start in spans:
            span = [from_ms / MINUTE_MS, to_ms / MINUTE_MS]
            axes.fill_between(span, start / SECOND_MS, start / SECOND_MS + 1, color=LINE, alpha=0.45, linewidth=0)
            axes.plot(span, [start / SECOND_MS] * 2, color=INK, linewidth=1.2)
        _points(axes, at_min, shown, residuals["agrees"], colour=ONE, label="agrees", marker=".")
        _points(axes, at_min, shown, apart, colour=TWO, label="keeps its whole second", marker="x")
        axes.set_xlabel("minutes of the video")
        axes.set_ylabel(what)
        axes.grid(visible=True, axis="y", linewidth=0.6)
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, 1.14), ncols=2, fontsize=8)
    return drawn.svg


def sources_figure(name: str, report: Mapping[str, Any]) -> Markup:
    """How many messages a minute there are over time, by how their time was found."""
    residuals = report["residuals"]
    stretch_min = residuals["stretch_ms"] / MINUTE_MS
    label = "Messages a minute over time, by how their time was found"
    with drawing(name, label, width=WIDTH, height=LOW_HEIGHT) as drawn:
        (axes,) = drawn.axes
        below: list[float] = []
        for source, counts in residuals["sources"].items():
            rates = [count / stretch_min for count in counts]
            below = below or [0.0] * len(rates)
            at_min = [residuals["from_ms"] / MINUTE_MS + number * stretch_min for number in range(len(rates))]
            colour = OF_SOURCE.get(source, MUTED)
            axes.bar(at_min, rates, stretch_min, below, align="edge", color=colour, label=source, linewidth=0)
            below = [base + rate for base, rate in zip(below, rates, strict=True)]
        axes.set_xlabel("minutes of the video")
        axes.set_ylabel("messages a minute")
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, 1.2), ncols=5, fontsize=8)
    return drawn.svg


def _points(axes: Axes, at_min: Sequence[float], shown: Sequence[float], which: Sequence[bool], **look: str) -> None:
    places = [place for place, chosen in enumerate(which) if chosen]
    if places:
        axes.scatter(
            [at_min[place] for place in places],
            [shown[place] for place in places],
            s=9 if look["marker"] == "." else 16,
            color=look["colour"],
            marker=look["marker"],
            linewidths=0.8,
            label=look["label"],
        )
