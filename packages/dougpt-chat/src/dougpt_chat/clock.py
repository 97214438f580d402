"""The chat's clock: milliseconds out of whole seconds, as far as the file allows, and said how.

Since November 2022 Twitch gives a message's place in the video in whole seconds, rounded down, beside the
wall-clock time of sending in milliseconds. If the video began at wall-clock time S, a message sent at c
with offset o says that S lies in (c - o - 1 s, c - o]. The S in which most of these intervals agree is
found by stabbing; c - S is then the message's offset to a few milliseconds. Messages that disagree keep
their whole second, so a wrong time here and there spoils nothing.

A broadcast that lost its connection is shorter in the video than on the wall, so S jumps: the messages are
split where two values of S explain clearly more of them than one. Copied chats (highlights, uploads) carry
the time of copying, not of sending; then wall-clock time does not run along with the video, and whole
seconds are all there is.

All times are milliseconds. Letters: N messages in the order of the file, or sorted by offset; R those of
them with a whole second and a time of sending, sorted by both.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from dougpt_schema import OffsetSource
from numpy.typing import NDArray

from dougpt_chat.jumps import find_jumps
from dougpt_chat.stabbing import SECOND_MS, Flags, Starts, Times, beyond_start, stab

# Times of sending are cut to milliseconds, which moves a message, and the start it argues for, by up to one each.
CUT_TO_MS = 2
# A message's offset and time are compared with those of one at least this much later.
SLOPE_SPAN_MS = 10_000
SLOPE_MIN_PAIRS = 3
SLOPE_PROBES = 50_000
SLOPE_TOLERANCE = 0.15
# Disagreement up to here is jitter between two of the platform's clocks, beyond it the message is an outlier.
JITTER_MS = 250
JITTER_SHARE = 0.001

# How a time can be found, by number; the first is not at all.
SOURCES = ("", *OffsetSource)
UNKNOWN = 0
EXACT, REBUILT, INTEGER, WALL, OCR = (SOURCES.index(source) for source in OffsetSource)

# A start farther than this from the middle one, about twelve days, belongs to another broadcast.
FARTHEST_MS = 1 << 30

Rows = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class ClockSegment:
    """A stretch of chat over which one start holds; `from_ms` and `to_ms` are its first and last offset."""

    from_ms: int
    to_ms: int
    start_ms: int
    precision_ms: int
    messages: int
    agreeing: int
    jitter_ms: int


@dataclass(frozen=True, slots=True)
class ChatClock:
    """The times of N messages, and how they were found.

    Attributes:
        offset_ms: The best offset; 0 where there is none.
        precision_ms: The bound on its error, to either side.
        source_code: How each was found: the place in `SOURCES`.
        segment: The number of the clock's segment.
        segments: The segments, where milliseconds were rebuilt.
        slope: How fast wall-clock time runs along the video: near 1, or the times are not those of sending;
            None where too few messages tell.
    """

    offset_ms: Times
    precision_ms: NDArray[np.int32]
    source_code: NDArray[np.int8]
    segment: NDArray[np.int16]
    segments: tuple[ClockSegment, ...]
    slope: float | None

    @property
    def source(self) -> NDArray[np.str_]:
        """exact, rebuilt, integer, wall or ocr; the empty text where no time is known."""
        return np.array(SOURCES)[self.source_code]

    @property
    def timed_N(self) -> Flags:  # noqa: N802 - the suffix is a dimension
        """Which messages have a time."""
        timed_N: Flags = self.source_code != UNKNOWN
        return timed_N

    @property
    def is_copied(self) -> bool:
        """Whether the wall-clock times are those of copying the chat, not of sending."""
        return self.slope is not None and abs(self.slope - 1) > SLOPE_TOLERANCE


def tell_time(
    offset_s_N: NDArray[np.float64], sent_ms_N: NDArray[np.float64], broadcast_start_ms: int | None = None
) -> ChatClock:
    """Find each message's offset on the chat's clock.

    Args:
        offset_s_N: Seconds from the video's start as written in the file; NaN where absent.
        sent_ms_N: Wall-clock time of sending; NaN where absent.
        broadcast_start_ms: Wall-clock time of the video's start, for messages without an offset.
    """
    has_offset_N, has_sent_N = np.isfinite(offset_s_N), np.isfinite(sent_ms_N)
    written_ms_N = np.rint(np.where(has_offset_N, offset_s_N, 0.0) * SECOND_MS).astype(np.int64)
    whole_N = has_offset_N & (written_ms_N % SECOND_MS == 0)
    if (has_offset_N & ~whole_N).sum() >= max(whole_N.sum(), 1):
        whole_N[:] = False

    clock = ChatClock(
        offset_ms=written_ms_N,
        precision_ms=np.where(whole_N, SECOND_MS, 1).astype(np.int32),
        source_code=np.select([whole_N, has_offset_N], [INTEGER, EXACT], UNKNOWN).astype(np.int8),
        segment=np.zeros(len(offset_s_N), dtype=np.int16),
        segments=(),
        slope=None,
    )
    rows_R = _in_time(np.flatnonzero(whole_N & has_sent_N).astype(np.int32), written_ms_N, sent_ms_N)
    clock = replace(clock, slope=_slope(rows_R, written_ms_N, sent_ms_N))
    if clock.slope is not None and not clock.is_copied:
        clock = replace(clock, segments=_fill_in(clock, rows_R, sent_ms_N))
    if broadcast_start_ms is not None:
        _tell_by_the_wall(clock, ~has_offset_N & has_sent_N, sent_ms_N, broadcast_start_ms)
    return clock


def _in_time(rows_R: Rows, written_ms_N: Times, sent_ms_N: NDArray[np.float64]) -> Rows:
    """The rows sorted by offset and then by time of sending; most files are so already."""
    written_R, sent_R = written_ms_N[rows_R], sent_ms_N[rows_R]
    later_R = np.diff(written_R)
    if not ((later_R < 0) | ((later_R == 0) & (np.diff(sent_R) < 0))).any():
        return rows_R
    return rows_R[np.lexsort((sent_R, written_R))]


def _slope(rows_R: Rows, written_ms_N: Times, sent_ms_N: NDArray[np.float64]) -> float | None:
    """The median speed of wall-clock time along the video, between messages some seconds apart."""
    written_R = written_ms_N[rows_R]
    probes = np.arange(0, len(rows_R), max(1, len(rows_R) // SLOPE_PROBES))
    later = np.searchsorted(written_R, written_R[probes] + SLOPE_SPAN_MS, side="left")
    probes, later = probes[later < len(rows_R)], later[later < len(rows_R)]
    if len(probes) < SLOPE_MIN_PAIRS:
        return None
    rise = (sent_ms_N[rows_R[later]] - sent_ms_N[rows_R[probes]]) / (written_R[later] - written_R[probes])
    return round(float(np.median(rise)), 4)


def _fill_in(clock: ChatClock, rows_R: Rows, sent_ms_N: NDArray[np.float64]) -> tuple[ClockSegment, ...]:
    """Rebuild the times of `rows_R`, sorted by offset, in place; return the segments."""
    high_R, high_0 = _near_zero(sent_ms_N[rows_R] - clock.offset_ms[rows_R])
    found = list(_rebuild(high_R, high_0, rows_R, clock.offset_ms))
    others_N = np.ones(len(clock.offset_ms), dtype=bool)
    others_N[rows_R] = False
    for number, (segment, part, agree) in enumerate(found):
        clock.segment[rows_R[part]] = number
        kept = rows_R[part][agree]
        clock.offset_ms[kept] = sent_ms_N[kept] - segment.start_ms
        clock.precision_ms[kept] = segment.precision_ms
        clock.source_code[kept] = REBUILT
    segments = tuple(segment for segment, _, _ in found)
    _number_the_others(clock.segment, clock.offset_ms, others_N, segments)
    return segments


def _tell_by_the_wall(clock: ChatClock, wall_N: Flags, sent_ms_N: NDArray[np.float64], start_ms: int) -> None:
    """Take the times of messages without an offset from the wall clock, in place."""
    clock.offset_ms[wall_N] = sent_ms_N[wall_N].astype(np.int64) - start_ms
    # Either end may be known to the second only: the start, or a log that writes no fractions.
    is_whole = start_ms % SECOND_MS == 0 or bool(np.all(sent_ms_N[wall_N] % SECOND_MS == 0))
    clock.precision_ms[wall_N] = SECOND_MS if is_whole else 1
    clock.source_code[wall_N] = WALL


def _rebuild(
    high_R: Starts, high_0: int, rows_R: Rows, written_ms_N: Times
) -> Iterator[tuple[ClockSegment, slice, Flags]]:
    """Yield each segment with its place in the sorted messages and which of them agree with it."""
    cuts = [0, *find_jumps(high_R), len(high_R)]
    for first, behind in pairwise(cuts):
        part = slice(first, behind)
        best = stab(high_R[part])
        start_ms = round(best.start_ms)
        beyond = beyond_start(high_R[part], best.start_ms)
        jitter_ms = _jitter(beyond)
        agree = (beyond <= jitter_ms + 1) & (np.abs(high_R[part]) < FARTHEST_MS)
        precision_ms = int(np.ceil(best.half_width_ms + abs(start_ms - best.start_ms))) + CUT_TO_MS + jitter_ms
        yield (
            ClockSegment(
                from_ms=int(written_ms_N[rows_R[first]]),
                to_ms=int(written_ms_N[rows_R[behind - 1]]) + SECOND_MS,
                start_ms=high_0 + start_ms,
                precision_ms=min(precision_ms, SECOND_MS),
                messages=behind - first,
                agreeing=int(agree.sum()),
                jitter_ms=jitter_ms,
            ),
            part,
            agree,
        )


def _near_zero(high_R: NDArray[np.float64]) -> tuple[Starts, int]:
    """Starts as half as many bytes, and what was taken from each; what lies weeks away lies at the edge."""
    median = int(np.median(high_R))
    high_R -= median
    np.clip(high_R, -FARTHEST_MS, FARTHEST_MS, out=high_R)
    return high_R.astype(np.int32), median


def _jitter(beyond_N: NDArray[np.float32]) -> int:
    """Three standard deviations between the two clocks, from those messages that miss the start by a little.

    Of normal deviations at the edge of an interval, half miss it by more than half a standard deviation.
    Outliers miss it by anything, so as many of them stand just beyond: then it is not jitter.
    """
    near_N = beyond_N[(beyond_N > 0) & (beyond_N <= JITTER_MS)]
    farther = int(((beyond_N > JITTER_MS) & (beyond_N <= 2 * JITTER_MS)).sum())
    if len(near_N) <= max(JITTER_SHARE * len(beyond_N), 3 * farther):
        return 0
    # Two estimates, since of few messages either may come out small.
    three_deviations = max(6 * np.median(near_N), 2 * np.quantile(near_N, 0.9))
    return min(JITTER_MS, int(np.ceil(three_deviations)))


def _number_the_others(
    segment_N: NDArray[np.int16], offset_N: Times, others_N: Flags, segments: tuple[ClockSegment, ...]
) -> None:
    """Give messages that took no part in the rebuilding the segment that their offset falls into."""
    starts = np.array([segment.from_ms for segment in segments], dtype=np.int64)
    segment_N[others_N] = np.maximum(np.searchsorted(starts, offset_N[others_N], side="right") - 1, 0)
