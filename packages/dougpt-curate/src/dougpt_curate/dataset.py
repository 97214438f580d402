"""From utterances, chat and links of any number of recordings to a dataset with its books."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from dougpt_schema import CHAT_EVENTS, LINKS, REJECTS, SAMPLES, UTTERANCES, ArrowStream, Split

from dougpt_curate.holdout import assign_holdout
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
    names: Names | None = None,
) -> Curated:
    """Return the samples of the accepted links of all recordings in the tables.

    Args:
        utterances: A table of the utterances contract; rows in any order.
        chat_events: The chat of the same recordings.
        links: What was decided about each event; only accepted ones make samples.
        settings: Budgets, filters and the target mix.
        holdout: The split of each recording, as `assign_holdout` returns it; recordings that it does not name are
            added by that function, without knowledge of their dates.
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
    splits = assign_holdout([{"recording_id": name} for name in recordings], settings, holdout)
    whole = joined([make_samples(piece, settings, names) for piece in _pieces(tables, recordings)])
    whole = without_repeats(whole, splits, settings)
    samples = _samples(whole.samples, splits)
    return Curated(
        samples=samples,
        rejects=_rejects(whole.rejects, tables[1]),
        profile=_profile(samples, whole.replies, splits, settings),
        report=make_report(tables[2], samples, whole, splits, settings),
    )


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


def _samples(table: pa.Table, splits: Mapping[str, str]) -> pa.Table:
    names = table["recording_id"].combine_chunks().dictionary_encode()
    values = pa.array([splits[name] for name in names.dictionary.to_pylist()], pa.string())
    table = table.append_column("split", values.take(names.indices))
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


def _profile(samples: pa.Table, replies: pl.DataFrame, splits: Mapping[str, str], settings: CurateSettings) -> pa.Table:
    """Describe the recordings trained on, or all where there are none: what is held out must not be known."""
    present = set(replies["recording_id"].unique())
    shown = {name for name in present if splits[name] == Split.TRAIN} or present
    rates = pl.DataFrame(samples.select(["recording_id", "rate_bucket"]))
    return make_profile(
        replies.filter(pl.col("recording_id").is_in(shown)),
        rates.filter(pl.col("recording_id").is_in(shown))["rate_bucket"],
        settings.channel,
    )
