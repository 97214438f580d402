"""Words are repaired to what is known and to nothing else; repairing twice is repairing once."""

import pytest
from dougpt_chat.rendered.homoglyphs import Lexicon, repaired_text, shape, words_of
from hypothesis import given
from hypothesis import strategies as st

WORDS = st.text("lI1|oO0sSwWmae'@:! x", max_size=30)


@given(text=WORDS, read=st.lists(WORDS, max_size=8), lexicon=st.lists(st.text("lI1oO0sSwm", min_size=1), max_size=4))
def test_a_repaired_text_needs_no_repair(text: str, read: list[str], lexicon: list[str]) -> None:
    known = Lexicon.of(lexicon, [word for said in read for word in words_of(said)])

    once, _ = repaired_text(text, known)

    assert repaired_text(once, known) == (once, 0)


@given(lexicon=st.lists(st.text("lIoOsSm", min_size=2), min_size=1, max_size=6))
def test_what_is_known_stays_as_it_is(lexicon: list[str]) -> None:
    known = Lexicon.of(lexicon, [])

    stays = [word for word in lexicon if not word.startswith("l'")]
    assert [known.repaired(word) for word in stays] == stays


@given(text=WORDS)
def test_a_repair_changes_no_more_than_looks(text: str) -> None:
    said, _ = repaired_text(text, Lexicon.of([], []))

    assert shape(said) == shape(text)


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("Imao", "lmao"),
        ("Imaoooo", "lmaoooo"),
        ("l think l'm", "I think I'm"),
        ("1O0% heIp", "100% help"),
        ("Idk Im In Ill", "Idk Im In Ill"),
        ("What what", "What what"),
        ("monkas", "monkaS"),
        ("@Imao n00b", "@Imao n00b"),
        ("can\u2019t", "can't"),
    ],
)
def test_usual_misreadings(read: str, meant: str) -> None:
    assert repaired_text(read, Lexicon.of([], []))[0] == meant


def test_a_word_read_often_speaks_for_one_read_once() -> None:
    known = Lexicon.of([], ["level"] * 8 + ["IeveI"])

    assert known.repaired("IeveI") == "level"
    assert Lexicon.of([], ["Iamp", "lamp"] * 5).repaired("Iamp") == "Iamp"
