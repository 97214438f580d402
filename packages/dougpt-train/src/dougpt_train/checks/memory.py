"""P10: a step fits into memory, by formula before anything is loaded, then measured on a GPU."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from dougpt_train.base import Base, find_device
from dougpt_train.checks.check import Check, judge, skipped
from dougpt_train.gpu_memory import peak_bytes
from dougpt_train.memory import needed, shape_of
from dougpt_train.prepare import Prepared
from dougpt_train.presets import preset_for
from dougpt_train.trainer import Watcher, make_trainer

GB = 1e9
TIGHT = 0.9
"""Of what is there: a formula is right to a few per cent only."""
STEPS = 2

Meter = Callable[[], tuple[float, float]]
"""Returns the most bytes held so far, and how many there are."""


def check_memory(prepared: Prepared) -> Check:
    """Compare what the formula says of the longest batch with the memory of this machine."""
    settings = prepared.settings
    device = find_device(settings)
    shape = shape_of(prepared.base.config, settings)
    rows, tokens = _longest(prepared)
    need = needed(shape, settings, rows=rows, tokens=tokens, device=device)
    # Processes on a CPU share its memory, each GPU has its own.
    there = memory_of(device) / (1 if device == "cuda" else settings.processes)
    facts = {"needed": need.to_dict(), "available": round(there), "device": device, "longest": (rows, tokens)}
    place = "on the GPU" if device == "cuda" else "in memory"
    each = f" for each of {settings.processes} processes" if settings.processes > 1 else ""
    found = f"about {need.total / GB:.1f} GB are needed {place} by formula, {there / GB:.1f} GB are there{each}"
    if need.total > there:
        found += f": {_remedy(there, device)}"
    failed, warned = need.total > there, need.total > TIGHT * there
    return Check("P10", "memory", judge(failed=failed, warned=warned), found, facts)


def check_steps(
    base: Base, prepared: Prepared, folder: Path, *, estimate: float, device: str, meter: Meter | None = None
) -> Check:
    """Take two real steps on the longest batch and read how much memory they took.

    Args:
        base: A base model with weights.
        prepared: The run.
        folder: A place for the trainer's files, not there yet.
        estimate: Bytes by the formula.
        device: "cuda" or "cpu"; on a CPU nothing is measured without a `meter`.
        meter: Reads the memory; by default that of the GPU.
    """
    if meter is None and device != "cuda":
        return skipped("P10", "two steps", "measured on a GPU only; there is none here")
    settings = prepared.settings
    rows = sorted(prepared.rows, key=lambda row: len(row.ids))[-settings.batch_rows * settings.accumulate :]
    short = replace(settings, max_steps=STEPS, eval_steps=0, save_steps=0, patience=0, group_by_length=False)
    if meter is None:
        torch.cuda.reset_peak_memory_stats()
    try:
        trainer = make_trainer(base, short, rows * STEPS, folder=folder, watcher=Watcher(lambda *_: None, 0, folder))
        trainer.train()
    except torch.OutOfMemoryError:
        there = memory_of(device)
        facts = {"available": round(there), "formula": round(estimate)}
        found = f"two steps on the longest batch do not fit into {there / GB:.1f} GB; the formula said "
        return Check("P10", "two steps", "failed", f"{found}{estimate / GB:.1f}: {_remedy(there, device)}", facts)
    peak, there = (meter or _gpu)()
    facts = {"peak": round(peak), "available": round(there), "formula": round(estimate)}
    found = f"two steps on the longest batch took {peak / GB:.1f} of {there / GB:.1f} GB; the formula said "
    found += f"{estimate / GB:.1f}"
    return Check("P10", "two steps", judge(warned=peak > TIGHT * there), found, facts)


def memory_of(device: str) -> float:
    """Return the bytes that the GPU, or this machine, has."""
    if device == "cuda":
        return float(torch.cuda.get_device_properties(0).total_memory)
    return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))


def _gpu() -> tuple[float, float]:
    return peak_bytes(), memory_of("cuda")


def _longest(prepared: Prepared) -> tuple[int, int]:
    """Return rows and tokens of the largest batch; a pack counts as one row."""
    settings = prepared.settings
    longest = max((len(row.ids) for row in prepared.rows), default=1)
    if not settings.packing:
        return settings.batch_rows, longest
    mean = sum(len(row.ids) for row in prepared.rows) // max(1, len(prepared.rows))
    return 1, max(longest, settings.pack_tokens, settings.batch_rows * mean)


def _remedy(there: float, device: str) -> str:
    smaller = preset_for(there / GB).name if device == "cuda" else "cpu"
    return f"take fewer batch_rows, shorter rows, gradient_checkpointing, or preset {smaller!r}"
