"""An adapter and its base as one model, checked against the two of them.

The base is loaded anew in 32 bits: merged into 4-bit weights, or into weights that a CPU has repacked for
4-bit inference, an adapter comes out wrong without a word.
"""

import shutil
from pathlib import Path
from typing import Literal

import torch
from transformers import AutoModelForCausalLM

from dougpt_train.adapter import open_adapter
from dougpt_train.base import model_files, quantised, read_weights
from dougpt_train.base_folder import let_others_read
from dougpt_train.checks.reload import largest_difference, reference_logits
from dougpt_train.errors import NotReproducedError, RunFolderError
from dougpt_train.model import open_run_base, require_trained
from dougpt_train.record import ADAPTER, MERGED, read_record, read_settings, write_json
from dougpt_train.render import Encoded, Renderer, Row

Precision = Literal["float32", "bfloat16", "float16"]
ALLOWED_MERGED = 1e-3
"""Between adapter and merged weights, both in 32 bits."""
ALLOWED_SHARE = 0.05
"""Of the largest logit, between 32 and 16 bits."""
PROBES = ("so what do you think", "we lost again", "should I press the button")


def merge(
    run_folder: Path | str, out: Path | str, *, precision: Precision = "bfloat16", base: Path | str | None = None
) -> dict[str, float]:
    """Write a run's base with its adapter merged in to `out`, which must not exist, as a folder of safetensors.

    A run that was trained in full has no adapter: its model is written in that precision, and checked as well.

    Args:
        run_folder: A finished run.
        out: Where the model goes; it appears whole, by one rename.
        precision: The type of the written weights.
        base: Where the base model is now, if it was moved since.

    Returns:
        The largest differences between logits: "merged" against the adapter, "saved" against the adapter in the
        written precision.

    Raises:
        RunFolderError: The run is not complete, its files have changed, or `out` exists.
        NotReproducedError: The merged model does not compute what base and adapter do; nothing is written.
    """
    folder, target = Path(run_folder), Path(out)
    if target.exists():
        raise RunFolderError(
            target, "exists; a merged model is written over nothing: delete it, or choose another place (--out)"
        )
    settings, record = read_settings(folder), read_record(folder)
    require_trained(folder, settings, record)
    opened = open_run_base(folder, settings, record, base)
    if stored := quantised(opened):
        remedy = "only a run on a 16-bit base, which 'qlora' quantises itself, can be merged"
        raise RunFolderError(folder, f"its base is quantised ({stored}): {remedy}")
    probes = _probes(Renderer(opened.tokenizer, settings, opened.stop_ids))

    merged = read_weights(opened, dtype=torch.float32)
    adapted = merged if settings.method == "full" else open_adapter(merged, folder / ADAPTER)
    expected = reference_logits(adapted, probes)
    if settings.method != "full":
        merged = adapted.merge_and_unload(safe_merge=True)
    difference = largest_difference(reference_logits(merged, probes), expected)
    if not difference <= ALLOWED_MERGED:
        raise NotReproducedError(f"merged weights differ from base and adapter by {difference:.2g}", difference)

    work = target.with_name(target.name + ".partial")
    shutil.rmtree(work, ignore_errors=True)
    merged.to(getattr(torch, precision)).save_pretrained(work)
    opened.tokenizer.save_pretrained(work)
    try:
        saved = _check_saved(work, precision, probes, expected)
    except NotReproducedError:
        shutil.rmtree(work)
        raise
    differences = {"merged": round(difference, 6), "saved": round(saved, 6)}
    write_json(work / MERGED, {"run_id": record["run_id"], "files": model_files(work)} | differences)
    let_others_read(work)
    work.rename(target)
    return differences


def _check_saved(work: Path, precision: Precision, probes: list[Encoded], expected: torch.Tensor) -> float:
    read_back = AutoModelForCausalLM.from_pretrained(
        work, dtype=getattr(torch, precision), local_files_only=True, use_safetensors=True
    )
    saved = largest_difference(reference_logits(read_back, probes), expected)
    if not saved <= max(ALLOWED_MERGED, ALLOWED_SHARE * float(expected.abs().max())):
        raise NotReproducedError(f"the written {precision} weights differ from base and adapter by {saved:.2g}", saved)
    return saved


def _probes(renderer: Renderer) -> list[Encoded]:
    rows = [Row("probe", "probe", "single", f"> {text}\n[chat: one]", "LUL") for text in PROBES]
    return renderer.encode(rows)
