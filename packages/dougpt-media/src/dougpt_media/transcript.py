"""Words with times as a table, and the stretches in which nothing can be heard."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc
from dougpt_schema import GAPS, REJECTS, WORDS, Timing

from dougpt_media.normalise import normal
from dougpt_media.report import Report

# What a word takes at most: so much, and so much for each of its letters.
WORD_MS, LETTER_MS = 300, 120


@dataclass(frozen=True, slots=True)
class Word:
    """One word as a caption or a recogniser gives it; milliseconds on the recording's clock."""

    start_ms: int
    end_ms: int
    text: str
    segment_id: int
    timing: Timing
    probability: float | None = None
    speaker: str | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said: tables of the contracts words, gaps and rejects, and how it went."""

    words: pa.Table
    gaps: pa.Table
    report: Report
    rejects: pa.Table = field(default_factory=REJECTS.empty)


def words_table(words: Iterable[Word], *, recording_id: str, source_id: str) -> pa.Table:
    """Return the contract's table of `words`, numbered from 0, with times that never run backwards."""
    return WORDS.table(
        {
            "recording_id": recording_id,
            "word_id": index,
            "start_ms": word.start_ms,
            "end_ms": word.end_ms,
            "text": word.text,
            "normal": normal(word.text),
            "probability": word.probability,
            "timing": word.timing.value,
            "speaker": word.speaker,
            "segment_id": word.segment_id,
            "flags": list(word.flags),
            "source_id": source_id,
        }
        for index, word in enumerate(in_order(words))
    )


def longest_ms(text: str) -> int:
    """Return how long saying `text` takes at most; a word whose end is not known ends there, before a pause."""
    return WORD_MS + LETTER_MS * len(text)


def shared_out(words: Sequence[str], start_ms: int, end_ms: int) -> list[tuple[int, int]]:
    """Return from when to when each word is said, where only their stretch is known: by their lengths."""
    total, done = sum(len(word) + 1 for word in words), 0
    edges = [start_ms]
    for word in words:
        done += len(word) + 1
        edges.append(start_ms + (end_ms - start_ms) * done // total)
    return list(pairwise(edges))


def in_order(words: Iterable[Word]) -> list[Word]:
    """Return the words with each start moved to no earlier than the last, and no end beyond the next start."""
    ordered: list[Word] = []
    for word in words:
        start_ms = max(word.start_ms, ordered[-1].start_ms) if ordered else word.start_ms
        if ordered and ordered[-1].end_ms > start_ms:
            ordered[-1] = replace(ordered[-1], end_ms=start_ms)
        ordered.append(replace(word, start_ms=start_ms, end_ms=max(word.end_ms, start_ms)))
    return ordered


def without_words_before(transcript: Transcript, from_ms: int) -> Transcript:
    """Return a part's transcript without the words that the part before has too, where the two overlap."""
    words = transcript.words.filter(pc.greater_equal(transcript.words["start_ms"], from_ms))
    if words.num_rows == transcript.words.num_rows:
        return transcript
    index = words.schema.get_field_index("word_id")
    words = words.set_column(index, words.schema.field("word_id"), pa.array(range(words.num_rows), pa.int64()))
    counts = transcript.report.counts | {"overlapping_words": transcript.words.num_rows - words.num_rows}
    return replace(transcript, words=words, report=replace(transcript.report, counts=counts))


def join_parts(parts: Sequence[tuple[Transcript, int]]) -> Transcript:
    """Return one transcript of a recording in several files, each with its start in ms on the recording's clock.

    Words and segments are numbered on; counts are added up, and facts are those of the first part.
    """
    if not parts:
        raise ValueError("a transcript needs at least one part")
    words, gaps, counts = [], [], dict[str, int]()
    next_word = next_segment = 0
    for part, start_ms in parts:
        shifted = _add(part.words, {"word_id": next_word, "segment_id": next_segment, "start_ms": start_ms})
        words.append(_add(shifted, {"end_ms": start_ms}))
        gaps.append(_add(part.gaps, {"from_ms": start_ms, "to_ms": start_ms}))
        if part.words.num_rows:
            next_word += part.words.num_rows
            next_segment += pc.max(part.words["segment_id"]).as_py() + 1
        for name, count in part.report.counts.items():
            counts[name] = counts.get(name, 0) + count
    first = parts[0][0].report
    warnings = tuple(dict.fromkeys(warning for part, _ in parts for warning in part.report.warnings))
    return Transcript(
        words=WORDS.check(WORDS.sort(pa.concat_tables(words))),
        gaps=GAPS.check(GAPS.sort(pa.concat_tables(gaps))),
        report=Report(first.step, counts, first.facts, warnings),
        rejects=REJECTS.sort(pa.concat_tables([part.rejects for part, _ in parts])),
    )


def _add(table: pa.Table, amounts: dict[str, int]) -> pa.Table:
    for name, amount in amounts.items():
        index = table.schema.get_field_index(name)
        table = table.set_column(index, table.schema.field(name), pc.add(table[name], amount))
    return table
