"""The plots, each with a label that says in words what it shows (N events, B bins)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from dougpt_schema.page.drawing import MUTED, drawing
from dougpt_schema.page.words import number, percent
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, SymmetricalLogLocator

from dougpt_align.arrays import Bools, Floats, Ints
from dougpt_align.page.reliability import Bin
from dougpt_align.report import Piece

WIDTH, HEIGHT = 5.6, 2.7
LAG_RANGE_S = (-8.0, 45.0)
LAG_STEP_S = 0.5
MS_A_MINUTE = 60_000
# Rates are counted over the shortest of these that leaves a readable number of points.
RATE_STEPS_MIN = (1, 2, 5, 10, 15, 30, 60)
MOST_RATE_POINTS = 120
PROBABILITY_STEP = 0.05


def lag_figure(name: str, lags_s: Floats, kernel: Mapping[str, Any] | None = None, typing_s: float = 0.0) -> Markup:
    """The lags of accepted events; with a `kernel` (the report's `fit`), also the curve that was learned.

    Args:
        name: Unique on the page.
        lags_s: Lags of accepted events, at least one.
        kernel: Keys `kernel_start_s`, `kernel_bin_s` and `kernel_density`.
        typing_s: The seconds of typing by which the curve is moved.
    """
    median = float(np.median(lags_s))
    low, high = np.quantile(lags_s, [0.05, 0.95]).tolist()
    label = (
        f"How long after the words {len(lags_s)} accepted answers came: median {number(median, 1)} s, "
        f"nine in ten between {number(low, 1)} and {number(high, 1)} s"
    )
    with drawing(name, label, width=WIDTH, height=HEIGHT) as made:
        axes = made.axes[0]
        edges = np.arange(LAG_RANGE_S[0], LAG_RANGE_S[1] + LAG_STEP_S, LAG_STEP_S)
        axes.hist(np.clip(lags_s, *LAG_RANGE_S), bins=list(edges), color="C0", label="accepted answers", alpha=0.75)
        if kernel is not None:
            density = np.asarray(kernel["kernel_density"], dtype=np.float64)
            centres = kernel["kernel_start_s"] + kernel["kernel_bin_s"] * (np.arange(len(density)) + 0.5) + typing_s
            axes.plot(centres, density * LAG_STEP_S * len(lags_s), color="C1", label="learned kernel")
            axes.legend(fontsize=8.5, loc="upper right")
        axes.axvspan(low, high, color=MUTED, alpha=0.12, linewidth=0)
        axes.axvline(median, color="C2", linewidth=1.4)
        axes.set_title(f"median {number(median, 1)} s", loc="left", color="C2", fontsize=9)
        axes.set_xlim(_lag_limits(lags_s))
        axes.set_xlabel("seconds from the end of the words to the message")
        axes.set_ylabel("accepted answers")
        axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
        axes.grid(visible=True, axis="y")
    return made.svg


def clock_figure(name: str, pieces: Sequence[Piece]) -> Markup:
    """The offset of chat's clock over time, with its spread, and below it the margin of each stretch."""
    with drawing(name, _clock_label(pieces), width=WIDTH, height=3.2, rows=(2.4, 1.0)) as made:
        offsets, margins = made.axes
        for before, piece in zip([None, *pieces], pieces, strict=False):
            _draw_piece(offsets, piece, before)
            minutes = [piece.from_ms / MS_A_MINUTE, piece.to_ms / MS_A_MINUTE]
            margins.fill_between(minutes, piece.margin, color="C1" if piece.uncertain else "C0", alpha=0.6, linewidth=0)
        low, high = offsets.get_ylim()
        if high - low < 2:
            offsets.set_ylim((low + high) / 2 - 1, (low + high) / 2 + 1)
        offsets.set_ylabel("offset in s")
        offsets.grid(visible=True, axis="y")
        margins.set_yscale("symlog", linthresh=1.0)
        margins.yaxis.set_major_locator(SymmetricalLogLocator(base=10, linthresh=1.0, subs=[1.0]))
        margins.yaxis.set_major_formatter(lambda value, _: number(value))
        margins.set_ylim(0, 1.3 * max([piece.margin for piece in pieces] + [1.0]))
        margins.set_ylabel("margin")
        margins.set_xlabel("minutes on chat's clock")
    return made.svg


def rates_figure(name: str, at_ms_N: Ints, accepted_N: Bools) -> tuple[Markup, int]:
    """Messages and accepted answers a minute over time, and how many minutes each point stands for."""
    step = rate_step(at_ms_N)
    begin = int(at_ms_N.min())
    place = (at_ms_N - begin) // (step * MS_A_MINUTE)
    points = int(place.max()) + 1
    everything = np.bincount(place, minlength=points) / step
    answers = np.bincount(place[accepted_N], minlength=points) / step
    label = (
        f"Messages a minute: {number(everything.mean(), 1)} on average, {number(everything.max(), 1)} at most; "
        f"accepted answers a minute: {number(answers.mean(), 1)} on average, {number(answers.max(), 1)} at most"
    )
    edges = (begin / MS_A_MINUTE) + step * np.arange(points + 1)
    with drawing(name, label, width=WIDTH, height=HEIGHT) as made:
        axes = made.axes[0]
        axes.stairs(everything, edges, color="C1", label="messages", linewidth=1.4)
        axes.stairs(answers, edges, color="C0", fill=True, alpha=0.75, label="accepted answers")
        axes.set_ylim(0, 1.25 * max(float(everything.max()), 1.0))
        axes.set_xlim(edges[0], edges[-1])
        axes.legend(fontsize=8.5, ncols=2, loc="upper left")
        axes.set_xlabel("minutes on chat's clock")
        axes.set_ylabel("a minute")
        axes.grid(visible=True, axis="y")
    return made.svg, step


def rate_step(at_ms_N: Ints) -> int:
    """Minutes to a point of the rates."""
    minutes = (int(at_ms_N.max()) - int(at_ms_N.min())) // MS_A_MINUTE + 1
    for step in RATE_STEPS_MIN:
        if minutes <= step * MOST_RATE_POINTS:
            return step
    return -(-minutes // MOST_RATE_POINTS)


def confidence_figure(name: str, probability_N: Floats, accepted_N: Bools, threshold: float) -> Markup:
    """How probable the best links are, all and accepted, on a logarithmic scale of counts."""
    edges = np.round(np.arange(0, 1 + PROBABILITY_STEP, PROBABILITY_STEP), 2)
    above = int((probability_N >= threshold).sum())
    label = (
        f"Probabilities of the best link of {len(probability_N)} events: {above} reach the threshold of "
        f"{number(threshold, 2)}, {int(accepted_N.sum())} are accepted, "
        f"half lie under {number(float(np.median(probability_N)), 2)}"
    )
    with drawing(name, label, width=WIDTH, height=HEIGHT) as made:
        axes = made.axes[0]
        axes.hist(probability_N, bins=list(edges), color="C1", alpha=0.45, label="all with a candidate")
        axes.hist(probability_N[accepted_N], bins=list(edges), color="C0", label="accepted")
        axes.axvline(threshold, color="C2", linewidth=1.4)
        axes.set_title(f"threshold {number(threshold, 2)}", loc="left", color="C2", fontsize=9)
        axes.set_yscale("log")
        axes.set_ylim(0.7, 12 * max(len(probability_N) / 4, 1.0))
        axes.set_xlim(0, 1)
        axes.legend(fontsize=8.5, ncols=2, loc="upper left")
        axes.set_xlabel("probability of the best link")
        axes.set_ylabel("events")
        axes.yaxis.set_major_formatter(lambda value, _: number(value))
    return made.svg


def reliability_figure(name: str, bins: Sequence[Bin]) -> Markup:
    """Claimed probability against the share that people called right, with intervals."""
    label = "Reliability: " + "; ".join(
        f"claimed {percent(one.claimed)}, right {percent(one.right)} ({percent(one.low)} to {percent(one.high)}) "
        f"of {one.labels} labels"
        for one in bins
    )
    with drawing(name, label, width=WIDTH, height=3.4) as made:
        axes = made.axes[0]
        axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (4, 3)), label="as claimed")
        for one in bins:
            axes.plot([one.claimed] * 2, [one.low, one.high], color="C0", linewidth=1.4)
        axes.plot([one.claimed for one in bins], [one.right for one in bins], "o-", color="C0", label="labels")
        axes.set_xlim(-0.02, 1.02)
        axes.set_ylim(-0.02, 1.02)
        axes.legend(fontsize=8.5, loc="upper left")
        axes.set_xlabel("probability that was claimed")
        axes.set_ylabel("share that was right")
        axes.grid(visible=True)
    return made.svg


