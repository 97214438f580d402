"""Staged text is tidy, idempotent, holds no mention of a name, and emotes stand where they are said to stand."""

import string
import unicodedata

import pytest
from dougpt_chat.authors import People
from dougpt_chat.text import stage_text, without_chaff
from hypothesis import given
from hypothesis import strategies as st

CHAFF = ["\U000e0000", "\U000e007f", "\u034f", "\u2800", "\u206d", "\u200b", "\u2060", "\ufeff", " ", "\n"]
ANYTHING = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)


class Hidden:
    """Puts `{}` in the place of names, filled with their length; none has more than one word."""

    def __init__(self, stands_for: str = "@{:016x}") -> None:
        self.stands_for = stands_for

    def mention(self, name: str) -> str:
        return self.stands_for.format(len(name), name=name)

    def reach(self, _text: str) -> int:
        return 0


hidden = Hidden()


def staged(raw: str) -> str:
    return stage_text(raw, [], hidden)[0]


@given(raw=ANYTHING)
def test_staged_text_is_normal_and_has_single_spaces(raw: str) -> None:
    text = staged(raw)

    assert unicodedata.is_normalized("NFC", text)
    assert text == text.strip()
    assert "  " not in text
    assert not any(unicodedata.category(char) == "Cc" for char in text)


@given(raw=ANYTHING)
def test_tidying_twice_is_tidying_once(raw: str) -> None:
    as_it_is = Hidden("@{name}")
    once = stage_text(raw, [], as_it_is)[0]

    assert stage_text(once, [], as_it_is)[0] == once


@given(
    words=st.lists(st.text(string.ascii_letters + "👍é", min_size=1, max_size=6), min_size=1, max_size=5),
    chaff=st.lists(st.sampled_from(CHAFF), max_size=5),
)
def test_chaff_goes_from_the_end_and_only_there(words: list[str], chaff: list[str]) -> None:
    text = "\u200b".join(words)

    assert without_chaff(text + "".join(chaff)) == text


@pytest.mark.parametrize(
    "emoji", ["👨\u200d👩\u200d👧", "❤\ufe0f", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"]
)
def test_emoji_at_the_end_stay_whole(emoji: str) -> None:
    assert staged(f"hi {emoji}") == f"hi {emoji}"
    assert staged(f"{emoji}{emoji} \U000e0000") == f"{emoji}{emoji}"


@given(
    names=st.lists(st.text(string.ascii_letters + string.digits + "_ßÉ漢", min_size=1, max_size=12), max_size=4),
    glue=st.sampled_from([" ", ", ", " and", ":", "x"]),
)
def test_no_mentioned_name_is_left(names: list[str], glue: str) -> None:
    raw = glue.join(f"@{name}" for name in names)

    text = stage_text(raw, [], Hidden("@0123456789abcdef"))[0]

    assert text.count("@") == text.count("@0123456789abcdef") == len(names)


@given(data=st.data())
def test_emotes_are_where_they_are_said_to_be(data: st.DataObject) -> None:
    parts = data.draw(
        st.lists(
            st.tuples(ANYTHING, st.just(value=False))
            | st.tuples(st.text(string.ascii_letters, min_size=1, max_size=8), st.just(value=True)),
            max_size=6,
        )
    )
    raw, spans = "", []
    for part, is_emote in parts:
        if is_emote:
            spans.append((len(raw), len(raw) + len(part), "7"))
        raw += part

    text, emotes = stage_text(raw, spans, hidden)

    assert [text[emote["start"] : emote["end"]] for emote in emotes] == [emote["name"] for emote in emotes]
    ends = [0, *(emote["end"] for emote in emotes)]
    assert all(end <= emote["start"] for end, emote in zip(ends, emotes, strict=False))
    if all(unicodedata.is_normalized("NFC", part) for part, _ in parts):
        assert len(emotes) == len(spans)


def test_words_of_the_lexicon_are_emotes_where_they_stand_alone() -> None:
    text, emotes = stage_text("catJAM xcatJAM Kappa catJAM", [(15, 20, "25")], hidden, frozenset({"catJAM", "Kappa"}))

    assert text == "catJAM xcatJAM Kappa catJAM"
    assert [(emote["name"], emote["id"], emote["start"]) for emote in emotes] == [
        ("catJAM", None, 0),
        ("Kappa", "25", 15),
        ("catJAM", None, 21),
    ]


def test_a_name_of_several_words_is_hidden_whole() -> None:
    people = People(
        [(None, "Two Words"), (None, "Two Words More"), ("bob", "Bob"), (None, "some-name.x")], owners=["Big Owner"]
    )

    def hide(text: str) -> str:
        return stage_text(text, [], people)[0]

    def author(name: str) -> str:
        return f"@{people.author(None, name)}"

    assert hide("hi @two words!") == f"hi {author('Two Words')}!"
    assert hide("@Two Words More and @Two Wordsmith") == f"{author('Two Words More')} and {author('Two')} Wordsmith"
    assert hide("@some-name.x @bob.") == f"{author('some-name.x')} @{people.author('bob', 'Bob')}."
    assert hide("@big owner, hello") == "@streamer, hello"
    assert hide("@Two Words@Two Words") == author("Two Words") * 2
