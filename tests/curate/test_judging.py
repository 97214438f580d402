"""Texts from elsewhere get the styles and the verdicts that chat's own would get."""

from dougpt_curate import CurateSettings
from dougpt_curate.judging import offends, reply_styles
from hypothesis import given
from hypothesis import strategies as st

SETTINGS = CurateSettings()
BURSTS = st.lists(st.lists(st.text(max_size=20), max_size=4), max_size=5)


def test_each_reply_gets_the_style_that_its_words_and_its_prompt_give_it() -> None:
    bursts = [["KEKW LULW", "why would you do that?", "!drops"], [], ["yes", "press the red button now"]]
    prompts = ["we lost again.", "so", "should I press the red button?"]
    assert reply_styles(bursts, prompts, SETTINGS, {"KEKW", "LULW"}) == [
        ["emote", "question", "command"],
        [],
        ["answer", "echo"],
    ]


@given(bursts=BURSTS)
def test_there_is_one_style_for_each_reply_whatever_it_is(bursts: list[list[str]]) -> None:
    assert list(map(len, reply_styles(bursts, ["so"] * len(bursts), SETTINGS))) == list(map(len, bursts))


def test_the_word_list_is_that_of_the_dataset() -> None:
    assert offends(SETTINGS)("you are a r3tard")
    assert not offends(SETTINGS)("what a classic")
    assert offends(CurateSettings(offensive_also=("soup",), drop_offensive=False))("soup!")
