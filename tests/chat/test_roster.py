"""A name read more often, in the same colour, corrects one that looks like it; two people stay two."""

from dataclasses import replace
from random import Random

from dougpt_chat.rendered.messages import Read
from dougpt_chat.rendered.repair import repaired_messages
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

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
    assert names([replace(said("piorpt", None), name_doubt=0.2)], ("plorpt",)) == ["plorpt"]


NAMES = st.lists(st.text("abcdefgh_", min_size=5, max_size=9), min_size=1, max_size=6, unique=True)


@given(roster=NAMES, chosen=st.randoms(use_true_random=False), doubt=st.sampled_from([0.0, 0.2, 3.0]))
def test_a_doubtful_name_is_the_nearest_of_the_roster_and_a_sure_one_is_itself(
    roster: list[str], chosen: Random, doubt: float
) -> None:
    true = chosen.choice(roster)
    place = chosen.randrange(len(true))
    misread = replace(said(f"{true[:place]}x{true[place + 1 :]}"), name_doubt=doubt)

    (found,) = names([misread], tuple(roster))

    near = [name for name in roster if Levenshtein.distance(name, misread.name) == 1]
    assert found == (true if doubt and near == [true] else misread.name)


def test_a_very_doubtful_name_may_differ_more_but_never_in_what_is_surely_a_digit() -> None:
    for read, doubt, found in (
        ("omeganulto", 0.7, "omeganutte"),
        ("omeganulto", 0.3, "omeganulto"),
        ("venomblast1l", 0.9, "venomblast11"),
        ("venomblast12", 0.9, "venomblast12"),
    ):
        assert names([replace(said(read), name_doubt=doubt)], ("omeganutte", "venomblast11")) == [found]


def test_spaces_in_a_name_are_those_of_the_roster() -> None:
    assert names([said("JohnSmith")], ("John Smith", "Jon Smit")) == ["John Smith"]


def test_a_mention_is_of_the_one_whose_name_looks_so() -> None:
    fragments = (("no way @wairus and @kettle", None),)
    read = [said("walrus"), replace(said("bob"), fragments=fragments), said("kettIe"), said("kett1e", BLUE)]

    repaired, counts = repaired_messages(read, (), ())

    assert repaired[1].text == "no way @walrus and @kettle"
    assert counts["mentions"] == 1
