"""What a chat takes along as it moves is said once; what is said anew there, is new."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("rapidfuzz", reason="needs dougpt-chat[ocr]")
pytest.importorskip("cv2", reason="needs dougpt-chat[ocr]")
pytest.importorskip("av", reason="needs dougpt-chat[ocr]")
from dougpt_chat.rendered.carried import without_carried
from test_messages import MESSAGE, Read

WORDS = st.text("abcdefgh ", min_size=8, max_size=30)


def message(number: int, panel_id: int, words: str, first_ms: int, last_ms: int) -> Read:
    return replace(
        MESSAGE,
        row_ids=(number,),
        panel_id=panel_id,
        name=f"person{number % 3}",
        fragments=((words, None),),
        first_full_ms=first_ms,
        last_ms=last_ms,
    )


@given(
    said=st.lists(WORDS, min_size=1, max_size=8, unique=True),
    seen=st.integers(0, 8),
    away_ms=st.integers(33, 30_000),
    data=st.data(),
)
def test_what_stood_there_before_the_move_is_said_once(
    said: list[str], seen: int, away_ms: int, data: st.DataObject
) -> None:
    before = [message(number, 0, words, 1_000 * number, 9_000) for number, words in enumerate(said)]
    again = [replace(one, row_ids=(100 + one.row_ids[0],), panel_id=1) for one in before[max(0, len(before) - seen) :]]
    arrived_ms = 9_000 + away_ms
    again = [replace(one, first_full_ms=arrived_ms, last_ms=50_000) for one in again]
    new = message(99, 1, data.draw(WORDS), arrived_ms + 2_000, 50_000)

    found = without_carried([*before, *again, new], {0: [(0, 9_000)], 1: [(arrived_ms, 50_000)]})

    assert found == [*before, new]


def test_two_chats_side_by_side_are_two() -> None:
    both = [message(number, number % 2, "good morning chat", 0, 9_000) for number in (0, 3)]

    assert without_carried(both, {0: [(0, 9_000)], 1: [(0, 9_000)]}) == both
