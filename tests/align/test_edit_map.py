"""An edit's words find their place in the stream, and what was cut has none."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from dougpt_align import align, edit_map, segment
from dougpt_align.synthetic import Slice, make_stream
from dougpt_schema import CLOCK, WORDS, ContractError


def table(said: Sequence[tuple[int, str]], recording: str = "r") -> pa.Table:
    return WORDS.table(
        {
            "recording_id": recording,
            "word_id": number,
            "start_ms": start,
            "end_ms": start + 250,
            "text": text,
            "normal": text,
            "timing": "forced",
            "segment_id": 0,
            "flags": [],
            "source_id": "s",
        }
        for number, (start, text) in enumerate(said)
    )


def stream(seed: int, words: int) -> list[tuple[int, str]]:
    rng = np.random.default_rng(seed)
    odds = 1.0 / np.arange(1, 2001)
    return [(400 * k, f"w{word}") for k, word in enumerate(rng.choice(2000, words, p=odds / odds.sum()))]


def cut(original: list[tuple[int, str]], kept: Sequence[tuple[int, int]]) -> list[tuple[int, str]]:
    """The words of the kept ranges, put one after another."""
    edit, shift = [], 0
    for first, last in kept:
        begin = original[first][0]
        edit.extend((start - begin + shift, text) for start, text in original[first:last])
        shift += original[last - 1][0] + 400 - begin
    return edit


def placed(clock: pa.Table, at_ms: int) -> int | None:
    for row in clock.to_pylist():
        if row["from_ms"] <= at_ms < row["to_ms"]:
            return at_ms - row["offset_ms"]
    return None


def test_the_whole_stream_maps_onto_itself() -> None:
    words = table(stream(0, 400))

    found = edit_map(words, words)

    assert found["offset_ms"].to_pylist() == [0]


@pytest.mark.parametrize("seed", range(5))
def test_kept_words_are_placed_and_removed_ones_have_no_place(seed: int) -> None:
    original = stream(seed, 4000)
    kept = [(100, 300), (900, 1100), (2000, 2300), (3500, 3900)]
    rng = np.random.default_rng(seed)
    edit = [(at, "xx" if rng.random() < 0.1 else text) for at, text in cut(original, kept)]

    found = edit_map(table(edit), table(original))

    CLOCK.check(found)
    truth = {
        original[first + k][0]: at
        for (first, last), at0 in zip(kept, _starts(kept), strict=True)
        for k, at in enumerate(range(at0, at0 + 400 * (last - first), 400))
    }
    near = [at for at in truth if placed(found, at) is not None and abs(placed(found, at) - truth[at]) <= 500]
    assert len(near) >= 0.97 * len(truth)
    removed = [at for at, _ in original[1200:1900]]
    assert sum(placed(found, at) is not None for at in removed) <= 0.02 * len(removed)


def _starts(kept: Sequence[tuple[int, int]]) -> list[int]:
    return np.concatenate([[0], np.cumsum([400 * (last - first) for first, last in kept])])[:-1].tolist()


def test_without_words_in_common_nothing_is_placed() -> None:
    assert edit_map(table(stream(0, 100)), table([(k, f"other{k}") for k in range(100)])).num_rows == 0


def test_empty_transcripts_give_an_empty_clock() -> None:
    assert edit_map(table([]), table(stream(0, 10))).num_rows == 0
    assert edit_map(table(stream(0, 10)), table([])).num_rows == 0


def test_two_recordings_in_one_table_are_refused() -> None:
    both = pa.concat_tables([table(stream(0, 10), "a"), table(stream(0, 10), "b")])

    with pytest.raises(ContractError, match="several recordings"):
        edit_map(both, both)


def test_pieces_in_another_order_are_found_and_a_moment_shown_twice_has_one_place() -> None:
    original = stream(3, 4000)
    cold_open, *rest = [(3000, 3040), (100, 200), (1000, 1150), (2950, 3100)]

    found = edit_map(table(cut(original, [cold_open, *rest])), table(original))

    before = 40 * 400 + 250 * 400
    assert found.num_rows == 3
    assert placed(found, original[3020][0]) == before + 70 * 400
    assert placed(found, original[1010][0]) == 40 * 400 + 100 * 400 + 10 * 400
    assert placed(found, original[2000][0]) is None


@pytest.mark.parametrize("seed", range(3))
def test_times_that_waver_and_words_misheard_on_both_sides_still_give_places(seed: int) -> None:
    rng = np.random.default_rng(seed)
    original = stream(seed, 6000)
    kept = [(300, 420), (1500, 1560), (2200, 2290), (5000, 5200)]

    def heard(said: list[tuple[int, str]]) -> pa.Table:
        times = np.maximum.accumulate(np.maximum([at + int(rng.normal(0, 300)) for at, _ in said], 0))
        words = [text if rng.random() > 0.15 else f"w{rng.integers(2000)}" for _, text in said]
        return table(list(zip(times.tolist(), words, strict=True)))

    found = edit_map(heard(cut(original, kept)), heard(original))

    CLOCK.check(found)
    shift, right = 0, []
    for first, last in kept:
        for number in range(first, last):
            at = placed(found, original[number][0])
            right.append(at is not None and abs(at - (original[number][0] - original[first][0] + shift)) <= 500)
        shift += original[last - 1][0] + 400 - original[first][0]
    assert np.mean(right) >= 0.9


def test_chat_of_a_stream_is_not_believed_to_answer_a_video_that_was_not_cut_from_it() -> None:
    made = make_stream(42, Slice(minutes=40.0, per_minute=60.0))
    other = make_stream(97, Slice(minutes=12.0, per_minute=5.0)).words
    name = other["recording_id"][0].as_py()
    chat = made.chat_events.set_column(0, "recording_id", pa.array([name] * made.chat_events.num_rows))

    found = align(segment(other), chat, clock=edit_map(other, made.words)).report

    assert found.belonging["relation"] != "related"
    assert found.accepted < 0.02 * found.events
