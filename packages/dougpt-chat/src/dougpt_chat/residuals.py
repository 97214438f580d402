"""What the clock was rebuilt from, thinned so that it can be kept in a report and drawn.

Of each message with a whole second and a time of sending: the latest start of the video that it allows, measured from
the start that was found first. Messages that agree lie from 0 to below 1000 ms; a step is a lost connection, a slope
times of copying, and what lies apart keeps its whole second.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dougpt_chat.clock import REBUILT, SOURCES, ChatClock
from dougpt_chat.stabbing import SECOND_MS, Flags

MOST_AGREEING = 1200
MOST_APART = 400
STRETCHES = 80


@dataclass(frozen=True, slots=True)
class Residuals:
    """Points to draw: lists of equal length for messages, and counts by source for stretches of equal length.

    Attributes:
        at_ms: When the message was, in whole seconds as written.
        start_ms: The latest start that it allows, less the first start found; of copied times, less the first one.
        agrees: Whether its milliseconds were rebuilt.
        measured: Of how many messages these are a selection.
        from_ms: Where the first stretch begins.
        stretch_ms: How long each is.
        sources: How many messages of each stretch got their time in which way.
    """

    at_ms: tuple[int, ...] = ()
    start_ms: tuple[int, ...] = ()
    agrees: tuple[bool, ...] = ()
    measured: int = 0
    from_ms: int = 0
    stretch_ms: int = SECOND_MS
    sources: dict[str, tuple[int, ...]] = field(default_factory=dict)


def residuals_of(clock: ChatClock, offset_s_N: NDArray[np.float64], sent_ms_N: NDArray[np.float64]) -> Residuals:
    """Return the thinned residuals of a clock, from what it was made of."""
    with np.errstate(invalid="ignore"):
        measured_N = np.isfinite(sent_ms_N) & (offset_s_N % 1 == 0)
    rows = np.flatnonzero(measured_N)
    agrees = clock.source_code[rows] == REBUILT
    chosen = np.sort(np.concatenate([_thinned(rows[agrees], MOST_AGREEING), _thinned(rows[~agrees], MOST_APART)]))
    chosen = chosen[np.argsort(offset_s_N[chosen], kind="stable")]
    at_ms = (offset_s_N[chosen] * SECOND_MS).astype(np.int64)
    high = sent_ms_N[chosen].astype(np.int64) - at_ms
    zero = clock.segments[0].start_ms if clock.segments else (int(high[0]) if len(high) else 0)
    timed_N = clock.timed_N
    from_ms, stretch_ms = _stretches(clock.offset_ms[timed_N])
    return Residuals(
        at_ms=tuple(at_ms.tolist()),
        start_ms=tuple((high - zero).tolist()),
        agrees=tuple((clock.source_code[chosen] == REBUILT).tolist()),
        measured=len(rows),
        from_ms=from_ms,
        stretch_ms=stretch_ms,
        sources=_by_source(clock, timed_N, from_ms, stretch_ms),
    )


def _thinned(rows: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """At most so many of the rows, evenly spaced."""
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]


def _stretches(offset_ms_N: NDArray[np.int64]) -> tuple[int, int]:
    if not len(offset_ms_N):
        return 0, SECOND_MS
    first, last = int(offset_ms_N.min()), int(offset_ms_N.max())
    return first, max(SECOND_MS, (last - first) // STRETCHES + 1)


def _by_source(clock: ChatClock, timed_N: Flags, from_ms: int, stretch_ms: int) -> dict[str, tuple[int, ...]]:
    counts: dict[str, tuple[int, ...]] = {}
    for code, source in enumerate(SOURCES):
        mine = clock.offset_ms[timed_N & (clock.source_code == code)]
        if len(mine):
            numbers = np.bincount((mine - from_ms) // stretch_ms, minlength=STRETCHES)
            counts[str(source)] = tuple(numbers.tolist())
    return counts
