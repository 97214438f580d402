"""Times of spoken forms copied back to the words as written: `$25` is where `twenty five dollars` was heard."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dougpt_schema import Timing

from dougpt_media.transcript import Word


@dataclass(frozen=True, slots=True)
class Times:
    """Where a spoken form was heard, in milliseconds, and the aligner's score, 0 to 1."""

    start_ms: int
    end_ms: int
    score: float


def copied_back(
    words: Sequence[tuple[str, list[str]]], found: Sequence[Times | None], *, segment_id: int, span_ms: tuple[int, int]
) -> Iterator[Word]:
    """Yield the words as written with the times of their spoken forms.

    Args:
        words: Each word as recognised, with its spoken forms, maybe none.
        found: The times of all spoken forms in order, as far as there are any.
        segment_id: The segment's number.
        span_ms: The segment's start and end, shared out evenly if other forms came back than were sent.
    """
    usable = len(found) == sum(len(spoken) for _, spoken in words)
    cursor, end_ms = 0, span_ms[0]
    for index, (word, spoken) in enumerate(words):
        parts = [times for times in found[cursor : cursor + len(spoken)] if times is not None] if usable else []
        cursor += len(spoken)
        if spoken and len(parts) == len(spoken):
            end_ms = parts[-1].end_ms
            score = sum(part.score for part in parts) / len(parts)
            yield Word(parts[0].start_ms, end_ms, word, segment_id, Timing.FORCED, score)
            continue
        flags = ("unaligned",) if spoken else ()
        if usable:
            yield Word(end_ms, end_ms, word, segment_id, Timing.INTERPOLATED, flags=flags)
        else:
            first_ms, last_ms = (span_ms[0] + (span_ms[1] - span_ms[0]) * at // len(words) for at in (index, index + 1))
            yield Word(first_ms, last_ms, word, segment_id, Timing.INTERPOLATED, flags=flags)
