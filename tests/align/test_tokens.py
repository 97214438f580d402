"""What two texts share, and how much that says."""

import numpy as np
import pyarrow as pa
import pytest
from dougpt_align.candidates import find_pairs
from dougpt_align.settings import AlignSettings
from dougpt_align.tokens import build_lexicon, shared_weight
from hypothesis import given, settings
from hypothesis import strategies as st

WORDS = st.lists(st.sampled_from(["dragon", "castle", "spoon", "the", "and", "one"]), max_size=6).map(" ".join)


def weights(said: list[str], written: list[str]) -> np.ndarray:
    """Shared weight of every pair, one row a message."""
    lexicon = build_lexicon(pa.array(said, pa.string()), pa.array(written, pa.string()))
    n, m = len(said), len(written)
    ptr = np.arange(m + 1) * n
    return shared_weight(lexicon, ptr, np.zeros(m, dtype=np.int64)).reshape(m, n)


def test_a_rare_word_in_common_weighs_and_a_function_word_does_not() -> None:
    found = weights(["the dragon sleeps", "the spoon fell", "a long day"], ["dragon!", "the", "nothing here"])

    assert found[0, 0] > 0
    assert not found[0, 1:].any()
    assert not found[1:].any()


def test_a_copied_phrase_weighs_more_than_its_words_apart() -> None:
    found = weights(["red castle", "castle over red"], ["red castle"])

    assert found[0, 0] > found[0, 1] > 0


def test_number_words_drawn_out_letters_and_apostrophes_meet() -> None:
    found = weights(["type one", "hello", "dont panic"], ["1", "helllllo", "don't panic"])

    assert np.count_nonzero(found) == 3
    assert np.all(np.diag(found) > 0)


def test_links_and_mentions_share_nothing() -> None:
    assert not weights(["example com dragon"], ["https://example.com/dragon @dragon"]).any()


@settings(max_examples=60, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=6), st.lists(WORDS, min_size=1, max_size=6))
def test_two_texts_share_weight_exactly_when_they_share_an_evidence_word(said: list[str], written: list[str]) -> None:
    found = weights(said, written)

    for j, message in enumerate(written):
        for i, utterance in enumerate(said):
            common = (set(message.split()) & set(utterance.split())) - {"the", "and"}
            assert bool(common) == (found[j, i] > 0)


def test_weights_do_not_depend_on_the_window_they_are_looked_up_in() -> None:
    said = [f"word{k} thing" for k in range(20)]
    lexicon = build_lexicon(pa.array(said), pa.array(["word7 thing"]))
    ends = np.arange(20) * 1000
    pairs = find_pairs(ends, np.array([12_000]), np.array([5]), np.array([9]), AlignSettings())

    assert shared_weight(lexicon, pairs.ptr, pairs.first_E) == pytest.approx(
        shared_weight(lexicon, np.array([0, 20]), np.array([0]))[5:9]
    )


def test_empty_sides_share_nothing() -> None:
    assert weights([""], [""]).tolist() == [[0.0]]
    assert build_lexicon(pa.array([], pa.string()), pa.array([], pa.string())).weight.tolist() == []
