"""Many texts at once are staged as each by itself would be."""

import string

import pyarrow as pa
import pytest
from dougpt_chat.authors import People
from dougpt_chat.collect import SPAN
from dougpt_chat.staged_texts import staged_texts
from dougpt_chat.text import stage_text
from hypothesis import given, settings
from hypothesis import strategies as st

WORDS = ["catJAM", "xcatJAM", "a+b", "(", "Kappa", "hello", "@bob", "é", "e\u0301", "two  spaces", "\U000e0000", ""]
LEXICON = frozenset({"catJAM", "a+b", "(", "é", "Kappa"})
PIECE = st.tuples(st.sampled_from(WORDS) | st.text(string.printable + "é漢👍", max_size=6), st.none() | st.just("7"))


hidden = People([("bob", "Bob"), (None, "two  spaces")], owners=[])


@pytest.mark.parametrize("alternatives", [0, 100])
@settings(max_examples=150, deadline=None)
@given(messages=st.lists(st.lists(PIECE, max_size=5), max_size=8), lexicon=st.sampled_from([LEXICON, frozenset()]))
def test_all_at_once_is_each_by_itself(
    messages: list[list[tuple[str, str | None]]], lexicon: frozenset[str], alternatives: int
) -> None:
    texts, spans = [], []
    for pieces in messages:
        text, places = "", []
        for number, (word, emote) in enumerate(pieces):
            text += " " * (number > 0 and len(word) % 2)
            if emote:
                places.append((len(text), len(text) + len(word), emote))
            text += word
        texts.append(text)
        spans.append(places)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dougpt_chat.staged_texts.MOST_ALTERNATIVES", alternatives)
        columns = (pa.array(texts, pa.string()), pa.array(spans, pa.list_(SPAN)), pa.nulls(len(texts), pa.int64()))
        staged, emotes = staged_texts(*columns, hidden, lexicon)

    each = [stage_text(text, places, hidden, lexicon) for text, places in zip(texts, spans, strict=True)]
    assert staged.to_pylist() == [text for text, _ in each]
    assert emotes.to_pylist() == [found for _, found in each]


@pytest.mark.parametrize(
    ("text", "bits", "cheers"),
    [
        ("Cheer100 hello", 100, ["Cheer100"]),
        ("well PJSalt1 4Head20 played cheer50", 71, ["PJSalt1", "4Head20", "cheer50"]),
        ("doug500 for you", 500, ["doug500"]),
        ("doug500 for you", 100, []),
        ("Cheer100 hello", 0, []),
        ("Cheer0 Cheer 100 xCheer100", 100, ["xCheer100"]),
        ("  @bob  Cheer5  ", 5, ["Cheer5"]),
    ],
)
def test_cheers_are_emotes_where_bits_were_paid(text: str, bits: int, cheers: list[str]) -> None:
    columns = pa.array([text], pa.string()), pa.array([[]], pa.list_(SPAN)), pa.array([bits], pa.int64())

    (staged,), (emotes,) = (column.to_pylist() for column in staged_texts(*columns, hidden, frozenset()))

    assert [emote["name"] for emote in emotes] == cheers
    assert [staged[emote["start"] : emote["end"]] for emote in emotes] == cheers
