"""From utterances, chat and links of any number of recordings to a dataset with its books."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Lock

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from dougpt_schema import CHAT_EVENTS, LINKS, REJECTS, SAMPLES, UTTERANCES, ArrowStream, Split

from dougpt_curate.blocks import cut_recordings, split_samples, whole_recordings
from dougpt_curate.holdout import BLOCKS, Suite, assign_holdout
from dougpt_curate.leaks import without_repeats
from dougpt_curate.profile import make_profile
from dougpt_curate.quality import Names
from dougpt_curate.report import CurateReport, LinkCounts, make_report
from dougpt_curate.samples import EVENT, Material, Piece, joined, make_samples
from dougpt_curate.settings import CurateSettings

type Tables = tuple[pa.Table, pa.Table, pa.Table]
"""Utterances, chat events and links."""

STAGE = "curate"
CONTRACTS = (UTTERANCES, CHAT_EVENTS, LINKS)
MERGED = pa.list_(pa.struct([pa.field("event_id", pa.string()), pa.field("into", pa.string())]))
ROWS_AT_ONCE = 500_000
"""Recordings are worked on together up to so many rows of chat and links, which bounds memory."""
WORKERS = 2


@dataclass(frozen=True, slots=True)
class Curated:
    """A dataset.

    Attributes:
        samples: A table of the samples contract, with the further columns `start_ms` and `end_ms` of the turn
            and `merged`, the events that were merged away as copies (`event_id`) and the reply that stands for
            each (`into`).
        rejects: A table of the rejects contract: `subject_id` is the event, or the sample where a turn was left out.
        profile: A table of the profile contract, of the recordings trained on.
        report: What happened, in numbers.
    """

    samples: pa.Table
    rejects: pa.Table
    profile: pa.Table
    report: CurateReport


def curate(
    utterances: ArrowStream,
    chat_events: ArrowStream,
    links: ArrowStream,
    settings: CurateSettings | None = None,
    *,
    holdout: Mapping[str, str] | None = None,
    blocks: Mapping[str, Mapping[str, Sequence[int]]] | None = None,
    names: Names | None = None,
) -> Curated:
    """Return the samples of the accepted links of all recordings in the tables.

    Args:
        utterances: A table of the utterances contract; rows in any order.
        chat_events: The chat of the same recordings.
        links: What was decided about each event; only accepted ones make samples.
        settings: Budgets, filters and the target mix.
        holdout: The split of each recording, as `assign_holdout` returns it; recordings that it does not name are
            added by that function, without knowledge of their dates. Without it, fewer recordings than
            `blocks_below` are divided in time, if they are long enough for that.
        blocks: The blocks of recordings divided in time, as an earlier report gives them; they stay as they are.
        names: Who is a chatter; replies that hold a name are left out.

    Raises:
        ContractError: A table is not what its contract says.
        HoldoutError: `holdout` names a split that does not exist.
    """
    tables = tuple(
        contract.check(contract.conform(table, sort=True).select(contract.schema.names))
        for contract, table in zip(CONTRACTS, (utterances, chat_events, links), strict=True)
    )
    recordings = sorted({name for table in tables for name in pc.unique(table["recording_id"]).to_pylist()})
    places = [_places(table) for table in tables]

    def read(recording_id: str) -> Tables:
        first, second, third = (
            table.slice(*where.get(recording_id, (0, 0))) for table, where in zip(tables, places, strict=True)
        )
        return first, second, third

    return _curate(recordings, read, settings or CurateSettings(), names, holdout, blocks)


def curate_recordings(
    recordings: Iterable[str],
    read: Callable[[str], tuple[ArrowStream, ArrowStream, ArrowStream]],
    settings: CurateSettings | None = None,
    *,
    holdout: Mapping[str, str] | None = None,
    blocks: Mapping[str, Mapping[str, Sequence[int]]] | None = None,
    names: Names | None = None,
) -> Curated:
    """Return what `curate` returns, reading one recording after another, so that chat is never all in memory.

    Args:
        recordings: Ids of recordings.
        read: Returns utterances, chat events and links of a recording; of some it is asked twice.
        settings: As for `curate`.
        holdout: As for `curate`.
        blocks: As for `curate`.
        names: As for `curate`.

    Raises:
        ContractError: A table is not what its contract says.
        HoldoutError: `holdout` names a split that does not exist.
        ValueError: A table of one recording holds rows of another.
    """

    def checked(recording_id: str) -> Tables:
        first, second, third = (
            contract.check(contract.conform(table, sort=True).select(contract.schema.names))
            for contract, table in zip(CONTRACTS, read(recording_id), strict=True)
        )
        for table in (first, second, third):
            if others := set(pc.unique(table["recording_id"]).to_pylist()) - {recording_id}:
                raise ValueError(f"among the rows of {recording_id} are some of {min(others)}")
        return first, second, third

    return _curate(sorted(recordings), checked, settings or CurateSettings(), names, holdout, blocks)


def _curate(  # noqa: PLR0917  # what both ways in hand on
    recordings: list[str],
    read: Callable[[str], Tables],
    settings: CurateSettings,
    names: Names | None,
    holdout: Mapping[str, str] | None,
    blocks: Mapping[str, Mapping[str, Sequence[int]]] | None,
) -> Curated:
    done = _side_by_side(_batches(recordings, read), lambda batch: _work(batch, settings, names))
    ends_ms = {name: end_ms for one in done for name, end_ms in one.ends_ms.items()}
    counts = sum((one.counts for one in done), LinkCounts())
    splits, cuts = _divide(ends_ms, recordings, settings, holdout, blocks or {})
    whole = without_repeats(split_samples(joined([one.piece for one in done]), splits, cuts), splits, settings)
    samples = _samples(whole.samples)
    return Curated(
        samples=samples,
        rejects=_rejects(whole.rejects, read),
        profile=_profile(samples, whole.replies, settings),
        report=make_report(counts, samples, whole, Suite(splits, blocks=cuts), settings),
    )


@dataclass(frozen=True, slots=True)
class _Done:
    """What comes of some recordings before anything is known of the others."""

    piece: Piece
    counts: LinkCounts
    ends_ms: dict[str, int]


def _work(batch: Tables, settings: CurateSettings, names: Names | None) -> _Done:
    material = Material(*(pl.DataFrame(table) for table in batch))
    piece = make_samples(material, settings, names)
    ends = material.utterances.group_by("recording_id").agg(pl.col("end_ms").max()).sort("recording_id")
    piece = replace(piece, rejects=_placed(piece.rejects, batch[1]))
    return _Done(piece, LinkCounts.of(batch[2]), dict(ends.rows()))


def _side_by_side(batches: Iterator[Tables], work: Callable[[Tables], _Done]) -> list[_Done]:
    """Work on a batch while the next one is read and checked; at most `WORKERS` are in memory at a time."""
    taking, results = Lock(), dict[int, _Done]()
    numbered = enumerate(batches)

    def take_turns() -> None:
        while True:
            with taking:
                number, batch = next(numbered, (-1, None))
            if batch is None:
                return
            results[number] = work(batch)

    with ThreadPoolExecutor(WORKERS) as pool:
        for worker in [pool.submit(take_turns) for _ in range(WORKERS)]:
            worker.result()
    return [results[number] for number in sorted(results)]


def _batches(recordings: list[str], read: Callable[[str], Tables]) -> Iterator[Tables]:
    """Yield the rows of some recordings after others: whole recordings, in the order of their ids; at least once."""
    held: list[Tables] = []
    for place, recording in enumerate(recordings):
        held.append(read(recording))
        if sum(table.num_rows for tables in held for table in tables) >= ROWS_AT_ONCE or place == len(recordings) - 1:
            yield _together(held)
            held = []
    if not recordings:
        yield UTTERANCES.empty(), CHAT_EVENTS.empty(), LINKS.empty()


def _together(held: list[Tables]) -> Tables:
    first, second, third = (pa.concat_tables([tables[place] for tables in held]) for place in range(3))
    return first, second, third


def _places(table: pa.Table) -> dict[str, tuple[int, int]]:
    """Return where each recording's rows begin in a sorted table, and how many they are."""
    counted = sorted((row["values"], row["counts"]) for row in pc.value_counts(table["recording_id"]).to_pylist())
    starts = np.concatenate([[0], np.cumsum([count for _, count in counted])]).astype(int).tolist()
    return {name: (start, count) for (name, count), start in zip(counted, starts, strict=False)}


