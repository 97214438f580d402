"""Steps whose memory is measured: those of the presets, and others that the formula was not fitted on."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import torch
from dougpt_train import TrainSettings
from dougpt_train.base import open_folder
from dougpt_train.checks.memory import check_steps
from dougpt_train.gpu_memory import GB, give_back
from dougpt_train.memory import needed, shape_of
from dougpt_train.presets import PRESETS
from dougpt_train.render import Encoded, Row

from train_memory.bases import Architecture, save_random

NO_TEXT = Row("", "", "burst", "", "")
LARGEST_LAYERS = 16
"""Of the largest preset's 64, whose files would not fit anywhere."""


@dataclass(frozen=True, slots=True)
class Point:
    """A step that is measured: the base's name here, and the settings, whose rows are all as long as they may be."""

    base: str
    settings: TrainSettings


def bases() -> dict[str, Architecture]:
    """Return the architectures of the presets' bases, by name."""
    found = {preset.base: preset.architecture for preset in PRESETS.values()}
    largest = PRESETS["80gb"]
    kind, sizes = largest.architecture
    return found | {largest.base: (kind, {**sizes, "num_hidden_layers": LARGEST_LAYERS})}


def points() -> Iterator[Point]:
    """Yield the presets' steps and a few more of each base, which vary method, checkpointing, rows and tokens."""
    for preset in PRESETS.values():
        settings = TrainSettings(preset=preset.name, device="cuda").resolved("cuda")  # type: ignore[arg-type] # the names are the same
        if preset.name != "cpu":
            yield Point(preset.base, settings)
    small, middle = PRESETS["cpu"].base, PRESETS["8gb"].base
    for method in ("lora", "qlora", "full"):
        for checkpointing in (True, False):
            for rows, prompt_tokens in ((2, 192), (8, 416)):
                yield Point(small, _settings(method, rows, prompt_tokens, checkpointing=checkpointing))
    yield Point(middle, _settings("lora", 8, 160, checkpointing=False))
    yield Point(middle, _settings("qlora", 2, 928, checkpointing=False))
    yield Point(middle, _settings("qlora", 16, 160, checkpointing=True))


def _settings(method: Any, rows: int, prompt_tokens: int, *, checkpointing: bool) -> TrainSettings:
    return TrainSettings(
        method=method,
        batch_rows=rows,
        prompt_tokens=prompt_tokens,
        reply_tokens=96,
        gradient_checkpointing=checkpointing,
        device="cuda",
        base="local",
    )


@dataclass(frozen=True, slots=True)
class Measured:
    """Bytes of a point: by the formula, at the peak as the card sees it, and the tensors alone at their peak."""

    point: Point
    formula: float
    peak: float
    tensors: float


def measure(place: Path, samples: pa.Table) -> Iterator[Measured]:
    """Measure every point, base by base; each base's files are gone before the next is made."""
    for name, architecture in bases().items():
        chosen = [point for point in points() if point.base == name]
        if not chosen:
            continue
        folder = save_random(place / name.rpartition("/")[2], architecture, samples)
        give_back()
        for at, point in enumerate(chosen):
            yield _measured(replace(point, settings=replace(point.settings, base=str(folder))), place / f"steps{at}")
        for file in folder.iterdir():
            file.unlink()


def _measured(point: Point, folder: Path) -> Measured:
    settings = point.settings
    base = open_folder(settings.base, Path(settings.base))
    tokens = settings.prompt_tokens + settings.reply_tokens
    need = needed(
        shape_of(base.config, settings), settings, rows=settings.batch_rows, tokens=tokens, device="cuda"
    ).total
    prepared: Any = SimpleNamespace(settings=settings, rows=_rows(settings, len(base.tokenizer)))
    found = check_steps(base, prepared, folder, estimate=need, device="cuda")
    tensors = float(torch.cuda.max_memory_allocated())
    give_back()
    return Measured(point, need, float(str(found.facts.get("peak", "nan"))), tensors)


def _rows(settings: TrainSettings, vocabulary: int) -> list[Encoded]:
    draw = random.Random("memory")  # noqa: S311 (no secret)
    longest = settings.prompt_tokens + settings.reply_tokens
    rows = []
    for at in range(settings.batch_rows * settings.accumulate):
        # Padded a little, as real batches are: rows of one length need no mask.
        ids = draw.choices(range(vocabulary), k=longest - at % settings.batch_rows)
        rows.append(Encoded(NO_TEXT, ids[: settings.prompt_tokens], ids))
    return rows


def told(measured: Measured) -> str:
    """Return a line of the table."""
    settings = measured.point.settings
    tokens = settings.prompt_tokens + settings.reply_tokens
    way = f"{settings.method}{', checkpointing' if settings.gradient_checkpointing else ''}"
    name = settings.preset or measured.point.base.rpartition("/")[2]
    return (
        f"  {name:<16}{way:<22}{settings.batch_rows:>3} x {tokens:<6}formula {measured.formula / GB:5.1f} GB   "
        f"peak {measured.peak / GB:5.1f} GB   {measured.formula / measured.peak:.2f} of it   "
        f"(tensors {measured.tensors / GB:.2f})"
    )
