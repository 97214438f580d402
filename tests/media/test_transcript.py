"""Tables of words run forwards in time, and the parts of a recording join into one."""

import pyarrow as pa
from dougpt_media.report import Report
from dougpt_media.transcript import Transcript, Word, in_order, join_parts, without_words_before, words_table
from dougpt_schema import GAPS, REJECTS, WORDS, Timing
from dougpt_schema.testing import tables
from hypothesis import given
from hypothesis import strategies as st

TIMES = st.integers(0, 100_000)
SPOKEN = st.builds(Word, TIMES, TIMES, st.text(max_size=5), st.integers(0, 9), st.sampled_from(Timing))


@given(st.lists(SPOKEN, max_size=20))
def test_times_in_a_table_never_run_backwards(words: list[Word]) -> None:
    table = words_table(words, recording_id="r", source_id="s")

    WORDS.check(table)
    borders = [ms for row in table.to_pylist() for ms in (row["start_ms"], row["end_ms"])]
    assert borders == sorted(borders)
    assert table["text"].to_pylist() == [word.text for word in words]


@given(st.lists(SPOKEN, max_size=20))
def test_putting_in_order_twice_changes_nothing_more(words: list[Word]) -> None:
    assert in_order(in_order(words)) == in_order(words)


def part(texts: list[str]) -> Transcript:
    words = [Word(index * 100, index * 100 + 90, text, index // 2, Timing.DECODED) for index, text in enumerate(texts)]
    gaps = GAPS.table([{"recording_id": "r", "from_ms": 0, "to_ms": 50, "cause": "no_signal"}])
    report = Report("transcribe", {"words": len(texts)}, {"engine": "e"}, ("careful",))
    return Transcript(words_table(words, recording_id="r", source_id="s"), gaps, report)


def test_parts_are_numbered_on_and_shifted_by_their_start() -> None:
    joined = join_parts([(part(["a", "b", "c"]), 0), (part(["d", "e"]), 60_000)])

    assert joined.words["text"].to_pylist() == ["a", "b", "c", "d", "e"]
    assert joined.words["word_id"].to_pylist() == [0, 1, 2, 3, 4]
    assert joined.words["segment_id"].to_pylist() == [0, 0, 1, 2, 2]
    assert joined.words["start_ms"].to_pylist() == [0, 100, 200, 60_000, 60_100]
    assert joined.gaps["from_ms"].to_pylist() == [0, 60_000]
    assert joined.report.counts == {"words": 5}
    assert joined.report.warnings == ("careful",)


@given(tables(WORDS, max_rows=8), tables(REJECTS, max_rows=4))
def test_one_part_is_itself(words: object, rejects: object) -> None:
    whole = Transcript(words, GAPS.empty(), Report("transcribe"), rejects)

    joined = join_parts([(whole, 0)])

    assert joined.words.equals(whole.words)
    assert joined.rejects.equals(whole.rejects)


@given(tables(WORDS, max_rows=12), st.integers(-(10**12), 10**12))
def test_words_that_the_part_before_has_too_are_counted_out_and_the_rest_numbered_anew(
    words: pa.Table, from_ms: int
) -> None:
    part = Transcript(words, GAPS.empty(), Report("transcribe"))

    kept = without_words_before(part, from_ms)

    assert kept.words["start_ms"].to_pylist() == [ms for ms in words["start_ms"].to_pylist() if ms >= from_ms]
    gone = words.num_rows - kept.words.num_rows
    assert kept.report.counts.get("overlapping_words", 0) == gone
    if gone:
        assert kept.words["word_id"].to_pylist() == list(range(kept.words.num_rows))
