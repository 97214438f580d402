"""Times for all words of a track when some were heard and the others have only what the caption says."""

from collections.abc import Sequence
from itertools import groupby

from dougpt_media.windows import Span

OVERLAP_MS = 100  # neighbouring stretches place a border twice; what disagrees by more is not believed


def without_disorder(heard: Sequence[Span | None]) -> list[Span | None]:
    """Return the words heard, each beginning where the one before has ended or later; the others are dropped."""
    kept: list[Span | None] = []
    end_ms = 0
    for span in heard:
        if span is None or span.start_ms < end_ms - OVERLAP_MS or span.end_ms <= end_ms:
            kept.append(None)
            continue
        kept.append(Span(max(span.start_ms, end_ms), span.end_ms))
        end_ms = span.end_ms
    return kept


def settle(captions: Sequence[Span], heard: Sequence[Span | None]) -> list[Span]:
    """Return a span for every word: where it was heard, else the caption's, moved between the words heard around it."""
    settled: list[Span] = []
    for is_heard, run in groupby(range(len(captions)), key=lambda index: heard[index] is not None):
        indices = list(run)
        if is_heard:
            settled.extend(span for index in indices if (span := heard[index]) is not None)
            continue
        before = settled[-1].end_ms if settled else None
        after = heard[indices[-1] + 1] if indices[-1] + 1 < len(captions) else None
        settled.extend(_fitted([captions[index] for index in indices], before, after.start_ms if after else None))
    return settled


def _fitted(run: Sequence[Span], least_ms: int | None, most_ms: int | None) -> list[Span]:
    """Move and squeeze a run of spans, in proportion, so that it lies between two times."""
    first_ms, last_ms = run[0].start_ms, max(span.end_ms for span in run)
    low_ms = first_ms if least_ms is None else least_ms
    high_ms = max(last_ms, low_ms) if most_ms is None else most_ms
    if least_ms is None:
        low_ms = min(low_ms, high_ms)
    length_ms = min(last_ms - first_ms, high_ms - low_ms)
    start_ms = min(max(first_ms, low_ms), high_ms - length_ms)
    if last_ms == first_ms:
        return [Span(start_ms, start_ms) for _ in run]

    def moved(ms: int) -> int:
        return start_ms + (min(max(ms, first_ms), last_ms) - first_ms) * length_ms // (last_ms - first_ms)

    return [Span(moved(span.start_ms), moved(span.end_ms)) for span in run]
