"""Chat that answers chat: pairs, names and turns against plain loops, and what must not matter to them."""

import numpy as np
import pytest
from dougpt_align.arrays import row_sums
from dougpt_align.replies import Messages, Turn, attribute, last_partners, pair_up, read_messages, relate, turns
from dougpt_align.reply_features import MOST, reply_features
from hypothesis import given, settings
from hypothesis import strategies as st

NAMES = ["ann", "Bob_", "cy", "dee"]
WORDS = ["ann", "bob:", "cy,", "@dee", "kernel", "panic", "why?", "thanks", "http://x.y/z", "ok"]


@st.composite
def logs(draw: st.DrawFn, most: int = 40) -> dict[str, list]:
    count = draw(st.integers(1, most))
    gaps = draw(st.lists(st.integers(1, 40), min_size=count, max_size=count))
    return {
        "authors": draw(st.lists(st.sampled_from(NAMES), min_size=count, max_size=count)),
        "texts": [
            " ".join(draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=4))) for _ in range(count)
        ],
        "lines": np.cumsum(gaps).tolist(),
    }  # fmt: skip


def read(log: dict[str, list], number: int = 0) -> Messages:
    lines = np.array(log["lines"])
    return read_messages(log["authors"], log["texts"], 7.0 * lines, lines, np.full(len(lines), number))


def joined(first: dict[str, list], second: dict[str, list]) -> Messages:
    lines = np.array(first["lines"] + second["lines"])
    log = np.r_[np.zeros(len(first["lines"]), int), np.ones(len(second["lines"]), int)]
    return read_messages(
        first["authors"] + second["authors"], first["texts"] + second["texts"], 7.0 * lines, lines, log
    )


@given(log=logs(), reach=st.integers(1, 120))
@settings(max_examples=40)
def test_pairs_are_all_earlier_messages_within_reach(log: dict[str, list], reach: int) -> None:
    pairs = pair_up(read(log), reach)

    lines = log["lines"]
    wanted = [(b, a) for b in range(len(lines)) for a in range(b) if lines[b] - lines[a] <= reach]
    assert list(zip(pairs.event_P.tolist(), pairs.parent_P.tolist(), strict=True)) == wanted
    assert len(pairs.ptr) == len(lines) + 1


@given(first=logs(15), second=logs(15))
def test_logs_side_by_side_have_nothing_to_do_with_each_other(first: dict[str, list], second: dict[str, list]) -> None:
    # What words are everyday is a matter of all logs, so names here stand at heads alone.
    first, second = ({**log, "texts": [text.split()[0] for text in log["texts"]]} for log in (first, second))
    both = joined(first, second)
    pairs = pair_up(both)
    turn = turns(relate(both, pairs))

    alone = [(read(log), pair_up(read(log))) for log in (first, second)]
    np.testing.assert_array_equal(turn, np.concatenate([turns(relate(log, part)) for log, part in alone]))
    np.testing.assert_array_equal(
        pairs.parent_P, np.concatenate([alone[0][1].parent_P, alone[1][1].parent_P + len(first["lines"])])
    )


@given(log=logs())
def test_counts_between_agree_with_a_loop(log: dict[str, list]) -> None:
    messages = read(log)
    pairs = pair_up(messages)
    found = relate(messages, pairs)

    author = messages.author_N.tolist()
    for place, (child, parent) in enumerate(zip(pairs.event_P.tolist(), pairs.parent_P.tolist(), strict=True)):
        between = author[parent + 1 : child]
        assert found.by_parent_P[place] == between.count(author[parent])
        assert found.by_child_P[place] == between.count(author[child])
        assert found.to_P[place] == (author[parent] in messages.named_NK[child])
        assert found.from_P[place] == (author[child] in messages.named_NK[parent])


