"""The spoken form is plain words, and speaking it again changes nothing."""

import re

import pytest
from dougpt_media import normal
from dougpt_media.transcript import Word, words_table
from dougpt_schema import Timing
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


@given(st.lists(st.text(min_size=1, max_size=12), max_size=8))
def test_stored_text_is_never_rewritten_and_the_form_stands_beside_it(texts: list[str]) -> None:
    words = [Word(index, index, text, 0, Timing.DECODED) for index, text in enumerate(texts)]

    table = words_table(words, recording_id="r", source_id="s")

    assert table["text"].to_pylist() == texts
    assert table["normal"].to_pylist() == [normal(text) for text in texts]


@given(st.integers(0, 10**12 - 1))
def test_a_number_is_spoken_the_same_with_and_without_commas(number: int) -> None:
    if not 1100 <= number <= 2099:  # read as a year without them
        assert normal(f"{number:,}") == normal(str(number))


@given(st.integers(0, 999), st.sampled_from([".", ",", "!", "?", '"', ")", "…"]))
def test_punctuation_around_a_number_is_not_spoken(number: int, mark: str) -> None:
    assert normal(f"{number}{mark}") == normal(str(number))


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
