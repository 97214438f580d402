"""The clock of an edit from anchors: which stretches of the log the video shows, and how far their clocks lie apart.

Along the video the log's time less the video's stays the same within a stretch and jumps at a cut. A border lies
halfway between the anchors on its two sides; the first and the last stretch go on to the ends. What lies in no stretch
was cut.
"""

from bisect import bisect_left
from itertools import pairwise
from statistics import median

import pyarrow as pa
from dougpt_schema import ANCHORS, CHAT_EVENTS, CLOCK, ArrowStream

# Within a stretch, messages are drawn up to a second late; a smaller cut is no cut.
SAME_MS = 1500
FEWEST = 2
LEAST_SD_MS = 50.0
OPEN_MS = 24 * 3600 * 1000

Pair = tuple[int, int]


def anchored_clock(anchors: ArrowStream, export_events: ArrowStream) -> pa.Table:
    """Return the clock that maps the log's time to the video's, for `align(clock=...)`; empty without two anchors.

    Args:
        anchors: As `anchor` gives them.
        export_events: The log that they point into.

    Raises:
        ContractError: A table breaks its contract.
    """
    table, events = ANCHORS.check(ANCHORS.conform(anchors)), CHAT_EVENTS.check(CHAT_EVENTS.conform(export_events))
    offsets = dict(zip(events["event_id"].to_pylist(), events["offset_ms"].to_pylist(), strict=True))
    pairs = sorted((row["at_ms"], offsets[row["event_id"]]) for row in table.to_pylist() if row["event_id"] in offsets)
    stretches = [stretch for stretch in _stretches(pairs) if len(stretch) >= FEWEST]
    recording = table["recording_id"][0].as_py() if table.num_rows else ""
    return CLOCK.table({"recording_id": recording, **row} for row in _rows(stretches))


def _stretches(pairs: list[Pair]) -> list[list[Pair]]:
    """Anchors in the video's order, cut where the log's time jumps against it; an odd one out starts no stretch."""
    found: list[list[Pair]] = []
    for pair in pairs:
        near = next((one for one in reversed(found[-2:]) if _fits(one, pair)), None)
        if near is None:
            found.append([pair])
        else:
            near.append(pair)
            if len(found) > 1 and near is found[-2] and len(found[-1]) < FEWEST:
                found.pop()
    return found


def _fits(stretch: list[Pair], pair: Pair) -> bool:
    recent = median(logged - at for at, logged in stretch[-9:])
    return abs(pair[1] - pair[0] - recent) <= SAME_MS


def _rows(stretches: list[list[Pair]]) -> list[dict[str, object]]:
    """A row for each stretch, by the log's time; what two show of the log stays with the one of more anchors."""
    if not stretches:
        return []
    borders = [(before[-1][0] + after[0][0]) // 2 for before, after in pairwise(stretches)]
    edges = [stretches[0][0][0] - OPEN_MS, *borders, stretches[-1][-1][0] + OPEN_MS]
    spans = sorted(zip(stretches, pairwise(edges), strict=True), key=lambda one: -len(one[0]))
    taken: list[Pair] = []
    rows: list[dict[str, object]] = []
    for stretch, (begin, end) in spans:
        shifts = [logged - at for at, logged in stretch]
        offset = int(median(shifts))
        # Other stretches keep what their own anchors hold, however far this one could go on.
        mine = _held(stretch)
        others = [held for held in map(_held, stretches) if not _overlap(held, mine)]
        span = _free(begin + offset, end + offset, stretch, taken + others)
        if span is None:
            continue
        taken.insert(bisect_left(taken, span), span)
        spread = 1.5 * median(abs(shift - offset) for shift in shifts)
        rows.append(
            {
                "from_ms": span[0],
                "to_ms": span[1],
                "offset_ms": offset,
                "offset_sd_ms": max(LEAST_SD_MS, round(spread)),
                "margin": float(len(stretch)),
            }
        )
    return sorted(rows, key=lambda row: int(str(row["from_ms"])))


def _held(stretch: list[Pair]) -> Pair:
    logged = [at for _, at in stretch]
    return min(logged), max(logged) + 1


def _overlap(one: Pair, other: Pair) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _free(begin: int, end: int, stretch: list[Pair], taken: list[Pair]) -> Pair | None:
    """What nothing else holds of begin .. end, around the stretch's middle anchor; None where that is taken."""
    middle = stretch[len(stretch) // 2][1]
    for low, high in taken:
        if low <= middle < high:
            return None
        if high <= middle:
            begin = max(begin, high)
        else:
            end = min(end, low)
    return (begin, end) if begin < end else None
