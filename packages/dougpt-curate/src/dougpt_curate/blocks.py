"""Fewer than five recordings are divided in time: train first, then validation, then test, with an embargo between.

What is said within two minutes of a border belongs to neither side: a joke that runs on, a reply that comes
late and the context of a turn would else be on both. A recording too short to leave half of itself for
training has no validation, a still shorter one trains as a whole; where all are so short, each is one block.
"""

from collections.abc import Mapping, Sequence

import polars as pl
import pyarrow as pa
from dougpt_schema import Split

from dougpt_curate.holdout import BLOCKS, by_recording
from dougpt_curate.samples import TURN_REJECTED, Piece, events_of
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


def are_cut(blocks: Mapping[str, Mapping[str, Sequence[int]]]) -> bool:
    """Return whether any recording stands in more than one split."""
    return any(len(cut) > 1 for cut in blocks.values())


def split_samples(whole: Piece, splits: Mapping[str, str], blocks: Mapping[str, Mapping[str, Sequence[int]]]) -> Piece:
    """Return the samples with their `split`, without those that stand in an embargo, and replies with theirs."""
    samples = pl.DataFrame(whole.samples.select(["recording_id", "turn", "start_ms", "end_ms", "sample_id"]))
    fixed = {name: split if split != BLOCKS else Split.TRAIN.value for name, split in splits.items()}
    split = pl.col("recording_id").replace_strict(fixed, return_dtype=pl.String)
    for name, cut in blocks.items():
        of_block: pl.Expr = pl.lit(EMBARGO)
        for part, (since, until) in cut.items():
            inside = (pl.col("start_ms") >= since) & (pl.col("end_ms") <= until)
            of_block = pl.when(inside).then(pl.lit(part)).otherwise(of_block)
        split = pl.when(pl.col("recording_id") == name).then(of_block).otherwise(split)
    marked = samples.with_columns(split=split)
    parted = Piece(
        samples=whole.samples.append_column("split", marked["split"].cast(pl.String).to_arrow().cast(pa.string())),
        rejects=whole.rejects,
        replies=whole.replies.join(
            marked.select("recording_id", "turn", "split"), on=["recording_id", "turn"], maintain_order="left"
        ),
        spoken=whole.spoken,
        answered=whole.answered,
    )
    between = marked.filter(pl.col("split") == EMBARGO)
    return _without(parted, between) if len(between) else parted


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


def _without(whole: Piece, between: pl.DataFrame) -> Piece:
    """Take the samples of `between` out and write down why."""
    inside = pl.DataFrame(whole.samples.select(["sample_id"]))["sample_id"].is_in(between["sample_id"].to_list())
    gone = pl.DataFrame(whole.samples.filter(inside.to_arrow()).select(["recording_id", "responses", "merged"]))
    turns = between.select(
        "recording_id",
        subject_id="sample_id",
        reason=pl.lit(EMBARGO),
        detail=pl.lit("too near the border between two splits"),
        is_turn=pl.lit(value=True),
    )
    return Piece(
        samples=whole.samples.filter((~inside).to_arrow()),
        rejects=pl.concat([whole.rejects, turns, *events_of(gone, TURN_REJECTED)], how="diagonal"),
        replies=whole.replies.filter(pl.col("split") != EMBARGO),
        spoken=whole.spoken,
        answered=whole.answered,
    )
