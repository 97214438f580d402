"""How the model was trained: checks before, loss curves, and what it ended with."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from dougpt_schema.page.drawing import drawing
from dougpt_schema.page.words import number
from dougpt_train.curve import held_out_losses, without_training_loss
from markupsafe import Markup

from dougpt.page.facts import PageFacts

SHOWN_SETTINGS = ("base", "method", "form", "seed", "epochs", "batch_rows", "learning_rate", "rank", "alpha")
STATUS_ORDER = ("failed", "warning", "passed", "skipped")


def training_view(facts: PageFacts) -> dict[str, Any] | None:
    """Return what the section on training shows; None where nothing was trained."""
    if facts.metrics is None and facts.preflight is None and facts.run is None:
        return None
    metrics = facts.metrics or {}
    checks = list((facts.preflight or {}).get("checks") or [])
    return {
        "settings": [
            (name, value) for name in SHOWN_SETTINGS if (value := (facts.settings or {}).get(name)) is not None
        ],
        "checks": sorted(checks, key=lambda check: STATUS_ORDER.index(check["status"])),
        "passed": sum(check["status"] == "passed" for check in checks),
        "made": sum(check["status"] != "skipped" for check in checks),
        "steps": metrics.get("steps"),
        "before": metrics.get("validation_loss_before"),
        "after": metrics.get("validation_loss"),
        "uncurved": without_training_loss(metrics, facts.settings or {}),
        "figure": _loss_figure(metrics),
    }


def _loss_figure(metrics: Mapping[str, Any]) -> Markup | None:
    base = [float(loss) for loss in metrics.get("base") or []]
    adapter, validation = list(metrics.get("train") or []), held_out_losses(metrics)
    panels = bool(base) + bool(adapter or validation)
    if not panels:
        return None
    label = "Loss while training"
    if validation:
        label += f"; held out {', '.join(number(point['loss'], 2) for point in validation)}"
    with drawing("loss", label, width=4.6 * panels, height=2.9, columns=panels) as made:
        axes = iter(made.axes)
        if base:
            panel = next(axes)
            panel.plot(range(1, len(base) + 1), base, color="C1", alpha=0.35, linewidth=1)
            smooth = _smoothed(base)
            panel.plot(range(1, len(base) + 1), smooth, color="C1")
            _finish(panel, "base model, from scratch")
        if adapter or validation:
            panel = next(axes)
            if adapter:
                _line(panel, adapter, "C0", "training")
            if validation:
                _line(panel, validation, "C2", "held out", marker="o", markersize=4)
            panel.legend(fontsize=8.5, loc="best")  # where neither curve runs
            _finish(panel, "adapter")
    return made.svg


def _line(panel: Any, points: Sequence[Mapping[str, float]], colour: str, label: str, **looks: Any) -> None:
    steps, losses = [point["step"] for point in points], [point["loss"] for point in points]
    panel.plot(steps, losses, color=colour, label=label, **looks)


def _finish(panel: Any, title: str) -> None:
    panel.set_title(title, loc="left")
    panel.set_xlabel("steps")
    panel.set_ylabel("loss in nats per token")
    panel.set_ylim(0, 1.05 * panel.dataLim.y1)  # a flat curve too has room above it
    panel.grid(visible=True, axis="y")


def _smoothed(values: Sequence[float]) -> list[float]:
    """Return a running mean that forgets within a fortieth of the curve."""
    keep = math.exp(-40 / max(len(values), 40))
    smooth, level, weight = [], 0.0, 0.0
    for value in values:
        level, weight = keep * level + value, keep * weight + 1
        smooth.append(level / weight)
    return smooth
