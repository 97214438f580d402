"""Whether what is measured was kept out of what is trained on: by whole recordings, or by moments far enough apart."""

import math
from collections import defaultdict

import pyarrow as pa

# Speech and chat of one moment reach over half a minute; what lies this far apart shares neither turn nor reply.
EMBARGO_MS = 120_000


def mixed_recordings(trained: pa.Table, held_out: pa.Table, *, apart_ms: int = EMBARGO_MS) -> list[str]:
    """Return the recordings that have samples on both sides less than `apart_ms` apart, or at times nobody tells.

    Args:
        trained: A `samples` table; `start_ms` and `end_ms` tell when each turn was said.
        held_out: Another, of other splits.
        apart_ms: How far apart the two sides of one recording have to lie.
    """
    sides = [_spans(table) for table in (trained, held_out)]
    shared = sorted(set(sides[0]) & set(sides[1]))
    return [name for name in shared if _nearest_ms(sides[0][name], sides[1][name]) < apart_ms]


def _spans(samples: pa.Table) -> dict[str, list[tuple[float, float]]]:
    """From and until of each recording's samples; all of time where that is not told."""
    told = {"start_ms", "end_ms"} <= set(samples.column_names)
    columns = samples.select(["recording_id", "start_ms", "end_ms"] if told else ["recording_id"]).to_pylist()
    spans = defaultdict(list)
    for row in columns:
        span = row.get("start_ms"), row.get("end_ms")
        spans[row["recording_id"]].append((-math.inf, math.inf) if None in span else span)
    return spans


def _nearest_ms(one: list[tuple[float, float]], other: list[tuple[float, float]]) -> float:
    """The least time between a span of one side and a span of the other; negative where they overlap."""
    nearest, until = math.inf, [-math.inf, -math.inf]
    for start, end, side in sorted([(*span, 0) for span in one] + [(*span, 1) for span in other]):
        # Of all spans of the other side that began before, the one that ends last is nearest.
        nearest = min(nearest, start - until[1 - side]) if until[1 - side] > -math.inf else nearest
        until[side] = max(until[side], end)
    return nearest
