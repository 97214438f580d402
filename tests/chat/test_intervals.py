"""A panel was there when something was followed in its place and somebody said something in it."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("cv2", reason="needs dougpt-chat[ocr]")
pytest.importorskip("av", reason="needs dougpt-chat[ocr]")
from dougpt_chat.rendered.intervals import intervals_of

INTERVALS = st.lists(st.tuples(st.integers(0, 9_000), st.integers(0, 900)).map(lambda it: (it[0], sum(it))), max_size=8)


@given(shown=INTERVALS, messages=INTERVALS)
def test_intervals_are_in_order_and_apart_and_cover_what_was_followed_where_something_was_said(
    shown: list[tuple[int, int]], messages: list[tuple[int, int]]
) -> None:
    found = intervals_of(shown, messages)

    assert all(one[1] < other[0] for one, other in pairwise(found))
    for from_ms, to_ms in shown:
        said = any(first <= to_ms and from_ms <= last for first, last in messages)
        assert not said or any(first <= from_ms and to_ms <= last for first, last in found)
    assert {edge for interval in found for edge in interval} <= {edge for interval in shown for edge in interval}


def test_the_scene_in_the_place_of_a_hidden_panel_is_no_interval() -> None:
    assert intervals_of([(0, 5_900), (6_000, 8_900), (9_000, 20_000)], [(100, 5_000), (9_500, 20_000)]) == [
        (0, 5_900),
        (9_000, 20_000),
    ]
