"""The search finds the most probable of all paths that say the text."""

from itertools import groupby, product

import numpy as np
import pytest
from dougpt_media.forced.ctc import viterbi
from hypothesis import given
from hypothesis import strategies as st

BLANK = 0


def said(symbols: tuple[int, ...]) -> list[int]:
    return [symbol for symbol, _ in groupby(symbols) if symbol != BLANK]


@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.lists(st.integers(1, 2), min_size=1, max_size=4))
def test_no_other_path_is_more_probable(seed: int, n_frames: int, labels: list[int]) -> None:
    logs_TV = np.log(np.random.default_rng(seed).dirichlet(np.ones(3), n_frames)).astype(np.float32)
    totals = [
        float(sum(logs_TV[frame, symbol] for frame, symbol in enumerate(symbols)))
        for symbols in product(range(3), repeat=n_frames)
        if said(symbols) == labels
    ]

    path = viterbi(logs_TV, np.array(labels), BLANK)

    if path is None:
        assert not totals
        return
    assert path.total == pytest.approx(max(totals), abs=1e-4)
    borders = [frame for first, last in zip(path.first_L, path.last_L, strict=True) for frame in (first, last)]
    assert borders == sorted(borders)


@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.lists(st.integers(1, 2), min_size=2, max_size=4), st.data())
def test_words_are_passed_over_whole_where_that_is_more_probable(
    seed: int, n_frames: int, labels: list[int], data: st.DataObject
) -> None:
    logs_TV = np.log(np.random.default_rng(seed).dirichlet(np.ones(3), n_frames)).astype(np.float32)
    firsts = [0, *sorted(data.draw(st.sets(st.integers(1, len(labels) - 1))))]
    costs = [data.draw(st.sampled_from([0.5, 1.0, 2.0, 4.0, 8.0])) for _ in firsts]
    words = [labels[first:last] for first, last in zip(firsts, [*firsts[1:], len(labels)], strict=True)]
    best = -np.inf
    for kept in product([True, False], repeat=len(words)):
        cost = sum(cost for cost, keep in zip(costs, kept, strict=True) if not keep)
        text = [label for word, keep in zip(words, kept, strict=True) if keep for label in word]
        path = viterbi(logs_TV, np.array(text, np.int64), BLANK)
        total = path.total if path else float(logs_TV[:, BLANK].sum()) if not text else -np.inf
        best = max(best, total - cost)

    path = viterbi(logs_TV, np.array(labels), BLANK, np.array(firsts), np.array(costs))

    assert path is not None
    # Words are passed over in silence only, so that a text without them may be a little more probable.
    nothing_passed = viterbi(logs_TV, np.array(labels), BLANK)
    everything_passed = float(logs_TV[:, BLANK].sum()) - sum(costs)
    assert path.total <= best + 1e-4
    assert path.total >= max(everything_passed, nothing_passed.total if nothing_passed else -np.inf) - 1e-4
    for word, first, last in zip(words, firsts, [*firsts[1:], len(labels)], strict=True):
        passed = path.first_L[first:last] == path.last_L[first:last]
        assert passed.all() or not passed.any(), word


@given(st.integers(0, 2**32 - 1), st.integers(0, 20))
def test_silence_in_front_moves_every_letter_by_its_length(seed: int, silence: int) -> None:
    logs_TV = np.log(np.random.default_rng(seed).dirichlet(np.ones(4), 30)).astype(np.float32)
    quiet_TV = np.full((silence, 4), -1e4, np.float32)
    quiet_TV[:, BLANK] = 0.0
    labels = np.array([1, 2, 2, 3])

    here = viterbi(logs_TV, labels, BLANK)
    there = viterbi(np.concatenate([quiet_TV, logs_TV]), labels, BLANK)

    assert here is not None
    assert there is not None
    assert (there.first_L - here.first_L).tolist() == [silence] * 4
    assert np.allclose(there.score_L, here.score_L, atol=1e-4)


def test_a_text_without_letters_has_no_path() -> None:
    assert viterbi(np.zeros((5, 3), np.float32), np.array([], np.int64), BLANK) is None
