"""What became training data: the funnel, what was left out, the splits and the mix of styles."""

from collections.abc import Mapping
from typing import Any

from dougpt_schema import Split
from dougpt_schema.page.drawing import drawing
from markupsafe import Markup

from dougpt.page.facts import PageFacts


def curation_view(facts: PageFacts) -> dict[str, Any] | None:
    """Return what the section on curation shows; None where nothing was curated."""
    curate = facts.curate
    if curate is None:
        return None
    links, replies, turns = curate.get("links", {}), curate.get("replies", {}), curate.get("turns", {})
    splits = curate.get("splits", {})
    return {
        "funnel": [
            ("chat events with a decision", links.get("total")),
            ("links that the aligner accepted", links.get("accepted")),
            ("replies kept", replies.get("kept")),
            ("samples (answered turns kept)", turns.get("kept")),
        ],
        "merged": replies.get("merged", 0),
        "rejected": _rejected(replies.get("rejected", {}), "replies") + _rejected(turns.get("rejected", {}), "turns"),
        "splits": [(name, splits[name]) for name in (*Split, *sorted(set(splits) - set(Split))) if name in splits],
        "rates": sorted(curate.get("rates", {}).items(), key=lambda pair: -pair[1]),
        "styles_figure": _styles_figure(curate.get("styles", {})),
        "warnings": list(curate.get("warnings") or []),
    }


def _rejected(counts: Mapping[str, int], what: str) -> list[tuple[str, str, int]]:
    return [(reason, what, count) for reason, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))]


def _styles_figure(styles: Mapping[str, Mapping[str, float]]) -> Markup | None:
    if not styles:
        return None
    names = sorted(styles, key=lambda name: (-styles[name].get("natural", 0), name))
    with drawing(
        "styles", "Styles of replies before and after balance", width=5.6, height=0.8 + 0.42 * len(names)
    ) as made:
        axes = made.axes[0]
        rows = range(len(names))
        for shift, key, label in ((-0.19, "natural", "as chat writes"), (0.19, "balanced", "as it is trained on")):
            colour = "C1" if key == "natural" else "C0"
            values = [100 * styles[name].get(key, 0.0) for name in names]
            axes.barh([row + shift for row in rows], values, height=0.36, color=colour, label=label)
        axes.set_yticks(rows, [name.replace("_", " ") for name in names])
        axes.invert_yaxis()
        axes.set_xlabel("% of replies")
        axes.legend(loc="lower right", fontsize=8.5)
        axes.grid(visible=True, axis="x")
    return made.svg
