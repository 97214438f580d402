"""Fewer than five recordings are divided in time: train first, then validation, then test, with an embargo between.

What is said within two minutes of a border belongs to neither side: a joke that runs on, a reply that comes
late and the context of a turn would else be on both. A recording too short to leave half of itself for
training has no validation, a still shorter one trains as a whole; where all are so short, each is one block.
"""

from collections.abc import Mapping, Sequence

import polars as pl
from dougpt_schema import Split

from dougpt_curate.holdout import BLOCKS, Blocks, by_recording
from dougpt_curate.settings import CurateSettings

EMBARGO = "embargo"
LEAST_TRAINING = 0.5
FOREVER_MS = 10**12

type Block = tuple[int, int]
"""From and until, in milliseconds on the recording's clock."""


def cut_recordings(ends_ms: Mapping[str, int], settings: CurateSettings) -> dict[str, dict[str, Block]]:
    """Return the blocks of each recording that ends at `ends_ms`, by split; only those long enough to be cut."""
    found = {name: _cut(end_ms, settings) for name, end_ms in ends_ms.items()}
    return {name: cut for name, cut in found.items() if len(cut) > 1}


def whole_recordings(names: Sequence[str], settings: CurateSettings) -> dict[str, dict[str, Block]]:
    """Return each recording, the oldest first, as one block of the split that it would have by recording."""
    return {name: {split: (0, FOREVER_MS)} for name, split in by_recording(names, settings).items()}


def are_cut(blocks: Blocks) -> bool:
    """Return whether any recording stands in more than one split."""
    return any(len(cut) > 1 for cut in blocks.values())


def splits_of(samples: pl.DataFrame, splits: Mapping[str, str], blocks: Blocks) -> pl.Series:
    """Return the split of each sample with `recording_id`, `start_ms` and `end_ms`; `EMBARGO` of those between two."""
    fixed = {name: split if split != BLOCKS else Split.TRAIN.value for name, split in splits.items()}
    recording = pl.col("recording_id").cast(pl.String)
    split: pl.Expr = recording.replace_strict(fixed, return_dtype=pl.String)
    for name, cut in blocks.items():
        of_block: pl.Expr = pl.lit(EMBARGO)
        for part, (since, until) in cut.items():
            inside = (pl.col("start_ms") >= since) & (pl.col("end_ms") <= until)
            of_block = pl.when(inside).then(pl.lit(part)).otherwise(of_block)
        split = pl.when(recording == name).then(of_block).otherwise(split)
    return samples.select(split=split).to_series().cast(pl.String)


def _cut(end_ms: int, settings: CurateSettings) -> dict[str, Block]:
    embargo_ms = round(1000 * max(settings.embargo_s, settings.context_s))
    shares = {Split.VALIDATION.value: settings.validation_share, Split.TEST.value: settings.test_share}
    parts = [(name, round(share * end_ms)) for name, share in shares.items() if share]
    while parts:
        training_ms = end_ms - sum(length + embargo_ms for _, length in parts)
        if training_ms >= LEAST_TRAINING * end_ms:
            break
        parts = parts[1:]
    since = end_ms - sum(length + embargo_ms for _, length in parts)
    cut: dict[str, Block] = {Split.TRAIN.value: (0, since)}
    for name, length in parts:
        cut[name] = (since + embargo_ms, since + embargo_ms + length)
        since += embargo_ms + length
    return cut
