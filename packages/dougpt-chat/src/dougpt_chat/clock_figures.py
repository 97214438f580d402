"""The figures of the page on chat's clock, as SVG whose colours are the page's own, light or dark.

Nothing depends on the machine or the time: identifiers are hashed with a fixed salt, and no date is written.
"""

import io
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

# Drawn with stand-ins, which are then replaced.
COLOURS = {
    "#010101": "var(--ink)",
    "#010102": "var(--line)",
    "#010103": "var(--muted)",
    "#010104": "var(--one)",
    "#010105": "var(--two)",
    "#010106": "var(--three)",
    "#010107": "var(--four)",
}
INK, LINE, MUTED, ONE, TWO, THREE, FOUR = COLOURS
OF_SOURCE = {"exact": THREE, "rebuilt": ONE, "integer": TWO, "wall": FOUR, "ocr": MUTED}
STYLE: dict[Any, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": LINE,
    "axes.facecolor": "none",
    "axes.labelcolor": MUTED,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.facecolor": "none",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "grid.color": LINE,
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "savefig.facecolor": "none",
    "svg.fonttype": "none",
    "text.parse_math": False,
    "xtick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.color": MUTED,
    "ytick.labelcolor": INK,
}
SECOND_MS, MINUTE_MS = 1000, 60_000
# Beyond the bands so much is shown; farther points stand at the edge.
MARGIN_MS = 1500


def starts_figure(name: str, report: Mapping[str, Any]) -> str:
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


def residuals_figure(name: str, report: Mapping[str, Any]) -> str:
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
) -> str:
    """Messages as points over time, on the bands of one second in which those of each piece agree."""
    low, high = min(around_ms) - MARGIN_MS, max(around_ms) + MARGIN_MS
    at_min = [ms / MINUTE_MS for ms in residuals["at_ms"]]
    shown = [min(max(start, low), high) / SECOND_MS for start in starts_ms]
    apart = [not agrees for agrees in residuals["agrees"]]
    with _drawing(name, label) as drawn:
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


def sources_figure(name: str, report: Mapping[str, Any]) -> str:
    """How many messages a minute there are over time, by how their time was found."""
    residuals = report["residuals"]
    stretch_min = residuals["stretch_ms"] / MINUTE_MS
    with _drawing(name, "Messages a minute over time, by how their time was found", height=2.2) as drawn:
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


class _Drawing:
    """A figure being drawn; `svg` is there once the context is left."""

    def __init__(self, axes: list[Axes]) -> None:
        self.axes = axes
        self.svg = ""


@contextmanager
def _drawing(name: str, label: str, *, width: float = 9.4, height: float = 3.4) -> Iterator[_Drawing]:
    with rc_context({**STYLE, "svg.hashsalt": name}):
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasSVG(figure)
        made = _Drawing([figure.subplots()])
        yield made
        file = io.BytesIO()
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    svg = file.getvalue().decode()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<style.*?</style>", "", svg, flags=re.DOTALL)
    for stand_in, colour in COLOURS.items():
        svg = svg.replace(stand_in, colour)
    made.svg = svg.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)
