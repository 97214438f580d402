"""Figures as SVG inside the page: text stays text, and colours are the page's own, light or dark.

matplotlib draws with stand-in colours that are then replaced by CSS variables. Nothing depends on the
machine or the time: identifiers are hashed with a fixed salt, and no date is written.
"""

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from markupsafe import Markup
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

POINTS_PER_INCH = 72
NARROWEST = 60 / 72  # of its size in points: a figure of 5.6 inches still fits on a phone
# In the order of matplotlib's colour cycle: C0 is the thing itself, C1 what it is compared with.
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
STYLE: dict[Any, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": LINE,
    "axes.facecolor": "none",
    "axes.grid": False,
    "axes.labelcolor": MUTED,
    "axes.labelsize": 9,
    "axes.prop_cycle": f"cycler('color', ['{ONE}', '{TWO}', '{THREE}'])",
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 10,
    "axes.unicode_minus": True,
    "figure.constrained_layout.w_pad": 0.12,
    "figure.facecolor": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "grid.color": LINE,
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "lines.linewidth": 1.6,
    "savefig.facecolor": "none",
    "svg.fonttype": "none",
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.color": MUTED,
    "ytick.labelcolor": INK,
}

_GENERATED_ID = re.compile(r' id="[a-zA-Z0-9.]+_\d+"')
_SIZE = re.compile(r'<svg[^>]*?viewBox="0 0 ([\d.]+) ([\d.]+)"[^>]*>')


class Drawing:
    """A figure being drawn; `svg` is there once the context is left."""

    def __init__(self, axes: list[Axes]) -> None:
        self.axes = axes
        self.svg = Markup()


@contextmanager
def drawing(
    name: str,
    label: str,
    *,
    width: float,
    height: float,
    columns: int = 1,
    rows: Sequence[float] = (1.0,),
) -> Iterator[Drawing]:
    """Draw a figure of `width` by `height` inches with `columns` axes side by side.

    Args:
        name: Unique on the page; identifiers inside the figure come from it.
        label: What the figure shows, for those who cannot see it.
        width: In inches of 72 CSS points.
        height: In inches.
        columns: How many axes stand side by side.
        rows: The relative heights of axes below one another, which share their horizontal axis.
    """
    with rc_context({**STYLE, "svg.hashsalt": name}):
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasSVG(figure)
        stacked: dict[str, Any] = {"sharex": "col", "height_ratios": rows} if len(rows) > 1 else {}
        made = Drawing(list(figure.subplots(len(rows), columns, squeeze=False, **stacked).ravel()))
        yield made
        file = io.BytesIO()
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    made.svg = _embedded(file.getvalue().decode(), label)


def _embedded(svg: str, label: str) -> Markup:
    svg = svg[svg.index("<svg") :]
    svg = _GENERATED_ID.sub("", svg)
    svg = svg.replace("*{", ".figure *{")  # its style sheet must not reach the rest of the page
    for stand_in, colour in COLOURS.items():
        svg = svg.replace(stand_in, colour)
    opening = _SIZE.search(svg)
    if opening is None:
        raise RuntimeError("matplotlib wrote an SVG without a size")
    width, height = (float(number) for number in opening.groups())
    # On a narrow screen a figure shrinks until its text gets hard to read, and is scrolled from there on.
    size = f"width:{width * 96 / POINTS_PER_INCH:.0f}px;min-width:{NARROWEST * width:.0f}px"
    shown = Markup('<svg class="figure" role="img" aria-label="{}" viewBox="0 0 {:g} {:g}" style="{}">')
    shown = shown.format(label, width, height, size)
    # What stands between the tags was written by matplotlib, which escapes the texts it is given.
    return shown + Markup(svg[opening.end() :])  # noqa: S704
