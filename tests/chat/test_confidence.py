"""Confidence falls as letters are doubtful; messages that are too doubtful are left out and counted."""

from collections.abc import Sequence

import numpy as np
from dougpt_chat.rendered.confidence import confidence, doubt_of
from dougpt_chat.rendered.engines import Image, Recognised
from dougpt_chat.rendered.read_rows import read_rows
from dougpt_chat.rendered.rows import Row
from hypothesis import given
from hypothesis import strategies as st

LETTERS = st.lists(st.floats(0, 1), max_size=40)


@given(letters=LETTERS, more=LETTERS)
def test_confidence_is_a_probability_that_falls_with_every_further_letter(
    letters: list[float], more: list[float]
) -> None:
    one, both = confidence(doubt_of(letters)), confidence(doubt_of([*letters, *more]))

    assert 0 <= both <= one <= 1


@given(letters=LETTERS)
def test_what_is_read_of_letters_that_are_certain_is_nearly_certain(letters: list[float]) -> None:
    assert confidence(doubt_of([1.0] * len(letters))) > 0.95
    assert confidence(doubt_of([*letters, 0.0])) < 0.05


class Engine:
    """Reads the name, then words, with a confidence by turns."""

    name, version = "made", "1"

    def recognise(self, crops: Sequence[Image]) -> list[Recognised]:
        return [Recognised("bob: what a jump", 0.99 if number % 2 else 0.6) for number, _ in enumerate(crops)]


def rows(count: int) -> list[Row]:
    """Rows that hold a bar of ink each, no two alike."""
    pictures = np.full((count, 24, 300, 3), 20, np.uint8)
    for number, picture in enumerate(pictures):
        picture[6:18, 20 : 200 + 9 * number : 3] = 230
    return [
        Row(number, 0, picture, 40.0 * number, 20.0, 100 * number, None, 9000, 5, True)
        for number, picture in enumerate(pictures)
    ]


def test_messages_below_the_least_confidence_are_left_out_and_every_row_is_counted() -> None:
    everything = read_rows(rows(6), Engine)
    sure = read_rows(rows(6), Engine, min_confidence=0.5)

    assert [one.confidence < 0.5 for one in everything.messages] == [True, False] * 3
    assert [one.row_ids for one in sure.messages] == [(1,), (3,), (5,)]
    assert [(one.row_id, one.reason) for one in sure.unread] == [(0, "uncertain"), (2, "uncertain"), (4, "uncertain")]
    assert everything.rows == sure.rows == 6
