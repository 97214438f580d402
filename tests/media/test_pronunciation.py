"""A word in no dictionary still gets phones that the acoustic model knows."""

import pytest
from dougpt_media.pronunciation import GRAPHEMES, LETTER_NAMES, LONG, pronounce
from hypothesis import given
from hypothesis import strategies as st

VOWELS = {"AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"}
STOPS = {"B", "CH", "D", "DH", "F", "G", "HH", "JH", "K", "P", "S", "SH", "T", "TH", "V", "Z", "ZH"}
PHONES = VOWELS | STOPS | {"L", "M", "N", "NG", "R", "W", "Y"}
DICTIONARY = {"red": "R EH D", "stone": "S T OW N"}


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz'", min_size=1, max_size=12))
def test_every_word_of_letters_has_known_phones(word: str) -> None:
    phones = pronounce(word, DICTIONARY.get)

    assert phones is None or set(phones.split()) <= PHONES
    assert (phones is None) == (not word.strip("'"))


def test_the_rules_use_known_phones_alone() -> None:
    sounds = [*GRAPHEMES.values(), *LETTER_NAMES.values(), *LONG.values()]

    assert {phone for sound in sounds for phone in sound.split()} <= PHONES


@pytest.mark.parametrize(
    ("word", "phones"),
    [
        ("redstone", "R EH D S T OW N"),
        ("stone's", "S T OW N Z"),
        ("hmm", "EY CH EH M EH M"),
        ("twitch", "T W IH CH"),
        ("kappa", "K AE P AE"),
        ("yeet", "Y IY T"),
        ("bane", "B EY N"),
        ("日本", None),
    ],
)
def test_compounds_letters_and_rules(word: str, phones: str | None) -> None:
    assert pronounce(word, DICTIONARY.get) == phones
