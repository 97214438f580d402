"""P15: the adapter on disk, put on the plain base again, computes what was trained, and does something."""

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open

from dougpt_train.adapter import CONFIG, open_adapter
from dougpt_train.base import find_device, load_weights, open_folder
from dougpt_train.checks.check import Check
from dougpt_train.errors import NotReproducedError
from dougpt_train.prepare import Prepared
from dougpt_train.record import ADAPTER, FULL, WEIGHTS
from dougpt_train.render import Encoded
from dougpt_train.sampling import padded_left

ALLOWED = 1e-3
"""Logits of 32-bit weights may differ by so much between two ways of computing them."""
ALLOWED_SHARE = 0.03
"""Of the largest logit, where 16 bits are computed with: a number has 8 of them, and is rounded in every layer."""
LEAST_EFFECT = 1e-4
"""Less is no more than rounding."""
ALLOWED_4_BIT = 0.05
"""Inference repacks 4-bit weights, and their adapters are kept in 16 bits."""


@torch.inference_mode()
def reference_logits(model: Any, rows: Sequence[Encoded]) -> torch.Tensor:
    """Return the logits of a model over `rows`, on the CPU; padding counts as zeros."""
    was_training = model.training
    model.eval()
    ids, mask = padded_left([row.ids for row in rows], 0, model.device)
    with as_in_training(model):
        logits: torch.Tensor = model(input_ids=ids, attention_mask=mask, use_cache=False).logits
    model.train(was_training)
    return logits.cpu().float().masked_fill(mask[..., None].cpu() == 0, 0.0)


def as_in_training(model: Any) -> AbstractContextManager[Any]:
    """Compute as the trainer does: in 16 bits on a GPU, whatever the model's weights are."""
    device = model.device.type
    return torch.autocast(device, torch.bfloat16, enabled=device == "cuda")


def allowed_difference(logits: torch.Tensor, device: str) -> float:
    """Return how much logits may differ from these where both are computed from the same weights on "cuda" or "cpu"."""
    return ALLOWED if device == "cpu" else ALLOWED_SHARE * float(logits.abs().max())


def check_reload(prepared: Prepared, work: Path, trained: torch.Tensor) -> Check:
    """Load what was saved and compare its logits with those of the trained model.

    Raises:
        NotReproducedError: They differ, the adapter changes nothing, or holds what servers refuse.
    """
    settings = prepared.settings
    device = find_device(settings)
    rows = prepared.rows[: len(trained)]
    allowed = allowed_difference(trained, device)
    if settings.method == "full":
        model = load_weights(open_folder("model", work / FULL), settings, device)
        difference = _require_same(reference_logits(model, rows), trained, allowed)
        found = f"the saved weights compute what was trained, within {difference:.2g}"
        return Check("P15", "reload", "passed", found, {"difference": difference, "allowed": round(allowed, 6)})
    if settings.method == "qlora":
        allowed = max(allowed, ALLOWED_4_BIT)
    if refused := refused_by_servers(work / ADAPTER):
        raise NotReproducedError(f"the saved adapter cannot be served: {refused}", 0.0)
    base = load_weights(prepared.base, settings, device)
    effect = largest_difference(trained, reference_logits(base, rows))
    if effect < LEAST_EFFECT:
        raise NotReproducedError("the trained adapter changes nothing: its logits are those of the base", effect)
    model = open_adapter(base, work / ADAPTER)
    # An adapter that was not loaded differs by its whole effect, however small that is.
    difference = _require_same(reference_logits(model, rows), trained, min(allowed, effect / 2))
    found = f"the saved adapter on the plain base computes what was trained, within {difference:.2g}"
    facts = {"difference": difference, "allowed": round(allowed, 6), "adapter_effect": round(effect, 4)}
    return Check("P15", "reload", "passed", f"{found}, and moves logits by up to {effect:.2g}", facts)


def refused_by_servers(folder: Path) -> str:
    """Return why vLLM and llama.cpp would refuse an adapter, an empty text where they would not."""
    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    if config.get("modules_to_save"):
        return f"it holds whole layers ({', '.join(config['modules_to_save'])})"
    with safe_open(folder / WEIGHTS, "pt") as weights:
        others = [name for name in weights.keys() if "lora_A" not in name and "lora_B" not in name]  # noqa: SIM118 (no dict)
    return f"it holds {others[0]}, which is no low-rank matrix" if others else ""


def _require_same(found: torch.Tensor, trained: torch.Tensor, allowed: float) -> float:
    difference = largest_difference(found, trained)
    if not difference <= allowed:
        problem = (
            f"the saved weights do not compute what was trained: logits differ by {difference:.2g} > {allowed:.2g}"
        )
        raise NotReproducedError(problem, difference)
    return round(difference, 6)


def largest_difference(one: torch.Tensor, other: torch.Tensor) -> float:
    """Return the largest absolute difference between two tensors of logits."""
    return float((one - other).abs().max())
