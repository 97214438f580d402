"""The spoken form is plain words, and speaking it again changes nothing."""

import re

import pytest
from dougpt_media import normal
from hypothesis import given
from hypothesis import strategies as st


@given(st.text(max_size=40))
def test_only_letters_apostrophes_and_single_spaces_are_left(text: str) -> None:
    spoken = normal(text)

    assert spoken == " ".join(spoken.split())
    assert not re.search(r"[0-9A-Z$%&.,!?\"-]", spoken)


@given(st.text(max_size=40))
def test_it_is_idempotent(text: str) -> None:
    assert normal(normal(text)) == normal(text)


@given(st.lists(st.text(alphabet="abcdefgh'", min_size=1, max_size=6), max_size=6))
def test_the_form_of_a_text_is_that_of_its_words(words: list[str]) -> None:
    assert normal(" ".join(words)) == " ".join(spoken for word in words if (spoken := normal(word)))


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("Hello,", "hello"),
        ("don\u2019t", "don't"),
        ("$25.50", "twenty five dollars fifty"),
        ("$1", "one dollar"),
        ("$10m", "ten million dollars"),
        ("1,234", "one thousand two hundred thirty four"),
        ("2023", "twenty twenty three"),
        ("1990s", "nineteen nineties"),
        ("3:05", "three oh five"),
        ("23rd", "twenty third"),
        ("4.5", "four point five"),
        ("50%", "fifty percent"),
        ("-5", "minus five"),
        ("007", "zero zero seven"),
        ("#1", "number one"),
        ("#fail", "hashtag fail"),
        ("AT&T", "at and t"),
        ("mp4", "mp four"),
        ("and/or", "and or"),
        ("twenty-five", "twenty five"),
        ("Café", "cafe"),
        ("—", ""),
        ("[__]", ""),
    ],
)
def test_what_is_written_in_signs_is_spelt_out(written: str, spoken: str) -> None:
    assert normal(written) == spoken
