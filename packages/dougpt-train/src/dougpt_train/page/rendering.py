"""The template of a run's page, filled with what its files say."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dougpt_schema.page.drawing import drawing
from dougpt_schema.page.template import fill
from dougpt_schema.page.words import number
from markupsafe import Markup

from dougpt_train.curve import held_out_losses
from dougpt_train.record import METRICS, PREFLIGHT, RUN, read_record, without_places

HERE = Path(__file__).parent
WIDTH, HEIGHT = 5.6, 2.7
RESULTS = ("adapter", "model")
STATUS_ORDER = ("failed", "warning", "passed", "skipped")
MEMORY = 40
"""The share of the curve's length after which its running mean forgets."""


def render(folder: Path, *, quoting: bool) -> str:
    """Return the page; see `dougpt_train.page.draw_page`."""
    record, metrics, preflight = (read_record(folder, name) for name in (RUN, METRICS, PREFLIGHT))
    if not quoting:
        record["inputs"]["settings"] = without_places(record["inputs"]["settings"])
    checks = preflight["checks"]
    shown: list[dict[str, str]] = next(
        (check["facts"].get("shown", []) for check in checks if check["code"] == "P3"), []
    )
    return fill(
        HERE,
        "page.html",
        title=f"Run {record['run_id'][:16]}",
        record=record,
        metrics=metrics,
        checks=sorted(checks, key=lambda check: STATUS_ORDER.index(check["status"])),
        passed=sum(check["status"] == "passed" for check in checks),
        made=sum(check["status"] != "skipped" for check in checks),
        rows=shown if quoting else [],
        hashes=list(_hashes(record)),
        settings=sorted(record["inputs"]["settings"].items()),
        versions=sorted(record["inputs"]["versions"].items()),
        drift=sorted(record["drift"].items()),
        adapter=_adapter_figure(metrics),
        base=_base_figure([float(loss) for loss in metrics["base"]]),
    )


def _hashes(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    inputs, results = record["inputs"], record["results"]
    names = ("samples", "validation", "test", "rows", "validation_rows", "tokenizer", "template", "code")
    found = [(name.replace("_", " "), inputs[name]) for name in names]
    for kind, files in (("base", inputs["base"] or results.get("base", {})), *((k, results.get(k)) for k in RESULTS)):
        found += [(f"{kind}: {name}", sha256) for name, sha256 in sorted((files or {}).items())]
    return [*found, ("metrics", results["metrics"]), ("preflight", results["preflight"])]


def _adapter_figure(metrics: Mapping[str, Any]) -> Markup | None:
    points, measured = list(metrics["train"]), held_out_losses(metrics)
    if not points and not measured:
        return None
    label = "Loss while the adapter was trained"
    if points:
        label += f": {number(points[0]['loss'], 2)} at first, {number(points[-1]['loss'], 2)} at last"
    if measured:
        label += f"; held out {', '.join(number(point['loss'], 2) for point in measured)}"
    with drawing("adapter-loss", label, width=WIDTH, height=HEIGHT) as made:
        axes = made.axes[0]
        axes.plot(
            [point["step"] for point in points], [point["loss"] for point in points], color="C0", label="training"
        )
        if measured:
            steps, losses = [point["step"] for point in measured], [point["loss"] for point in measured]
            axes.plot(steps, losses, "o-", color="C2", markersize=4, label="held out")
        axes.legend(fontsize=8.5, loc="best")  # where neither curve runs
        _finish(axes)
    return made.svg


def _base_figure(losses: Sequence[float]) -> Markup | None:
    if not losses:
        return None
    label = f"Loss while the tiny base was trained: {number(losses[0], 2)} at first, {number(losses[-1], 2)} at last"
    with drawing("base-loss", label, width=WIDTH, height=HEIGHT) as made:
        axes, steps = made.axes[0], range(1, len(losses) + 1)
        axes.plot(steps, losses, color="C1", alpha=0.35, linewidth=1)
        axes.plot(steps, _smoothed(losses), color="C1")
        _finish(axes)
    return made.svg


def _finish(axes: Any) -> None:
    axes.set_xlabel("steps")
    axes.set_ylabel("loss in nats a token")
    axes.set_ylim(bottom=0)
    axes.grid(visible=True, axis="y")


def _smoothed(values: Sequence[float]) -> list[float]:
    """Return a running mean that forgets within a fortieth of the curve."""
    keep = math.exp(-MEMORY / max(len(values), MEMORY))
    smooth, level, weight = [], 0.0, 0.0
    for value in values:
        level, weight = keep * level + value, keep * weight + 1
        smooth.append(level / weight)
    return smooth
