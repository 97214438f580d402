"""Every row is in one message or rejected with a reason; a message begins where more speaks for it than against."""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from dougpt_chat.rendered.messages import MessageGrouper, Read, Unread, by_time
from dougpt_chat.rendered.row_text import Piece, RowText
from dougpt_chat.rendered.style import Style
from hypothesis import given
from hypothesis import strategies as st

WHITE, GREEN = (230.0, 230.0, 230.0), (20.0, 200.0, 30.0)
LETTER_PX, PITCH_PX, WIDE_PX = 7.0, 22.0, 300.0


def piece(text: str, left: float, colour: tuple[float, float, float] = WHITE, score: float = 0.95) -> Piece:
    return Piece(text, False, left, left + LETTER_PX * len(text), colour, score, LETTER_PX * len(text.split(" ", 1)[0]))


def picture(name: str, left: float) -> Piece:
    return Piece(name, True, left, left + 18, None, 1.0, 18)


def row(number: int, *pieces: Piece, below_px: float = PITCH_PX) -> RowText:
    at_ms = 100 * number
    return RowText(number, 0, pieces, number * below_px, 14.0, at_ms, at_ms - 33, at_ms + 5000, True)


def named(number: int, name: str, said: str, colour: tuple[float, float, float] = GREEN) -> RowText:
    head = piece(f"{name}:", 8, colour)
    return row(number, head, *([piece(said, head.right + 5)] if said else []))


def grouped(rows: Sequence[RowText]) -> list[Read | Unread]:
    style = Style()
    for one in rows:
        style.see_letters(one.letters_px)
        style.see(one)
    grouper = MessageGrouper(style, set())
    return [*(out for one in rows for out in grouper.add(one)), *grouper.close()]


MESSAGE = next(one for one in grouped([named(0, "bob", "hi")]) if isinstance(one, Read))
PIECES = st.lists(
    st.builds(
        lambda text, left, coloured, score: piece(text, left, GREEN if coloured else WHITE, score),
        st.sampled_from(["bob:", "bob", "bob: hi", "what a jump", "12:30", "x", "question: why", "https://a.b"]),
        st.integers(0, 200),
        st.booleans(),
        st.floats(0, 1),
    )
    | st.builds(picture, st.sampled_from(["emote1", "emote2"]), st.integers(0, 200)),
    max_size=4,
)


@given(lines=st.lists(PIECES, max_size=20), pitch=st.sampled_from([10.0, 22.0, 80.0, -5.0]))
def test_no_row_is_lost_and_none_is_twice(lines: list[list[Piece]], pitch: float) -> None:
    rows = [
        row(number, *sorted(pieces, key=lambda one: one.left), below_px=pitch) for number, pieces in enumerate(lines)
    ]

    found = grouped(rows)

    ids = [number for one in found for number in (one.row_ids if isinstance(one, Read) else (one.row_id,))]
    assert sorted(ids) == list(range(len(rows)))
    assert {one.reason for one in found if isinstance(one, Unread)} <= {"empty", "no_name", "uncertain"}
    assert all(one.name for one in found if isinstance(one, Read))


def test_a_name_in_the_colour_of_the_text_is_told_by_its_distance_though_badges_stand_before_names() -> None:
    rows, line_px = [], 0.0
    for number in range(6):
        line_px += 24
        head = piece("bob:", 30, GREEN)
        first = row(2 * number, picture("badge", 8), head, piece("a message that fills the row", head.right + 5))
        rows.append(replace(first, line_px=line_px))
        line_px += 19
        rows.append(replace(row(2 * number + 1, piece("and goes on until here, nearly all of it", 8)), line_px=line_px))
    rows.append(replace(row(12, piece("Amy: is that allowed", 8)), line_px=line_px + 24))

    assert [one.name for one in grouped(rows) if isinstance(one, Read)] == ["bob"] * 6 + ["Amy"]


@pytest.mark.parametrize("colour", [(190.0, 240.0, 200.0), (200.0, 240.0, 207.0)])
def test_a_pale_name_begins_a_message_though_the_row_above_is_full(colour: tuple[float, float, float]) -> None:
    rows = [named(number, f"bob{number}", "a message that fills the row") for number in range(9)]
    pale = row(9, piece("amy:", 8, colour), picture("emote1", 60))

    assert [one.name for one in grouped([*rows, pale]) if isinstance(one, Read)][9:] == ["amy"]


def test_a_picture_behind_a_clear_ground_does_not_tell_where_text_ends() -> None:
    style = Style()
    for number in range(9):
        style.see(row(number, piece("a message", 8), picture("emote1", WIDE_PX + 100)))

    assert not style.fits(LETTER_PX, row(9, piece("a message", 8)))


