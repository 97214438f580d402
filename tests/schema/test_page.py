"""What strangers write stays in its place on every page, and a page may load and run nothing."""

import re
import unicodedata

import pytest
from dougpt_schema.page import head
from dougpt_schema.page.words import clock, number, percent, quoted, tame
from hypothesis import given
from hypothesis import strategies as st

anything = st.text(st.characters(), max_size=60)


@given(anything)
def test_tamed_text_turns_no_direction_and_hides_nothing(text: str) -> None:
    shown = tame(text)

    assert not {"\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069"} & set(shown)
    assert all(unicodedata.category(character) not in {"Cc", "Cs"} or character in "\n\t" for character in shown)
    shown.encode()


@given(anything)
def test_taming_twice_is_taming_once(text: str) -> None:
    assert tame(tame(text)) == tame(text)


@given(st.text(st.characters(categories=["L", "N", "P", "Zs"]), max_size=60))
def test_plain_text_of_any_script_stays_as_it_is(text: str) -> None:
    assert tame(text) == text


def test_marks_are_not_piled_up() -> None:
    assert tame("e" + "\u0301" * 50) == "e\u0301\u0301"


@given(anything)
def test_a_title_cannot_leave_its_place(title: str) -> None:
    text = head(title)

    inside = re.search("<title>(.*)</title>", text, flags=re.DOTALL)
    assert inside is not None
    assert "<" not in inside[1]
    assert text.count("</title>") == 1


def test_a_page_may_load_and_run_nothing() -> None:
    text = head("a title", "p { margin: 0; }")

    assert "default-src 'none'" in text
    assert "script" not in text
    assert "url(" not in text
    assert "p { margin: 0; }" in text


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (number(12345.6), "12\u2009346"),
        (number(-3), "\u22123"),
        (number(None), "\u2013"),
        (percent(0.123, 1), "12.3\u2009%"),
        (clock(3_725_000), "1:02:05"),
        (clock(-5000), "\u22120:00:05"),
    ],
)
def test_figures_are_written_for_readers(shown: str, expected: str) -> None:
    assert shown == expected


def test_a_long_text_is_cut_and_its_length_known() -> None:
    cut = quoted("x" * 100_000, 10)

    assert (cut.text, cut.length) == ("x" * 10, 100_000)
    assert quoted("short").length is None
    assert quoted("\u200b \u2063").blank
