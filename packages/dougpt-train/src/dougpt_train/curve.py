"""What the metrics of a run tell of its loss, the same on every page that shows it; loads nothing heavy."""

from collections.abc import Mapping
from typing import Any


def held_out_losses(metrics: Mapping[str, Any]) -> list[dict[str, float]]:
    """Return what was measured on held-out rows: before the first step, on the way, and of the weights at the end."""
    between = list(metrics.get("validation") or [])
    if "validation_loss" not in metrics:
        return between
    last = {"step": metrics["steps"], "loss": metrics["validation_loss"]}
    # Where patience kept the weights of an earlier step, what was measured at last is theirs.
    known = "kept_step" in metrics or (between and between[-1]["step"] == metrics["steps"])
    return [{"step": 0, "loss": metrics["validation_loss_before"]}, *between, *([] if known else [last])]


def without_training_loss(metrics: Mapping[str, Any], settings: Mapping[str, Any]) -> str | None:
    """Return why there is no curve of the training loss; None where there is one, or nothing was trained."""
    steps, every = metrics.get("steps"), settings.get("log_steps")
    if metrics.get("train") or not steps or not every:
        return None
    return f"No training loss: it is noted every {every} steps (log_steps), and there were {steps}."
