"""Stretches known to hold no sound before anything is decoded: what was muted, and breaks between parts."""

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any

import pyarrow as pa
from dougpt_schema import GAPS, SOURCES, ArrowStream, GapCause

from dougpt_media.files import MEDIA_ROLES
from dougpt_media.told import Stretch, joined


def known_gaps(sources: ArrowStream, recording_id: str) -> pa.Table:
    """Return the gaps that the sources of a recording tell of: what was muted, and what lies between its parts."""
    rows = [row for row in SOURCES.conform(sources).to_pylist() if row["recording_id"] == recording_id]
    spans = list(part_spans(rows).values())
    ends_ms = accumulate((end_ms for _, end_ms in spans), max)
    breaks = zip(ends_ms, (start_ms for start_ms, _ in spans[1:]), strict=False)
    gaps = [(from_ms, to_ms, GapCause.NO_SIGNAL) for from_ms, to_ms in breaks]
    for row in rows:
        start_ms, muted = row["part_start_ms"], row["muted"] or ()
        gaps += [(start_ms + one["from_ms"], start_ms + one["to_ms"], GapCause.MUTED) for one in muted]
    return _table(recording_id, gaps)


def merged_gaps(tables: Iterable[pa.Table], recording_id: str) -> pa.Table:
    """Return the union of gaps: those of one cause that touch or overlap are made one."""
    rows = [row for table in tables for row in table.to_pylist()]
    return _table(recording_id, [(row["from_ms"], row["to_ms"], GapCause(row["cause"])) for row in rows])


def part_spans(rows: Sequence[dict[str, Any]]) -> dict[int, Stretch]:
    """Return where each part that can be heard or seen begins and ends, by its number, from rows of sources."""
    spans: dict[int, Stretch] = {}
    for row in rows:
        if row["role"] in MEDIA_ROLES:
            start_ms, end_ms = row["part_start_ms"], row["part_start_ms"] + (row["duration_ms"] or 0)
            spans[row["part_index"]] = start_ms, max(end_ms, spans.get(row["part_index"], (0, 0))[1])
    return dict(sorted(spans.items()))


def _table(recording_id: str, gaps: Iterable[tuple[int, int, GapCause]]) -> pa.Table:
    by_cause: dict[GapCause, list[Stretch]] = {}
    for from_ms, to_ms, cause in gaps:
        by_cause.setdefault(cause, []).append((from_ms, to_ms))
    return GAPS.table(
        {"recording_id": recording_id, "from_ms": from_ms, "to_ms": to_ms, "cause": cause.value}
        for cause, stretches in by_cause.items()
        for from_ms, to_ms in joined(stretches)
    )