@given(log=logs(), shift=st.integers(0, 10_000))
def test_other_names_and_a_later_start_change_no_turn(log: dict[str, list], shift: int) -> None:
    other = {"ann": "Uzz", "bob": "Vzz", "cy": "Wz", "dee": "Xzz"}
    renamed = {
        "authors": [other[name.lower().strip("_")] for name in log["authors"]],
        "texts": [
            " ".join(_renamed(word, other) for word in text.split()) for text in log["texts"]
        ],
        "lines": [line + shift for line in log["lines"]],
    }  # fmt: skip
    mine, theirs = read(log), read(renamed)

    np.testing.assert_array_equal(turns(relate(mine, pair_up(mine))), turns(relate(theirs, pair_up(theirs))))


def _renamed(word: str, other: dict[str, str]) -> str:
    for name, new in other.items():
        word = word.replace(name, new)
    return word


def test_turns_of_a_conversation() -> None:
    log = {
        "authors": ["ann", "bob", "ann", "cy", "bob", "ann"],
        "texts": ["my sound is gone", "ann: which card?", "bob: a blaster", "hi all", "ann: try alsa", "it works"],
        "lines": [1, 2, 3, 4, 5, 6],
    }
    messages = read(log)
    pairs = pair_up(messages)
    turn = {
        (child, parent): Turn(kind)
        for child, parent, kind in zip(
            pairs.event_P.tolist(), pairs.parent_P.tolist(), turns(relate(messages, pairs)).tolist(), strict=True
        )
    }

    assert turn[1, 0] is Turn.TO_LAST
    assert turn[2, 1] is Turn.TO_LAST_MUTUAL
    assert turn[2, 0] is Turn.OWN_LAST_OTHER
    assert turn[4, 0] is Turn.TO_EARLIER
    assert turn[4, 3] is Turn.TO_ANOTHER
    assert turn[5, 4] is Turn.FROM_FRESH
    assert turn[5, 1] is Turn.FROM_ANSWERED
    assert turn[3, 2] is Turn.FROM_TO_ANOTHER
    assert last_partners(messages).tolist() == [-1, -1, 1, -1, 0, 1]


def test_an_everyday_word_is_a_name_only_at_the_head() -> None:
    texts = ["the sound of it"] * 300 + ["sound: hello there", "no sound here"]
    authors = ["ann"] * 299 + ["sound", "bob", "cy"]
    lines = np.arange(302)
    messages = read_messages(authors, texts, lines * 1.0, lines, np.zeros(302, int))

    assert messages.addressees[-2] == messages.author_N[299]
    assert messages.is_headed_N[-2]
    assert messages.addressees[-1] == -1


@given(log=logs(), share=st.floats(0.1, 0.9))
@settings(max_examples=15, deadline=None)
def test_the_attribution_keeps_the_share_and_sums(log: dict[str, list], share: float) -> None:
    messages = read(log)
    pairs = pair_up(messages)

    found = attribute(messages, pairs, share)

    np.testing.assert_allclose(row_sums(found.link_P, pairs.ptr) + found.background_E, 1.0, atol=1e-9)
    free = np.diff(pairs.ptr) > 0
    wanted = np.clip(share * len(free), 0.001 * free.sum(), 0.995 * free.sum())
    assert row_sums(found.link_P, pairs.ptr).sum() == pytest.approx(wanted, abs=1e-6)


@given(log=logs())
@settings(max_examples=15, deadline=None)
def test_features_are_finite_and_are_of_the_likeliest_candidates(log: dict[str, list]) -> None:
    messages = read(log)
    pairs = pair_up(messages)
    found = attribute(messages, pairs, 0.8, max_iterations=3)
    rows = np.arange(len(log["lines"]))[::2]

    table = reply_features(messages, pairs, found.link_P, found.background_E, rows)

    for values in table.x.values():
        assert values.shape == (table.ptr[-1],)
        assert np.isfinite(values).all()
    for values in table.z.values():
        assert values.shape == rows.shape
        assert np.isfinite(values).all()
    for event, row in enumerate(rows.tolist()):
        kept = table.pair_P[table.ptr[event] : table.ptr[event + 1]]
        mine = np.arange(pairs.ptr[row], pairs.ptr[row + 1])
        assert len(kept) == min(len(mine), MOST)
        left = np.setdiff1d(mine, kept)
        assert not len(left) or found.link_P[left].max() <= found.link_P[kept].min()