def test_rows_below_carry_on_and_the_last_row_tells_the_time() -> None:
    filling = "a message that fills the row"
    first, second = grouped([named(0, "bob", filling), row(1, piece("and goes on", 8)), named(2, "amy", "yo")])

    assert isinstance(first, Read)
    assert (first.name, first.text, first.row_ids) == ("bob", f"{filling} and goes on", (0, 1))
    assert (first.first_full_ms, first.unseen_ms) == (100, 67)
    assert first.name_colour == GREEN[::-1]
    assert isinstance(second, Read)
    assert (second.name, second.text) == ("amy", "yo")


def test_a_washed_out_name_merges_no_two_messages() -> None:
    long = named(0, "bob", "this one reaches the right edge of it")
    found = grouped([long, named(1, "amy", "hi"), row(2, piece("no name to be seen", 8)), named(3, "cleo", "ok")])

    assert [one.name for one in found if isinstance(one, Read)] == ["bob", "amy", "cleo"]
    assert [one.reason for one in found if isinstance(one, Unread)] == ["no_name"]


@given(words=st.lists(st.sampled_from(["jump", "no way", "question why", "12:30"]), min_size=1, max_size=9))
def test_a_name_of_its_own_colour_needs_no_colon(words: list[str]) -> None:
    rows = []
    for number, said in enumerate(words):
        head = piece(f"@person{number}", 30, GREEN)
        rows.append(row(number, picture("emote1", 8), head, piece(said, head.right + 12)))

    found = grouped(rows)

    told = [(one.name, one.text) for one in found if isinstance(one, Read)]
    assert told == [(f"person{number}", said) for number, said in enumerate(words)]


def test_a_word_and_a_colon_in_the_text_begin_no_message_where_names_are_coloured() -> None:
    filler = [named(number, f"name{number}", "what was said") for number in range(6)]
    full = named(6, "bob", "this row is as full as any can be here")
    found = grouped([*filler, full, row(7, piece("question: why", 8))])

    assert isinstance(found[-1], Read)
    assert found[-1].text.endswith("question: why")


def test_pictures_before_the_name_are_badges_and_others_are_emotes() -> None:
    head = piece("bob:", 48, GREEN)
    said = piece("nice", head.right + 5)
    (found,) = grouped([row(0, picture("emote1", 8), picture("emote2", 28), head, said, picture("emote3", 150))])

    assert isinstance(found, Read)
    assert (found.badges, found.text) == (("emote1", "emote2"), "nice emote3")
    assert found.fragments == (("nice ", None), ("emote3", "emote3"))


def test_the_doubt_of_a_message_is_that_of_all_its_letters_and_of_its_name_apart() -> None:
    first, second = named(0, "bob", "a message that fills the row"), row(1, piece("and on", 8))
    head, said = first.pieces
    first = replace(first, pieces=(replace(head, letters=(0.5, 1, 1, 1)), replace(said, letters=(0.9,) * 23)))
    second = replace(second, pieces=(replace(second.pieces[0], letters=(1, 0.8, 1, 1, 1)),))

    (found,) = grouped([first, second])

    assert isinstance(found, Read)
    assert found.name_doubt == pytest.approx(-math.log(0.5))
    assert found.doubt == pytest.approx(-math.log(0.5) - 23 * math.log(0.9) - math.log(0.8))


def test_a_row_that_nobody_could_read_rejects_its_message_whole() -> None:
    filling = "a message that fills the row"
    found = grouped([named(0, "bob", filling), row(1, piece("and g0cs qn", 8, score=0.3)), named(2, "amy", "yo")])

    assert [(one.row_id, one.reason) for one in found if isinstance(one, Unread)] == [
        (0, "uncertain"),
        (1, "uncertain"),
    ]
    assert [one.name for one in found if isinstance(one, Read)] == ["amy"]


def test_what_a_scene_shows_behind_the_panel_does_not_tell_where_text_ends() -> None:
    filling = "a message that fills the row"
    scene = [row(number, picture("emote1", 20), picture("emote2", 500)) for number in range(3)]

    found = grouped([*scene, named(3, "bob", filling), row(4, piece("and goes on", 8))])

    assert [one.text for one in found if isinstance(one, Read)] == [f"{filling} and goes on"]


@given(
    times=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1)), max_size=12), downward=st.sets(st.integers(0, 1))
)
def test_of_what_came_in_one_picture_the_oldest_is_first_where_new_text_comes_in_at_the_top(
    times: list[tuple[int, int]], downward: set[int]
) -> None:
    messages = [
        replace(MESSAGE, row_ids=(number,), first_full_ms=at, panel_id=panel)
        for number, (at, panel) in enumerate(times)
    ]

    found = by_time(messages, downward)

    assert sorted(one.row_ids for one in found) == [one.row_ids for one in messages]
    for one, other in pairwise(found):
        assert one.first_full_ms <= other.first_full_ms
        if (one.first_full_ms, one.panel_id) == (other.first_full_ms, other.panel_id):
            assert (one.row_ids > other.row_ids) == (one.panel_id in downward)