def _lag_limits(lags_s: Floats) -> tuple[float, float]:
    """The part of the range in which lags lie, never so narrow that the kernel is cut."""
    low, high = np.quantile(np.clip(lags_s, *LAG_RANGE_S), [0.002, 0.998]).tolist()
    return max(min(low - 2, -2), LAG_RANGE_S[0]), min(max(high + 3, 20), LAG_RANGE_S[1])


def _draw_piece(axes: Axes, piece: Piece, before: Piece | None) -> None:
    minutes = [piece.from_ms / MS_A_MINUTE, piece.to_ms / MS_A_MINUTE]
    offset_s, spread_s = piece.offset_ms / 1000, piece.offset_sd_ms / 1000
    colour = "C1" if piece.uncertain else "C0"
    axes.fill_between(minutes, offset_s - 2 * spread_s, offset_s + 2 * spread_s, color=colour, alpha=0.2, linewidth=0)
    style: Any = (0, (3, 2)) if piece.uncertain else "solid"
    axes.plot(minutes, [offset_s] * 2, color=colour, linewidth=2.2, linestyle=style, solid_capstyle="butt")
    if before is not None:
        jump = [before.offset_ms / 1000, offset_s]
        axes.plot([minutes[0]] * 2, jump, color=MUTED, linewidth=0.8, linestyle=(0, (3, 2)))


def _clock_label(pieces: Sequence[Piece]) -> str:
    offsets = [piece.offset_ms / 1000 for piece in pieces]
    many = f"{len(pieces)} stretches between {number(min(offsets), 1)} and {number(max(offsets), 1)} s"
    span = f"one stretch of {number(offsets[0], 1)} s" if len(pieces) == 1 else many
    unsure = sum(piece.uncertain for piece in pieces)
    return f"By how much chat's clock is ahead of the recording's: {span}, {unsure} of them uncertain"
