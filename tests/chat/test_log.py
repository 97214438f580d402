"""Whatever window of a chat the pictures show, its messages are logged once, in order, at their first sight."""

from itertools import pairwise

from dougpt_chat.rendered.grouping import Reading
from dougpt_chat.rendered.log import ChatLog, in_order
from hypothesis import given, settings
from hypothesis import strategies as st

MESSAGES = st.lists(
    st.tuples(
        st.sampled_from(["amy", "bob", "cleo"]),
        st.sampled_from(["lol", "what a jump", "hello there", "F", "is that it?", "gg", "no way", "LUL LUL"]),
    ),
    min_size=1,
    max_size=30,
    unique=True,
)


@settings(deadline=None, max_examples=300)
@given(said=MESSAGES, window=st.integers(4, 12), data=st.data())
def test_a_scrolling_window_gives_back_the_chat(said: list[tuple[str, str]], window: int, data: st.DataObject) -> None:
    log = ChatLog(min_similarity=0.8)
    ends, end = [], 0
    while end < len(said):
        # A message, and at times some more, come in between two pictures; enough stay to recognise them by.
        end = min(len(said), end + data.draw(st.integers(0, 2), label="new"))
        ends.append(end)
        if len(ends) > 200:
            return
    for number, end in enumerate(ends):
        log.add(number * 500, [Reading(name, text, 0.9) for name, text in said[max(0, end - window) : end]])

    assert [(one.best.name, one.best.text) for one in log.messages] == said
    first_seen = [next(number for number, end in enumerate(ends) if end > place) for place in range(len(said))]
    assert [one.seen_ms for one in log.messages] == [number * 500 for number in first_seen]


def test_the_same_words_twice_are_two_messages() -> None:
    log = ChatLog(min_similarity=0.8)
    once, twice = [Reading("bob", "lol", 0.9)], [Reading("bob", "lol", 0.9)] * 2

    log.add(0, once)
    log.add(500, twice)

    assert [one.seen_ms for one in log.messages] == [0, 500]


def test_words_said_again_and_again_are_matched_without_a_hole() -> None:
    log = ChatLog(min_similarity=0.8)
    said = [Reading("amy", text, 0.9) for text in ["lol", "gg", "lol", "what a jump", "lol", "lol"]]

    for number, end in enumerate([2, 4, 6]):
        log.add(number * 500, said[max(0, end - 4) : end])

    assert [one.best.text for one in log.messages] == [one.text for one in said]


def test_two_people_who_say_the_same_are_two_messages() -> None:
    log = ChatLog(min_similarity=0.8)
    log.add(0, [Reading("bob", "what a jump that was", 0.9)])
    log.add(500, [Reading("bob", "what a jump that was", 0.9), Reading("amy", "what a jump that was", 0.9)])
    log.add(900, [Reading("b0b", "what a jump that was", 0.9), Reading("amy", "what a jump that was", 0.9)])

    assert [one.best.name for one in log.messages] == ["bob", "amy"]


def test_misreadings_are_outvoted() -> None:
    log = ChatLog(min_similarity=0.8)
    for at_ms, text in enumerate(["hello thcre", "hello there", "hello there"]):
        log.add(at_ms, [Reading("bob", text, 0.9)])

    assert [one.best.text for one in log.messages] == ["hello there"]


def test_a_message_that_grows_stays_one() -> None:
    log = ChatLog(min_similarity=0.8)
    log.add(0, [Reading("bob", "the first line", 0.9)])
    log.add(500, [Reading("bob", "the first line and its end, which is very much longer", 0.9)])

    assert len(log.messages) == 1


def test_what_stands_above_the_first_match_is_counted_not_logged() -> None:
    log = ChatLog(min_similarity=0.8)
    log.add(0, [Reading("bob", "alpha", 0.9), Reading("amy", "beta gamma", 0.9)])

    above = log.add(500, [Reading("bob", "zzz", 0.9), Reading("amy", "beta gamma", 0.9), Reading("cleo", "new", 0.9)])

    assert above == 1
    assert [one.best.text for one in log.messages] == ["alpha", "beta gamma", "new"]


@given(
    likeness=st.integers(0, 5).flatmap(
        lambda columns: st.lists(
            st.lists(st.sampled_from([0.0, 0.8, 1.0]), min_size=columns, max_size=columns), max_size=5
        )
    )
)
def test_matches_are_in_order_and_real(likeness: list[list[float]]) -> None:
    pairs = in_order(likeness)

    assert all(likeness[row][column] > 0 for row, column in pairs)
    assert all(a < c and b < d for (a, b), (c, d) in pairwise(pairs))