def _divide(
    ends_ms: Mapping[str, int],
    recordings: list[str],
    settings: CurateSettings,
    holdout: Mapping[str, str] | None,
    frozen: Mapping[str, Mapping[str, Sequence[int]]],
) -> tuple[dict[str, str], dict[str, Mapping[str, Sequence[int]]]]:
    """Return the split of each recording, and the blocks of those that are divided in time."""
    rows = [{"recording_id": name} for name in recordings]
    splits = assign_holdout(rows, settings, holdout, in_blocks=not holdout)
    open_ends = {name: end_ms for name, end_ms in ends_ms.items() if splits[name] == BLOCKS}
    cuts: dict[str, Mapping[str, Sequence[int]]] = {**cut_recordings(open_ends, settings)}
    cuts |= {name: cut for name, cut in frozen.items() if name in splits}
    if not cuts and not holdout:
        return assign_holdout(rows, settings), {}
    return splits, cuts or {**whole_recordings([name for name in splits if name in open_ends], settings)}


def _samples(table: pa.Table) -> pa.Table:
    merged = table.schema.get_field_index("merged")
    table = table.set_column(merged, "merged", table["merged"].cast(MERGED))
    return SAMPLES.check(SAMPLES.conform(table.drop_columns(["turn"]), sort=True))


def _placed(rejects: pl.DataFrame, events: pa.Table) -> pl.DataFrame:
    """Give each reject its place in the source, where it is an event."""
    places = pl.DataFrame(events.select([*EVENT, "source_id", "source_row"]))
    return rejects.join(places, left_on=["recording_id", "subject_id"], right_on=EVENT, how="left")


def _rejects(rejects: pl.DataFrame, read: Callable[[str], Tables]) -> pa.Table:
    """Give their place to events that were rejected after their recording had been worked on."""
    late = ~pl.col("is_turn") & pl.col("source_id").is_null()
    parts = [rejects.filter(~late)]
    for (name,), rows in rejects.filter(late).sort("recording_id").group_by("recording_id", maintain_order=True):
        parts.append(_placed(rows.drop("source_id", "source_row"), read(str(name))[1]))
    table = pl.concat(parts).with_columns(stage=pl.lit(STAGE)).select(REJECTS.schema.names).to_arrow()
    return REJECTS.check(REJECTS.conform(table, sort=True))


def _profile(samples: pa.Table, replies: pl.DataFrame, settings: CurateSettings) -> pa.Table:
    """Describe what is trained on, or everything where that is nothing: what is held out must not be known."""
    rates = pl.DataFrame(samples.select(["split", "rate_bucket"]))
    trained = pl.col("split") == Split.TRAIN.value
    if not len(replies.filter(trained)):
        return make_profile(replies, rates["rate_bucket"], settings.channel)
    return make_profile(replies.filter(trained), rates.filter(trained)["rate_bucket"], settings.channel)
