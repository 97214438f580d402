"""Lines that read `name:` begin messages, lines below carry them on, the rest belongs to none."""

from dougpt_chat.rendered.engine import Line
from dougpt_chat.rendered.grouping import Reading, group_lines


def line(text: str, top: float, left: float = 10, width: float = 100, score: float = 0.9) -> Line:
    return Line(text, left, top, left + width, top + 20, score)


def test_a_name_begins_a_message_and_lines_below_carry_it_on() -> None:
    found = group_lines([line("bob: hello", 0), line("world", 24, score=0.7), line("amy:yo", 48)], 0.5)

    assert found.readings == [Reading("bob", "hello world", 0.7), Reading("amy", "yo", 0.9)]
    assert (found.orphans, found.uncertain) == (0, 0)


def test_badges_before_the_name_are_passed_over() -> None:
    found = group_lines([line("# o bob : hello", 0)], 0.5)

    assert found.readings == [Reading("bob", "hello", 0.9)]


def test_pieces_of_one_row_are_joined() -> None:
    found = group_lines([line("there: you", 1, left=115), line("bob:", 0), line("far away", 0, left=900)], 0.5)

    assert found.readings == [Reading("bob", "there: you", 0.9)]
    assert found.orphans == 1


def test_a_web_address_is_no_name() -> None:
    found = group_lines([line("bob: see", 0), line("https://x.example", 24)], 0.5)

    assert found.readings == [Reading("bob", "see https://x.example", 0.9)]


def test_lines_elsewhere_and_uncertain_ones_are_counted() -> None:
    lines = [line("SCORE", 0), line("bob: a", 50), line("far below", 200), line("amy: b", 300, score=0.2)]

    found = group_lines(lines, 0.5)

    assert found.readings == [Reading("bob", "a", 0.9)]
    assert (found.orphans, found.uncertain) == (2, 1)
