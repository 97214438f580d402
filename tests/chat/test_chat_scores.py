"""The scores of chat read from a picture count what they say they do."""

from itertools import pairwise
from pathlib import Path

import pytest

pytest.importorskip("av", reason="needs dougpt-chat[ocr]")
pytest.importorskip("cv2", reason="needs dougpt-chat[ocr]")
pytest.importorskip("PIL", reason="draws with Pillow")


from chat_clips import Clip, Message, Panel, Truth
from chat_scores import Read, Scores, iou, matched, panel_iou, score
from hypothesis import given
from hypothesis import strategies as st

LINES = st.lists(st.text("abcdef ", min_size=6, max_size=12), max_size=8)


def true(name: str, text: str, first_ms: int = 0) -> Message:
    return Message(name, text, (), (255, 255, 255), 0, 0, first_ms, 0, first_ms, removed=False, rows=())


@given(LINES)
def test_what_is_read_as_it_is_scores_full_marks(lines: list[str]) -> None:
    found = score([Read("walrus", line, 40) for line in lines], [true("walrus", line) for line in lines])

    assert (found.recall, found.precision, found.exact_share) == (1, 1, 1)
    assert (found.text_edits, found.name_edits) == (0, 0)
    assert set(found.late_ms) <= {40}


@given(LINES, LINES)
def test_pairs_are_in_the_order_of_both_and_none_is_used_twice(read: list[str], lines: list[str]) -> None:
    pairs = list(matched(read, lines))

    assert all(later[0] > one[0] and later[1] > one[1] for later, one in pairwise(pairs))


def test_mistakes_are_counted_where_they_are() -> None:
    read = [
        Read("walrus", "hell0 there", 1000),
        Read("SCORE", "12345678", 1500),
        Read("panda", "it\u2019s <emote> fine", 2250),
    ]
    truth = [true("walrus", "hello there", 1000), true("panda", "it's fine", 2000), true("kettle", "nobody read this")]
    found = score(read, truth)

    assert (found.truth, found.read, found.matched, found.exact) == (3, 3, 2, 1)
    assert found.text_cer == pytest.approx(1 / 20)
    assert found.late_ms in {(250, 0), (0, 250)}
    assert (found + found).text_cer == found.text_cer
    assert (found + Scores()) == found
    assert found.error_ms(0.5) == 125


def test_a_panel_that_is_missed_or_made_up_counts_as_nothing(tmp_path: Path) -> None:
    box = (10.0, 10.0, 110.0, 110.0)
    truth = Truth(Clip(seconds=4), (), (Panel(0, 2000, box),), {}, ())

    assert iou(box, (60.0, 10.0, 160.0, 110.0)) == pytest.approx(1 / 3)
    assert panel_iou(truth, [Panel(0, 2000, box)]) == 1
    assert panel_iou(truth, [Panel(0, 1000, box)]) == 0.5
    assert panel_iou(truth, [Panel(0, 4000, box)]) == 0.5
    assert panel_iou(truth, []) == 0
