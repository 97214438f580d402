"""The tables at the end of the story, as Markdown that can be pasted."""

from collections.abc import Sequence

from dougpt.recipes import STAGES

from thirty.chapters import Chapter


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a Markdown table; the first column is text, the others are figures."""
    cells = [[str(cell) for cell in row] for row in (heads, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "| "
        + " | ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        )
        + " |"
        for row in cells
    ]
    rule = "| " + " | ".join(["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]) + " |"
    return "\n".join([lines[0], rule, *lines[1:]])


def what_was_done(chapters: Sequence[Chapter]) -> str:
    """Return what each chapter did anew, and what that took."""
    heads = (
        "what happened",
        "jobs done",
        "outputs kept",
        "foretold s",
        "within jobs s",
        "wall s",
        "processor s",
        "peak MB",
    )
    rows = [
        (
            one.title,
            one.done,
            one.kept,
            "-" if one.foretold_s is None else f"{one.foretold_s:.0f}",
            f"{one.jobs_s:.0f}",
            f"{one.wall_s:.0f}",
            f"{one.cpu_s:.0f}",
            f"{one.peak_mb:.0f}",
        )
        for one in chapters
    ]
    return table(heads, rows)


def stage_times(chapters: Sequence[Chapter]) -> str:
    """Return the seconds within the jobs of each stage, all together and of the longest."""
    rows = [
        (
            one.title,
            *(f"{sum(took):.0f} ({max(took):.0f})" if (took := one.stages.get(stage)) else "-" for stage in STAGES),
        )
        for one in chapters
    ]
    return table(("seconds, all jobs (the longest)", *STAGES), rows)


def stage_memory(chapters: Sequence[Chapter]) -> str:
    """Return the most memory that one job of each stage held."""
    rows = [
        (one.title, *(f"{one.stage_mb[stage]:.0f}" if stage in one.stage_mb else "-" for stage in STAGES))
        for one in chapters
    ]
    return table(("MB, the largest job", *STAGES), rows)


def growth(grown: Sequence[Chapter]) -> str:
    """Return how time and memory grow with the number of recordings that a workspace begins with."""
    heads = ("recordings", "jobs", "wall s", "wall s a recording", "processor s", "processor s a recording", "peak MB")
    rows = [
        (
            one.recordings,
            one.done,
            f"{one.wall_s:.0f}",
            f"{one.wall_s / one.recordings:.1f}",
            f"{one.cpu_s:.0f}",
            f"{one.cpu_s / one.recordings:.1f}",
            f"{one.peak_mb:.0f}",
        )
        for one in grown
    ]
    return table(heads, rows)
