"""Two sides of one recording are apart exactly if no sample of one lies near a sample of the other."""

import pyarrow as pa
from dougpt_schema import mixed_recordings
from hypothesis import given
from hypothesis import strategies as st

spans = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 9)), min_size=1, max_size=8)


def samples(times: list[tuple[int, int]], name: str = "r") -> pa.Table:
    return pa.table(
        {
            "recording_id": [name] * len(times),
            "start_ms": [start for start, _ in times],
            "end_ms": [start + length for start, length in times],
        }
    )


@given(spans, spans, st.integers(1, 20))
def test_the_nearest_two_decide_as_in_a_search_of_all_pairs(
    one: list[tuple[int, int]], other: list[tuple[int, int]], apart: int
) -> None:
    gaps = [max(b - (a + n), a - (b + m)) for a, n in one for b, m in other]

    found = mixed_recordings(samples(one), samples(other), apart_ms=apart)

    assert found == (["r"] if min(gaps) < apart else [])


@given(spans, spans)
def test_it_does_not_matter_which_side_is_trained_on(one: list[tuple[int, int]], other: list[tuple[int, int]]) -> None:
    assert mixed_recordings(samples(one), samples(other), apart_ms=5) == mixed_recordings(
        samples(other), samples(one), apart_ms=5
    )


def test_different_recordings_are_never_mixed() -> None:
    assert mixed_recordings(samples([(0, 5)], "a"), samples([(0, 5)], "b")) == []


def test_without_times_a_recording_on_both_sides_is_mixed() -> None:
    alone = samples([(0, 5)]).select(["recording_id"])
    unknown = samples([(0, 5)]).set_column(1, "start_ms", pa.nulls(1, pa.int64()))

    assert mixed_recordings(alone, samples([(10**9, 5)])) == ["r"]
    assert mixed_recordings(unknown, samples([(10**9, 5)])) == ["r"]
