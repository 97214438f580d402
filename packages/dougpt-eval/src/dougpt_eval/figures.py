"""Figures of a report (extra `report`): drawn in the colours and sizes that matplotlib's settings hold.

The first colour of the cycle is the evaluated model, the second whatever it is compared with.
"""

from collections.abc import Sequence

from matplotlib.axes import Axes

from dougpt_eval.report import Report, Result

ROW_INCHES = 0.26


def draw_intervals(axes: Axes, report: Report, measure: str) -> list[str]:
    """Draw a measure of the model and of all others that have it, a row each, with 95 % intervals.

    Returns:
        The names of the rows, from the top.
    """
    everyone = (report.model, *report.baselines)
    shown = [(result, value) for result in everyone if (value := _value(result, measure)) is not None]
    for row, (result, value) in enumerate(shown):
        estimate = result.measures[measure]
        colour = "C0" if result is report.model else "C1"
        if estimate.low is not None and estimate.high is not None:
            axes.plot([estimate.low, estimate.high], [row, row], color=colour, linewidth=2, solid_capstyle="round")
        axes.plot([value], [row], "o", color=colour, markersize=6)
    # Intervals of few recordings are far wider than what separates the models: they run out of the picture.
    values = [value for _, value in shown] or [0.0]
    room = max(max(values) - min(values), 0.01)
    axes.set_xlim(min(values) - 0.5 * room, max(values) + 0.5 * room)
    axes.locator_params(axis="x", nbins=5)
    names = [result.name for result, _ in shown]
    axes.set_yticks(range(len(shown)), names)
    axes.set_ylim(len(shown) - 0.5, -0.5)
    axes.grid(visible=True, axis="x")
    return names


def draw_by_recording(axes: Axes, report: Report, measure: str, others: Sequence[str] = ()) -> None:
    """Draw a measure of the model, and of the others named, on each held-out recording alone."""
    shown = [report.model, *(result for result in report.baselines if result.name in others)]
    recordings = sorted(report.model.measures[measure].by_recording)
    for place, result in enumerate(shown):
        values = [result.measures[measure].by_recording.get(name) for name in recordings]
        points = [(row, value) for row, value in enumerate(values) if value is not None]
        axes.plot([value for _, value in points], [row for row, _ in points], "o", color=f"C{place}", label=result.name)
    axes.set_yticks(range(len(recordings)), recordings)
    axes.set_ylim(len(recordings) - 0.5, -0.5)
    axes.grid(visible=True, axis="x")


def _value(result: Result, measure: str) -> float | None:
    estimate = result.measures.get(measure)
    return None if estimate is None else estimate.value
