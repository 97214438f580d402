"""Where to cut a long caption track, so that each stretch can be aligned with its sound alone.

Words are aligned in stretches of some seconds, cut at pauses; the words around a stretch are aligned
along with it as context, so that sound that belongs to them has words to go to.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from dougpt_media.settings import RefineSettings


@dataclass(frozen=True, slots=True)
class Span:
    """Where a word is said to be, in milliseconds."""

    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Window:
    """Words `first` to `last` (exclusive) with context from `context_first` to `context_last`, and their sound."""

    first: int
    last: int
    context_first: int
    context_last: int
    from_ms: int
    to_ms: int


def cues_of(segments: Sequence[int], timed: Sequence[bool]) -> list[tuple[int, int]]:
    """Return what has a time of its own, as (first, last): each timed word, and each run of others in one cue."""
    cues: list[tuple[int, int]] = []
    for index, (segment, own) in enumerate(zip(segments, timed, strict=True)):
        first = cues[-1][0] if cues else 0
        if cues and not own and not timed[first] and segments[first] == segment:
            cues[-1] = (first, index + 1)
        else:
            cues.append((index, index + 1))
    return cues


def plan(spans: Sequence[Span], settings: RefineSettings, cues: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Cut words 0 to N into stretches (first, last) that cover each word once, in order.

    A cue whose words have no times is not cut, since nobody knows where in it they are, unless it is very long.
    """
    pieces: list[tuple[int, int]] = []
    for first, last in cues:
        is_cut = _is_long(spans, first, last, settings)
        pieces += [(index, index + 1) for index in range(first, last)] if is_cut else [(first, last)]
    hulls = [Span(spans[first].start_ms, spans[last - 1].end_ms) for first, last in pieces]
    stretches: list[tuple[int, int]] = []
    at = 0
    while at < len(pieces):
        after = _cut(hulls, at, settings)
        stretches.append((pieces[at][0], pieces[after - 1][1]))
        at = after
    return stretches


def _is_long(spans: Sequence[Span], first: int, last: int, settings: RefineSettings) -> bool:
    return spans[last - 1].end_ms - spans[first].start_ms > settings.longest_cue_ms


def _cut(spans: Sequence[Span], first: int, settings: RefineSettings) -> int:
    """Return where the stretch from `first` ends: at a long pause, else at the longest in its second half."""
    best, best_pause_ms = first + 1, -1
    for last in range(first + 1, len(spans) + 1):
        if last > first + 1 and spans[last - 1].end_ms - spans[first].start_ms > settings.window_ms:
            return best
        if last == len(spans):
            return last
        pause_ms = spans[last].start_ms - spans[last - 1].end_ms
        if pause_ms >= settings.break_ms:
            return last
        in_second_half = 2 * (spans[last - 1].end_ms - spans[first].start_ms) >= settings.window_ms
        if (in_second_half and pause_ms >= best_pause_ms) or best_pause_ms < 0:
            best, best_pause_ms = last, max(pause_ms, 0) if in_second_half else -1
    return len(spans)


def widest_pause(spans: Sequence[Span], first: int, last: int) -> int:
    """Return the word before which the longest pause within a stretch lies; the middle decides between equals."""
    return max(
        range(first + 1, last),
        key=lambda at: (spans[at].start_ms - spans[at - 1].end_ms, -abs(2 * at - first - last)),
    )


def with_context(
    spans: Sequence[Span],
    first: int,
    last: int,
    settings: RefineSettings,
    cues: Sequence[tuple[int, int]],
) -> Window:
    """Return the stretch with the words near it, and the sound that holds them all.

    Of a cue whose words have no times the context takes all, for the same reason that no stretch ends within one.
    """
    before, after = first, last
    while before and spans[before - 1].end_ms > spans[first].start_ms - settings.context_ms:
        before -= 1
    while after < len(spans) and spans[after].start_ms < spans[last - 1].end_ms + settings.context_ms:
        after += 1
    before, after = _whole_cue(spans, before, settings, cues)[0], _whole_cue(spans, after, settings, cues)[1]
    # Sound before the first word of the context belongs to the word before it.
    from_ms = spans[before].start_ms - settings.pad_ms
    if before:
        from_ms = max(from_ms, spans[before - 1].end_ms)
    to_ms = spans[after - 1].end_ms + settings.pad_ms
    if after < len(spans):
        to_ms = min(to_ms, spans[after].start_ms)
    return Window(first, last, before, after, max(0, from_ms), to_ms)


def _whole_cue(
    spans: Sequence[Span], border: int, settings: RefineSettings, cues: Sequence[tuple[int, int]]
) -> tuple[int, int]:
    """Return where the cue around a border begins and ends, or the border where none is cut by it."""
    first, last = cues[bisect_right(cues, border, key=lambda cue: cue[0]) - 1]
    is_inside = first < border < last and not _is_long(spans, first, last, settings)
    return (first, last) if is_inside else (border, border)
