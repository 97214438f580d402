"""From utterances, chat and links of any number of recordings to a dataset with its books."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from dougpt_schema import CHAT_EVENTS, LINKS, REJECTS, SAMPLES, UTTERANCES, ArrowStream, Split

from dougpt_curate.blocks import cut_recordings, split_samples
from dougpt_curate.holdout import BLOCKS, Suite, assign_holdout
from dougpt_curate.leaks import without_repeats
from dougpt_curate.profile import make_profile
from dougpt_curate.quality import Names
from dougpt_curate.report import CurateReport, make_report
from dougpt_curate.samples import Material, joined, make_samples
from dougpt_curate.settings import CurateSettings

STAGE = "curate"
MERGED = pa.list_(pa.struct([pa.field("event_id", pa.string()), pa.field("into", pa.string())]))
ROWS_AT_ONCE = 2_000_000
"""Recordings are worked on together up to so many rows of chat and links, which bounds memory."""


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
    settings = settings or CurateSettings()
    tables = tuple(
        contract.check(contract.conform(table, sort=True).select(contract.schema.names))
        for contract, table in ((UTTERANCES, utterances), (CHAT_EVENTS, chat_events), (LINKS, links))
    )
    recordings = sorted({name for table in tables for name in pc.unique(table["recording_id"]).to_pylist()})
    splits, cuts = _divide(tables[0], recordings, settings, holdout, blocks or {})
    whole = joined([make_samples(piece, settings, names) for piece in _pieces(tables, recordings)])
    whole = without_repeats(split_samples(whole, splits, cuts), splits, settings)
    samples = _samples(whole.samples)
    return Curated(
        samples=samples,
        rejects=_rejects(whole.rejects, tables[1]),
        profile=_profile(samples, whole.replies, settings),
        report=make_report(tables[2], samples, whole, Suite(splits, blocks=cuts), settings),
    )


def _divide(
    utterances: pa.Table,
    recordings: list[str],
    settings: CurateSettings,
    holdout: Mapping[str, str] | None,
    frozen: Mapping[str, Mapping[str, Sequence[int]]],
) -> tuple[dict[str, str], dict[str, Mapping[str, Sequence[int]]]]:
    """Return the split of each recording, and the blocks of those that are divided in time."""
    rows = [{"recording_id": name} for name in recordings]
    splits = assign_holdout(rows, settings, holdout, in_blocks=not holdout)
    ends = (
        pl.DataFrame(utterances.select(["recording_id", "end_ms"])).group_by("recording_id").agg(pl.col("end_ms").max())
    )
    open_ends = {name: end_ms for name, end_ms in ends.sort("recording_id").rows() if splits[name] == BLOCKS}
    cuts = cut_recordings(open_ends, settings) | {name: cut for name, cut in frozen.items() if name in splits}
    if not holdout and not cuts:
        splits = assign_holdout(rows, settings)
    return splits, cuts


def _pieces(tables: tuple[pa.Table, ...], recordings: list[str]) -> Iterator[Material]:
    """Yield the rows of some recordings after others: whole recordings, in the order of their ids; at least once."""
    if not recordings:
        yield Material(*(pl.DataFrame(table) for table in tables))
    counts = [dict(_counts(table)) for table in tables]
    starts, ends = [0] * len(tables), [0] * len(tables)
    for place, recording in enumerate(recordings):
        ends = [end + count.get(recording, 0) for end, count in zip(ends, counts, strict=True)]
        if sum(ends) - sum(starts) >= ROWS_AT_ONCE or place == len(recordings) - 1:
            bounds = zip(tables, starts, ends, strict=True)
            yield Material(*(pl.DataFrame(table.slice(start, end - start)) for table, start, end in bounds))
            starts = ends


def _counts(table: pa.Table) -> list[tuple[str, int]]:
    return [(row["values"], row["counts"]) for row in pc.value_counts(table["recording_id"]).to_pylist()]


def _samples(table: pa.Table) -> pa.Table:
    merged = table.schema.get_field_index("merged")
    table = table.set_column(merged, "merged", table["merged"].cast(MERGED))
    return SAMPLES.check(SAMPLES.conform(table.drop_columns(["turn"]), sort=True))


def _rejects(rejects: pl.DataFrame, events: pa.Table) -> pa.Table:
    """Give each reject its place in the source, where it is an event."""
    places = pl.DataFrame(events.select(["recording_id", "event_id", "source_id", "source_row"]))
    event = ["recording_id", "event_id"]
    placed = rejects.join(places, left_on=["recording_id", "subject_id"], right_on=event, how="left")
    table = placed.with_columns(stage=pl.lit(STAGE)).select(REJECTS.schema.names).to_arrow()
    return REJECTS.check(REJECTS.conform(table, sort=True))


def _profile(samples: pa.Table, replies: pl.DataFrame, settings: CurateSettings) -> pa.Table:
    """Describe what is trained on, or everything where that is nothing: what is held out must not be known."""
    rates = pl.DataFrame(samples.select(["split", "rate_bucket"]))
    trained = pl.col("split") == Split.TRAIN.value
    if not len(replies.filter(trained)):
        return make_profile(replies, rates["rate_bucket"], settings.channel)
    return make_profile(replies.filter(trained), rates.filter(trained)["rate_bucket"], settings.channel)
