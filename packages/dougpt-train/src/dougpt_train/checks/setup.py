"""P9 and P14: the adapter fits the model, the libraries are those that were tested, the disk has room."""

import re
import shutil
from collections import Counter
from pathlib import Path

import torch
from dougpt_schema import library_versions
from peft import LoraConfig
from transformers import AutoModelForCausalLM

from dougpt_train.adapter import add_adapter
from dougpt_train.base import quantised
from dougpt_train.checks.check import Check, judge
from dougpt_train.prepare import Prepared

# From the first version that works to the first that was not tried; trl's loss moved within months.
TESTED: dict[str, tuple[tuple[int, int], tuple[int, int]]] = {
    "accelerate": ((1, 10), (2, 0)),
    "datasets": ((4, 0), (6, 0)),
    "peft": ((0, 17), (0, 22)),
    "tokenizers": ((0, 22), (0, 24)),
    "torch": ((2, 8), (2, 16)),
    "transformers": ((4, 57), (5, 25)),
    "trl": ((1, 16), (1, 17)),
}
SERVED_RANK = 512
"""The most that vLLM serves as an adapter, with `--max-lora-rank` raised from 16; merged, a rank is of no account."""
SPARE_BYTES = 64 << 20


def check_adapter(prepared: Prepared, lora: LoraConfig) -> Check:
    """P9: the adapter finds layers in every block, leaves the output layer alone, and can be served."""
    stored = quantised(prepared.base)
    if prepared.settings.method == "full" and stored:
        found = f"the base's weights are quantised ({stored}): they cannot be trained in full, only an adapter on them"
        return Check("P9", "adapter", "failed", found, {"quantised": stored})
    if prepared.settings.method == "full":
        return Check("P9", "adapter", "passed", "all weights are trained, there is no adapter")
    with torch.device("meta"):
        plain = AutoModelForCausalLM.from_config(prepared.base.config)
        weights = sum(weight.numel() for weight in plain.parameters())
        model = add_adapter(plain, lora)
    adapted = [name for name, weight in model.named_parameters() if weight.requires_grad]
    layers = Counter(place[1] for name in adapted if (place := re.search(r"\.layers\.(\d+)\.", name)))
    trained = sum(weight.numel() for weight in model.parameters() if weight.requires_grad)
    n_layers = prepared.base.config.get_text_config().num_hidden_layers
    heads = [name for name in adapted if "lm_head" in name or "embed" in name]
    facts = {"weights": weights, "trained": trained, "layers": len(layers), "rank": lora.r}
    found = f"{trained:,} of {weights + trained:,} weights are trained, in {len(layers)} of {n_layers} layers"
    if heads:
        found = f"the adapter changes {heads[0]}, which cannot be served"
    elif lora.r > SERVED_RANK:
        found += f"; rank {lora.r} is more than vLLM serves ({SERVED_RANK}): merge it"
    failed = heads or len(layers) < n_layers
    return Check("P9", "adapter", judge(failed=failed, warned=lora.r > SERVED_RANK), found, facts)


def check_versions() -> Check:
    """P14: each library is one of the versions that were tried."""
    versions = library_versions(*TESTED)
    releases = {name: _release(version) for name, version in versions.items()}
    old = [name for name, (first, _) in TESTED.items() if releases[name] < first]
    new = [name for name, (_, end) in TESTED.items() if releases[name] >= end]
    found = f"all of {len(TESTED)} libraries in tested versions"
    if old or new:
        found = "; ".join(
            f"{name} {versions[name]} is {'too old' if name in old else 'untested'}" for name in old + new
        )
    return Check("P14", "versions", judge(failed=old, warned=new), found, versions)


def check_disk(prepared: Prepared, folder: Path, adapter: Check) -> Check:
    """P14: there is room for what will be written."""
    weights, trained = (int(str(adapter.facts.get(name, 0))) for name in ("weights", "trained"))
    needed = 4 * trained + SPARE_BYTES + (4 * weights if prepared.base.folder is None else 0)
    if prepared.settings.method == "full":
        needed += sum(path.stat().st_size for path in Path(prepared.base.folder or folder).glob("*.safetensors"))
    place = next(parent for parent in (folder.absolute(), *folder.absolute().parents) if parent.exists())
    free = shutil.disk_usage(place).free
    found = f"{needed / 1e6:.0f} MB are needed" + (f", {free / 1e6:.0f} MB are free" if free < needed else " and free")
    return Check("P14", "disk", judge(failed=free < needed), found, {"needed_bytes": needed})


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])
