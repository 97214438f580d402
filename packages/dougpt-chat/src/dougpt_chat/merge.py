"""Two exports of one recording made one: each message once, with the finer of its clocks."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from dougpt_schema import CHAT_EVENTS, REJECTS, OffsetSource

from dougpt_chat.read import ChatRead
from dougpt_chat.report import AnyReport, Counts, MergeReport

# Where two clocks are equally precise, the one less derived is taken.
TRUST = (OffsetSource.EXACT, OffsetSource.REBUILT, OffsetSource.INTEGER, OffsetSource.WALL, OffsetSource.OCR)
SHIFT_WARNING_MS = 1000


def merge_exports(reads: Sequence[ChatRead]) -> ChatRead:
    """Return the messages of all exports; one that stands in several is taken where its clock is finest.

    Args:
        reads: Exports read with one key, of one recording or of several.

    Raises:
        ValueError: There is nothing to merge.
    """
    if not reads:
        raise ValueError("there is no export to merge")
    events = pa.concat_tables([CHAT_EVENTS.conform(read.events) for read in reads])
    export_N = np.repeat(np.arange(len(reads)), [read.events.num_rows for read in reads])
    kept = _finest(events, export_N)
    shifts = tuple(_shift_ms(reads[0].events, read.events) for read in reads)
    merged = CHAT_EVENTS.check(CHAT_EVENTS.sort(events.take(pa.array(kept))))
    report = MergeReport(
        counts=_counts([read.report for read in reads], len(kept), len(export_N) - len(kept)),
        taken=tuple(int(count) for count in np.bincount(export_N[kept], minlength=len(reads))),
        shift_ms=shifts,
        parts=tuple(read.report for read in reads),
        warnings=tuple(
            f"export {number} lies {shift} ms behind the first: they are not on one clock"
            for number, shift in enumerate(shifts)
            if shift is not None and abs(shift) > SHIFT_WARNING_MS
        ),
    )
    return ChatRead(
        events=merged,
        rejects=REJECTS.check(REJECTS.sort(pa.concat_tables([read.rejects for read in reads]))),
        names=_each_once([read.names for read in reads]),
        report=report,
        raw_texts=_raw_texts_of(merged, [read.raw_texts for read in reads]),
        name_hashes=sorted(set().union(*(read.name_hashes for read in reads))),
    )


def _finest(events: pa.Table, export_N: np.ndarray) -> np.ndarray:
    """The rows to keep, in order: of each message the most precise, then the most trusted, then the first."""
    message_N = np.asarray(_messages(events).dictionary_encode().indices.to_numpy())
    trust = pa.array([source.value for source in TRUST])
    trust_N = pc.index_in(events["offset_source"], value_set=trust).to_numpy()
    best_first = np.lexsort((export_N, trust_N, events["offset_precision_ms"].to_numpy(), message_N))
    first_of_its_message = np.ones(len(best_first), dtype=bool)
    first_of_its_message[1:] = np.diff(message_N[best_first]) != 0
    return np.sort(best_first[first_of_its_message])


def _messages(rows: pa.Table) -> pa.Array:
    """What tells the message of each row from others: its id within its recording."""
    names = pc.binary_join_element_wise(rows["recording_id"], rows["event_id"], "\x1f")
    return pa.chunked_array(names).combine_chunks()


def _shift_ms(first: pa.Table, other: pa.Table) -> int | None:
    places = pc.index_in(other["event_id"], value_set=first["event_id"].combine_chunks())
    shared = pc.is_valid(places)
    if not pc.any(shared).as_py():
        return None
    theirs = other["offset_ms"].filter(shared).to_numpy()
    ours = first["offset_ms"].take(places.filter(shared)).to_numpy()
    return round(float(np.median(theirs - ours)))


def _counts(reports: Sequence[AnyReport], events: int, repeated: int) -> Counts:
    rejects: dict[str, int] = {}
    for report in reports:
        for reason, count in report.counts.rejects.items():
            rejects[reason] = rejects.get(reason, 0) + count
    return Counts(
        messages=sum(report.counts.messages for report in reports),
        events=events,
        duplicates=repeated + sum(report.counts.duplicates for report in reports),
        rejects=rejects,
    )


def _each_once(tables: Sequence[pa.Table]) -> pa.Table:
    joined = pa.concat_tables(tables)
    names = joined.schema.names
    unique = joined.group_by(names, use_threads=False).aggregate([]).select(names).cast(joined.schema)
    return unique.sort_by([(name, "ascending") for name in names])


def _raw_texts_of(events: pa.Table, tables: Sequence[pa.Table]) -> pa.Table:
    """The raw texts, one for each event that has any, in the order of the events."""
    joined = pa.concat_tables(tables)
    place_N = pc.fill_null(pc.index_in(_messages(joined), value_set=_messages(events)), -1).to_numpy()
    known = np.flatnonzero(place_N >= 0)
    first = np.unique(place_N[known], return_index=True)[1]
    return joined.take(pa.array(known[first], pa.int64()))
