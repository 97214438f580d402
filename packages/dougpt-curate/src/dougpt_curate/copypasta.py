"""Copypasta of several training recordings: kept once, where it came first, with the multiplicity of all.

A long text that repeats, or nearly repeats, one of a training recording that came earlier is left out, if all
together they are as many as make copypasta. What came earlier is told by the order of the holdout. What is held out
neither lends nor loses a reply, and copies within one recording are `dedupe`'s to judge.
"""

from pathlib import Path
from threading import Lock

import numpy as np
import polars as pl

from dougpt_curate.dedupe import facts, same_reply
from dougpt_curate.near import Integers, Search, leaders
from dougpt_curate.settings import CurateSettings
from dougpt_curate.sketchbook import Sketchbook

REPEATED_COPYPASTA = "repeated_copypasta"


class Copypasta:
    """The long replies of all samples, to be compared between recordings.

    Replies and samples are told apart by numbers that the caller gives them; those of replies rise with time.
    """

    def __init__(self, settings: CurateSettings, folder: Path | None = None) -> None:
        self._settings = settings
        self._book = Sketchbook(folder) if settings.near_similarity else None
        self._rows: list[pl.DataFrame] = []
        self._lock = Lock()

    def add(self, long: pl.DataFrame) -> None:
        """Note replies: rows of `reply`, `sample`, `multiplicity` and `key`."""
        if long.is_empty():
            return
        rows = long.select(
            "reply",
            "sample",
            "multiplicity",
            exact=pl.col("key").hash(0),
            exact_again=pl.col("key").hash(1),
            scope=facts(pl.col("key")).hash(0).reinterpret(signed=True),
        )
        first = self._book.add(long["key"]) if self._book is not None else 0
        with self._lock:
            self._rows.append(rows.with_columns(place=first + pl.int_range(pl.len(), dtype=pl.Int64)))

    def repeats(self, samples: pl.DataFrame) -> pl.DataFrame:
        """Return the replies to leave out as rows of `reply`, `of`, which stands for it, and `multiplicity`.

        Args:
            samples: Rows of `sample`, `recording_id` and `arrival` of the samples that are trained on.
        """
        if not self._rows:
            return pl.DataFrame(schema={"reply": pl.Int64, "of": pl.Int64, "multiplicity": pl.Int64})
        rows = pl.concat(self._rows).join(samples.select("sample", "recording_id", "arrival"), on="sample")
        rows = rows.sort("arrival", "reply")
        leader = self._leaders(rows)
        found = rows.select("reply", "multiplicity", of=pl.col("reply").gather(pl.Series(leader)))
        total = pl.col("multiplicity").sum().over("of")
        often = (pl.len().over("of") > 1) & (total >= self._settings.copypasta_multiplicity)
        return found.filter(often).filter(pl.col("reply") != pl.col("of"))

    def close(self) -> None:
        """Give the space back."""
        if self._book is not None:
            self._book.close()

    def _leaders(self, rows: pl.DataFrame) -> Integers:
        """Return for each row the earlier one of another recording that it repeats, or itself."""
        recording_N = rows["recording_id"].to_physical().to_numpy().astype(np.int64)
        if self._book is None:
            return _first_equal(rows, recording_N)
        anywhere = np.zeros(len(rows), np.int64)
        scope = rows["scope"].to_numpy()
        search = Search(scope, self._settings.near_similarity, anywhere, within_ms=0, apart_N=recording_N)
        page = self._book.ordered(rows["place"].to_numpy())

        def agree(later: int, earlier: int, similarity: float) -> bool:
            if recording_N[later] == recording_N[earlier]:
                return False
            return same_reply(page.text(later), page.text(earlier), similarity, self._settings)

        return leaders(page, search, agree)


def _first_equal(rows: pl.DataFrame, recording_N: Integers) -> Integers:
    """As `leaders`, for texts that are equal."""
    places = rows.with_row_index("row").select(pl.col("row").first().over("exact", "exact_again"))["row"].to_numpy()
    own = np.arange(len(rows))
    found: Integers = np.where(recording_N[places] == recording_N, own, places)
    return found
