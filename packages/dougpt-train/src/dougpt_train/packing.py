"""Rows behind one another instead of padded: TRL's best-fit packing, which never cuts a row here.

A pack says where its rows begin (`seq_lengths`); TRL's collator turns that into positions, from which transformers
builds a mask that keeps the rows apart. Whether it does, for this model and these versions, is what P11 checks.
"""

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from datasets import Dataset, disable_progress_bars, enable_progress_bars, is_progress_bar_enabled
from trl import pack_dataset
from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

from dougpt_train.order import shuffled
from dougpt_train.render import Encoded
from dougpt_train.settings import TrainSettings

PACKS_A_STEP = 2


def dataset_of(rows: Sequence[Encoded]) -> Dataset:
    """Return tokens and labels as TRL takes them."""
    return Dataset.from_dict({"input_ids": [row.ids for row in rows], "labels": [row.labels for row in rows]})


def packed(rows: Sequence[Encoded], settings: TrainSettings) -> Dataset:
    """Return packs of whole rows, in an order drawn by the seed."""
    lengths = [len(row.ids) for row in rows]
    asked = settings.pack_tokens or settings.batch_rows * sum(lengths) // (PACKS_A_STEP * max(1, len(lengths)))
    packs = _packs(rows, max(asked, *lengths))
    draw = random.Random(f"packs {settings.seed}")  # noqa: S311 (no secret)
    return packs.select(shuffled(range(len(packs)), draw))


def packs_a_step(packs: Dataset, n_rows: int, settings: TrainSettings) -> int:
    """Return how many packs hold about as many rows as a batch without packing."""
    return max(1, round(settings.batch_rows * len(packs) / max(1, n_rows)))


def packed_batch(rows: Sequence[Encoded], pad_id: int, device: Any) -> dict[str, Any]:
    """Return the rows as one batch, as the trainer's own collator makes it."""
    total = sum(len(row.ids) for row in rows)
    packs = _packs(rows, total)
    batch = DataCollatorForLanguageModeling(pad_token_id=pad_id, padding_free=True)(list(packs))
    return {name: value.to(device) if hasattr(value, "to") else value for name, value in batch.items()}


def _packs(rows: Sequence[Encoded], most: int) -> Dataset:
    """Return packs of at most so many tokens, without the bars that datasets draws over lines of progress."""
    drawn = is_progress_bar_enabled()
    disable_progress_bars()
    try:
        return pack_dataset(dataset_of(rows), most, "bfd")
    finally:
        if drawn:
            enable_progress_bars()


def fitting(settings: TrainSettings, packs: Dataset, n_rows: int) -> TrainSettings:
    """Return the settings with the batch counted in packs."""
    return replace(settings, batch_rows=packs_a_step(packs, n_rows, settings))
