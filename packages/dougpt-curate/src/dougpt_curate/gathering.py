"""The first pass: each recording is worked on alone, and what comes of it is set aside.

What stays in memory of a sample are a few numbers; see `docs/decisions/0011-two-passes.md`.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import polars as pl
import pyarrow as pa
from dougpt_schema import CHAT_EVENTS, LINKS, UTTERANCES, ArrowStream, Names

from dougpt_curate.accepted import Material
from dougpt_curate.copypasta import Copypasta
from dougpt_curate.leaks import Moments
from dougpt_curate.samples import Piece, make_samples
from dougpt_curate.settings import CurateSettings
from dougpt_curate.spool import Spool
from dougpt_curate.tally import LinkCounts

type Tables = tuple[pa.Table, pa.Table, pa.Table]
"""Utterances, chat events and links."""

CONTRACTS = (UTTERANCES, CHAT_EVENTS, LINKS)
ROWS_AT_ONCE = 500_000
"""Recordings are worked on together up to so many rows of chat and links, which bounds memory."""
WORKERS = 2
KEY = ("recording_id", "sample_id", "start_ms", "end_ms")


@dataclass(frozen=True, slots=True)
class Stored:
    """What came of some recordings, of which the tables are in a spool.

    Attributes:
        samples: The number of the samples in the spool.
        rejects: That of the rejects.
        replies: That of the replies.
        emotes: That of the emotes.
        keys: `KEY` of each sample, recordings by their number among all.
        links: How many links there were.
        spoken: How many turns.
        answered: How many turns with an accepted link.
        ends_ms: Where each recording ends.
    """

    samples: int
    rejects: int
    replies: int
    emotes: int
    keys: pl.DataFrame
    links: LinkCounts
    spoken: int
    answered: int
    ends_ms: dict[str, int]


class Gathering:
    """The first pass over all recordings, and what it sets aside.

    Attributes:
        spool: Where the tables of `stored` are.
        moments: Turns to be compared between recordings; none where leaks are not looked for.
        copypasta: Long replies to be compared between recordings; none where they are not asked for.
        stored: What came of the recordings, in the order of their ids.
    """

    def __init__(
        self, recordings: Sequence[str], settings: CurateSettings, names: Names | None, folder: Path | None
    ) -> None:
        self.spool = Spool(folder)
        self.moments = Moments(settings, folder)
        self.copypasta = Copypasta(settings, folder)
        self.stored: list[Stored] = []
        self._ids = pl.Enum(recordings)
        self._settings, self._names = settings, names

    def gather(self, recordings: Sequence[str], read: Callable[[str], Tables]) -> None:
        """Work on all recordings; one batch is read and checked while another one is worked on."""
        numbered = enumerate(_batches(recordings, read))
        taking, results = Lock(), dict[int, Stored]()

        def take_turns() -> None:
            while True:
                with taking:
                    number, batch = next(numbered, (-1, None))
                if batch is None:
                    return
                results[number] = self._work(number, batch)

        with ThreadPoolExecutor(WORKERS) as pool:
            for worker in [pool.submit(take_turns) for _ in range(WORKERS)]:
                worker.result()
        self.stored = [results[number] for number in sorted(results)]

    def piece(self, number: int) -> Piece:
        """Return what `make_samples` made of the recordings of a batch, but `long`."""
        one = self.stored[number]
        rejects, replies, emotes = (pl.DataFrame(self.spool.get(n)) for n in (one.rejects, one.replies, one.emotes))
        return Piece(self.spool.get(one.samples), rejects, replies, emotes, pl.DataFrame(), one.spoken, one.answered)

    def samples(self) -> pl.DataFrame:
        """Return `KEY` of all samples with their `sample`, the number by which `moments` knows them."""
        keys = [
            one.keys.with_columns(sample=first_sample(number) + pl.int_range(pl.len(), dtype=pl.Int64))
            for number, one in enumerate(self.stored)
        ]
        return pl.concat(keys)

    def close(self) -> None:
        """Give the space back."""
        self.spool.close()
        self.moments.close()
        self.copypasta.close()

    def _work(self, number: int, batch: Tables) -> Stored:
        material = Material.of(*batch)
        piece = make_samples(material, self._settings, self._names)
        ends = material.utterances.group_by("recording_id").agg(pl.col("end_ms").max()).sort("recording_id")
        first = first_sample(number)
        if self._settings.leak_similarity:
            self.moments.add(piece.samples, first)
        if self._settings.copypasta_across:
            long = piece.long.with_columns(reply=first + pl.col("event"), sample=first + pl.col("turn"))
            self.copypasta.add(long)
        keys = pl.DataFrame(piece.samples.select(KEY)).with_columns(
            pl.col("recording_id").cast(self._ids), pl.col("sample_id").str.to_integer(base=16, dtype=pl.UInt64)
        )
        return Stored(
            samples=self.spool.put(piece.samples),
            rejects=self.spool.put(piece.rejects),
            replies=self.spool.put(piece.replies),
            emotes=self.spool.put(piece.emotes),
            keys=keys,
            links=LinkCounts.of(batch[2]),
            spoken=piece.spoken,
            answered=piece.answered,
            ends_ms=dict(ends.rows()),
        )


def checked(tables: tuple[ArrowStream, ArrowStream, ArrowStream]) -> Tables:
    """Return utterances, chat events and links in their contracts' types and order, without further columns.

    Raises:
        ContractError: A table is not what its contract says.
    """
    first, second, third = (
        contract.check(contract.conform(table, sort=True).select(contract.schema.names))
        for contract, table in zip(CONTRACTS, tables, strict=True)
    )
    return first, second, third


def first_sample(batch: int) -> int:
    """The number of a batch's first sample; no batch has so many that they reach the next one's."""
    return batch << 32


def _batches(recordings: Sequence[str], read: Callable[[str], Tables]) -> Iterator[Tables]:
    """Yield the rows of some recordings after others: whole recordings, in the order of their ids; at least once."""
    held: list[Tables] = []
    for place, recording in enumerate(recordings):
        held.append(read(recording))
        if sum(table.num_rows for tables in held for table in tables) >= ROWS_AT_ONCE or place == len(recordings) - 1:
            batch, held = _together(held), []
            yield batch
            del batch
    if not recordings:
        yield UTTERANCES.empty(), CHAT_EVENTS.empty(), LINKS.empty()


def _together(held: list[Tables]) -> Tables:
    first, second, third = (pa.concat_tables([tables[place] for tables in held]) for place in range(3))
    return first, second, third
