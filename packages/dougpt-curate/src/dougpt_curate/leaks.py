"""The same moment in two recordings: re-uploads, edits and highlights of a stream, and phrases of habit.

A turn that nearly repeats a turn of a recording in another split would let a test be passed by memory,
and a turn that nearly repeats another one with all its replies counts twice. Of two recordings the one
that comes first in the holdout keeps the turn: test before validation before training among those that
came together, and whatever was frozen before whatever came later, so that a recording that arrives
changes nothing but itself.
"""

from collections.abc import Mapping

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from dougpt_schema import ArrowStream, Split, as_table

from dougpt_curate.near import Search, leaders
from dougpt_curate.samples import TURN_REJECTED, Piece, events_of
from dougpt_curate.settings import CurateSettings

LEAKS = "leaks"
COLUMNS = ("recording_id", "sample_id", "turn", "start_ms", "split", "prompt", "responses", "merged")
KEEPS_FIRST = {split.value: place for place, split in enumerate((Split.TEST, Split.VALIDATION, Split.TRAIN))}
REPEATED_TURN = "repeated_turn"
WINDOW_CHARACTERS = 60
"""Shorter turns with their replies are alike by chance."""


def without_repeats(whole: Piece, splits: Mapping[str, str], settings: CurateSettings) -> Piece:
    """Return the samples without those that repeat a sample of a recording earlier in `splits`.

    A prompt of at least `leak_words` words is compared with those of other splits, a turn with its replies
    with those of all other recordings.
    """
    if not settings.leak_similarity or not _several(whole.samples):
        return whole
    turns = _ranked(whole.samples, splits)
    prompts = turns.filter(pl.col("prompt").str.count_matches(r"\S+") >= settings.leak_words)
    windows = turns.filter(pl.col("window").str.len_chars() >= WINDOW_CHARACTERS)
    repeats = pl.concat(
        [
            _repeats(windows, "window", settings.leak_similarity, across_splits=False),
            _repeats(prompts, "prompt", settings.leak_similarity, across_splits=True),
        ]
    )
    return _drop(whole, turns.join(repeats.unique("rank", keep="first"), on="rank"))


def _repeats(turns: pl.DataFrame, column: str, similarity: float, *, across_splits: bool) -> pl.DataFrame:
    """Return the rank of each turn that repeats an earlier one of another recording, and that one's names."""
    apart = turns["split" if across_splits else "recording_id"].to_list()
    number = {name: place for place, name in enumerate(sorted(set(apart)))}
    anywhere = np.zeros(len(turns), np.int64)
    apart_N = np.array([number[name] for name in apart], np.int64)
    search = Search(anywhere, similarity, anywhere, within_ms=0, apart_N=apart_N)
    leader = leaders(turns[column].to_list(), search, lambda later, earlier, _: apart[later] != apart[earlier])
    first = turns.select(of_sample="sample_id", of_recording="recording_id", of_split="split")[leader]
    return pl.concat([turns.select("rank"), first], how="horizontal").filter(pl.Series(leader != np.arange(len(turns))))


def count_leaks(samples: ArrowStream, similarity: float, least_words: int) -> int:
    """Count the prompts of at least so many words that nearly repeat one of another split."""
    table = as_table(samples).select(["sample_id", "recording_id", "split", "prompt"])
    prompts = pl.DataFrame(table).with_columns(prompt=pl.col("prompt").str.to_lowercase()).with_row_index("rank")
    long = prompts.filter(pl.col("prompt").str.count_matches(r"\S+") >= least_words)
    return len(_repeats(long, "prompt", similarity, across_splits=True))


def _several(samples: pa.Table) -> bool:
    return any(len(pc.unique(samples[column])) > 1 for column in ("recording_id", "split"))


def _ranked(samples: pa.Table, splits: Mapping[str, str]) -> pl.DataFrame:
    """The samples by `rank`, the order in which they keep what they have in common."""
    arrival = {name: place for place, name in enumerate(splits)}
    recording = pl.col("recording_id")
    said = pl.col("responses").list.eval(pl.element().struct.field("text")).list.join("\n")
    return (
        pl.DataFrame(samples.select([*COLUMNS]))
        .with_columns(
            arrival=recording.replace_strict(arrival, return_dtype=pl.Int64),
            held_out=pl.col("split").replace_strict(KEEPS_FIRST, return_dtype=pl.Int64),
            window=pl.concat_str("prompt", said, separator="\n").str.to_lowercase(),
            prompt=pl.col("prompt").str.to_lowercase(),
        )
        .sort("arrival", "held_out", "start_ms", "sample_id")
        .with_row_index("rank")
    )


def _drop(whole: Piece, gone: pl.DataFrame) -> Piece:
    """Take the samples of `gone` out and write down why, for them and for each of their events."""
    turns = gone.select(
        "recording_id",
        subject_id="sample_id",
        reason=pl.when(pl.col("split") == pl.col("of_split")).then(pl.lit(REPEATED_TURN)).otherwise(pl.lit(LEAKS)),
        detail=pl.format("sample {} of {} ({}) says nearly the same", "of_sample", "of_recording", "of_split"),
        is_turn=pl.lit(value=True),
    )
    names = pl.DataFrame(whole.samples.select(["sample_id"]))["sample_id"]
    return Piece(
        samples=whole.samples.filter((~names.is_in(gone["sample_id"].to_list())).to_arrow()),
        rejects=pl.concat([whole.rejects, turns, *events_of(gone, TURN_REJECTED)], how="diagonal"),
        replies=whole.replies.join(gone, on=["recording_id", "turn"], how="anti", maintain_order="left"),
        spoken=whole.spoken,
        answered=whole.answered,
    )
