"""Where to cut a long caption track, so that each stretch can be aligned with its sound alone.

Words are aligned in stretches of some seconds, cut at pauses; the words around a stretch are aligned
along with it as context, so that sound that belongs to them has words to go to.
"""

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


def plan(spans: Sequence[Span], settings: RefineSettings) -> list[tuple[int, int]]:
    """Cut words 0 to N into stretches (first, last) that cover each word once, in order."""
    stretches: list[tuple[int, int]] = []
    first = 0
    while first < len(spans):
        last = _cut(spans, first, settings)
        stretches.append((first, last))
        first = last
    return stretches


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


def with_context(spans: Sequence[Span], first: int, last: int, settings: RefineSettings) -> Window:
    """Return the stretch with the words near it, and the sound that holds them all."""
    before, after = first, last
    while before and spans[before - 1].end_ms > spans[first].start_ms - settings.context_ms:
        before -= 1
    while after < len(spans) and spans[after].start_ms < spans[last - 1].end_ms + settings.context_ms:
        after += 1
    # Sound before the first word of the context belongs to the word before it.
    from_ms = spans[before].start_ms - settings.pad_ms
    if before:
        from_ms = max(from_ms, spans[before - 1].end_ms)
    to_ms = spans[after - 1].end_ms + settings.pad_ms
    if after < len(spans):
        to_ms = min(to_ms, spans[after].start_ms)
    return Window(first, last, before, after, max(0, from_ms), to_ms)
