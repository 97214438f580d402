"""The same moment in two recordings: re-uploads, edits and highlights of a stream, and phrases of habit.

A turn that nearly repeats a turn of a recording in another split would let a test be passed by memory,
and a turn that nearly repeats another one with all its replies counts twice. Of two recordings the one
that comes first in the holdout keeps the turn: test before validation before training among those that
came together, and whatever was frozen before whatever came later, so that a recording that arrives
changes nothing but itself.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
from dougpt_schema import ArrowStream, as_table

from dougpt_curate.holdout import ORDER
from dougpt_curate.near import Integers, Search, leaders
from dougpt_curate.settings import CurateSettings
from dougpt_curate.sketchbook import Sketchbook

LEAKS = "leaks"
KEEPS_FIRST = {split.value: place for place, split in enumerate(ORDER)}
REPEATED_TURN = "repeated_turn"
WINDOW_CHARACTERS = 60
"""Shorter turns with their replies are alike by chance."""


class Moments:
    """Prompts, and prompts with their replies, of all samples: what is compared between recordings.

    Samples are told apart by a number that the caller gives them.
    """

    def __init__(self, settings: CurateSettings, folder: Path | None = None) -> None:
        self._settings = settings
        self._prompts, self._windows = Book(folder), Book(folder)

    def add(self, samples: pa.Table, first: int) -> None:
        """Note samples, numbered from `first` on."""
        texts = pl.DataFrame(samples.select(["prompt", "responses"]))
        said = pl.col("responses").list.eval(pl.element().struct.field("text")).list.join("\n")
        texts = texts.select(
            window=pl.concat_str("prompt", said, separator="\n").str.to_lowercase(),
            prompt=pl.col("prompt").str.to_lowercase(),
        )
        long_prompts = texts["prompt"].str.count_matches(r"\S+") >= self._settings.leak_words
        self._prompts.add(texts["prompt"], long_prompts, first)
        self._windows.add(texts["window"], texts["window"].str.len_chars() >= WINDOW_CHARACTERS, first)

    def repeats(self, samples: pl.DataFrame) -> pl.DataFrame:
        """Return samples that repeat one of a recording that comes before, as rows of `sample` and `of`.

        A prompt of at least `leak_words` words is compared with those of other splits, a turn with its replies
        with those of all other recordings.

        Args:
            samples: Numbers of samples, `sample`, by their rank, with `split` and `recording_id`.
        """
        similarity = self._settings.leak_similarity
        found = [
            self._windows.repeats(samples, "recording_id", similarity),
            self._prompts.repeats(samples, "split", similarity),
        ]
        return pl.concat(found).unique("sample", keep="first", maintain_order=True)

    def close(self) -> None:
        """Give the space back."""
        self._prompts.close()
        self._windows.close()


def ranked(samples: pl.DataFrame, splits: Mapping[str, str]) -> pl.DataFrame:
    """Return samples in the order in which they keep what they have in common."""
    arrival = {name: place for place, name in enumerate(splits)}
    order = samples.select(
        arrival=pl.col("recording_id").cast(pl.String).replace_strict(arrival, return_dtype=pl.Int64),
        held_out=pl.col("split").cast(pl.String).replace_strict(KEEPS_FIRST, return_dtype=pl.Int64),
        start_ms="start_ms",
        sample="sample",
    )
    return samples[order.select(pl.arg_sort_by("arrival", "held_out", "start_ms", "sample")).to_series()]


def count_leaks(pieces: Iterable[ArrowStream], similarity: float, least_words: int) -> int:
    """Count the prompts of at least so many words that nearly repeat one of another split."""
    book, rows, first = Book(), [], 0
    for piece in pieces:
        table = pl.DataFrame(as_table(piece).select(["recording_id", "sample_id", "split", "prompt"]))
        prompts = table["prompt"].str.to_lowercase()
        book.add(prompts, prompts.str.count_matches(r"\S+") >= least_words, first)
        rows.append(table.select("split", sample=pl.int_range(first, first + len(table))))
        first += len(table)
    found = len(book.repeats(pl.concat(rows), "split", similarity)) if rows else 0
    book.close()
    return found


class Book:
    """A sketchbook in which only some of the numbered texts stand."""

    def __init__(self, folder: Path | None = None) -> None:
        self._sketches = Sketchbook(folder)
        self._numbers: dict[int, Integers] = {}

    def add(self, texts: pl.Series, chosen: pl.Series, first: int) -> None:
        """Note the chosen ones of texts that are numbered from `first` on."""
        if chosen.any():
            place = self._sketches.add(texts.filter(chosen))
            self._numbers[place] = first + chosen.arg_true().to_numpy().astype(np.int64)

    def repeats(self, samples: pl.DataFrame, apart: str, similarity: float) -> pl.DataFrame:
        """Return `sample` and `of` of those that repeat an earlier one that differs in the column `apart`."""
        numbers = [numbers for _, numbers in sorted(self._numbers.items())]
        places = pl.DataFrame({"sample": np.concatenate([np.empty(0, np.int64), *numbers])}).with_row_index("place")
        rows = samples.select("sample", apart).join(places, on="sample", maintain_order="left")
        apart_N = rows[apart].rank("dense").to_numpy().astype(np.int64)
        anywhere = np.zeros(len(rows), np.int64)
        search = Search(anywhere, similarity, anywhere, within_ms=0, apart_N=apart_N)
        page = self._sketches.ordered(rows["place"].to_numpy().astype(np.int64))
        leader = leaders(page, search, lambda later, earlier, _: bool(apart_N[later] != apart_N[earlier]))
        found = rows.select("sample", of=pl.col("sample").gather(pl.Series(leader)))
        return found.filter(pl.col("sample") != pl.col("of"))

    def close(self) -> None:
        """Give the space back."""
        self._sketches.close()
