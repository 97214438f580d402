"""In which order rows are trained on: each epoch shuffled by the seed, rows of like length side by side.

The order is decided here and followed to the letter, so that it depends neither on the libraries' samplers nor on
where a run was interrupted.
"""

import random
from collections.abc import Sequence

from dougpt_train.render import Encoded
from dougpt_train.settings import TrainSettings

POOL_BATCHES = 32
"""Batches whose rows are sorted by length together: more leave less padding, and less chance."""


def training_order(rows: Sequence[Encoded], settings: TrainSettings) -> list[Encoded]:
    """Return the rows of all epochs, one epoch after another, each in an order of its own."""
    draw = random.Random(f"order {settings.seed}")  # noqa: S311 (no secret)
    epochs: dict[int, list[int]] = {}
    for place, row in enumerate(rows):
        epochs.setdefault(row.row.epoch, []).append(place)
    order = [place for epoch in sorted(epochs) for place in shuffled(epochs[epoch], draw)]
    if settings.group_by_length:
        order = _grouped(
            order, [len(row.ids) for row in rows], settings.batch_rows * settings.accumulate * settings.processes, draw
        )
    return [rows[place] for place in order]


def shuffled[T](items: Sequence[T], draw: random.Random) -> list[T]:
    """Return the items in a drawn order."""
    return draw.sample(items, len(items))


def _grouped(order: Sequence[int], lengths: Sequence[int], size: int, draw: random.Random) -> list[int]:
    """Sort within pools of batches; a batch that is not full stays the last."""
    grouped: list[int] = []
    for start in range(0, len(order), size * POOL_BATCHES):
        pool = sorted(order[start : start + size * POOL_BATCHES], key=lambda place: (lengths[place], place))
        batches = [pool[at : at + size] for at in range(0, len(pool), size)]
        rest = [batches.pop()] if len(batches[-1]) < size else []
        grouped += [place for batch in (*shuffled(batches, draw), *rest) for place in batch]
    return grouped
