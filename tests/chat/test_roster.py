"""A name read more often, in the same colour, corrects one that looks like it; two people stay two."""

from dataclasses import replace

from dougpt_chat.rendered.messages import Read
from dougpt_chat.rendered.repair import repaired_messages
from hypothesis import given
from hypothesis import strategies as st

RED, BLUE = (200.0, 10.0, 10.0), (10.0, 40.0, 220.0)


def said(name: str, colour: tuple[float, float, float] | None = RED) -> Read:
    fragments = (("hello there", None),)
    return Read(0, (0,), name, colour, (), fragments, 0.9, 0, None, 0, name, fragments)


def names(messages: list[Read], roster: tuple[str, ...] = ()) -> list[str]:
    return [one.name for one in repaired_messages(messages, roster, ())[0]]


@given(
    read=st.lists(
        st.builds(said, st.text("lI1oO0ab_", min_size=2, max_size=8), st.sampled_from([RED, BLUE, None])), max_size=12
    )
)
def test_repairing_twice_is_repairing_once_and_the_raw_name_stays(read: list[Read]) -> None:
    once, _ = repaired_messages(read, (), ())
    twice, repaired = repaired_messages(once, (), ())

    assert twice == once
    assert repaired.total() == 0
    assert [one.raw_name for one in once] == [one.name for one in read]


def test_the_usual_reading_wins() -> None:
    assert names([said("beanpantle4"), said("beanpantle4"), said("beanpantIe4")]) == ["beanpantle4"] * 3
    assert names([said("Joecan"), said("Joecan"), said("Jaecan")]) == ["Joecan"] * 3


def test_other_colours_and_other_digits_are_other_people() -> None:
    for other in (said("Jaecan", BLUE), said("Joecan7"), said("Joecan8")):
        read = [said("Joecan"), said("Joecan"), said("Joecan7"), said("Joecan7"), other]
        assert names(read)[-1] == other.name


def test_a_roster_that_is_given_is_right() -> None:
    assert names([said("0Wolfclaw0")] * 3 + [said("OWolfclaw0")], ("OWolfclaw0",)) == ["OWolfclaw0"] * 4
    assert names([said("piorpt", None)], ("plorpt",)) == ["plorpt"]


def test_a_mention_is_of_the_one_whose_name_looks_so() -> None:
    fragments = (("no way @wairus and @kettle", None),)
    read = [said("walrus"), replace(said("bob"), fragments=fragments), said("kettIe"), said("kett1e", BLUE)]

    repaired, counts = repaired_messages(read, (), ())

    assert repaired[1].text == "no way @walrus and @kettle"
    assert counts["mentions"] == 1
