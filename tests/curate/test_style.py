"""Each style is recognised by its rule, and the first rule that applies wins."""

from collections.abc import Callable
from typing import Any

import pytest
from dougpt_curate import CurateSettings, Style, curate

PASTA = "never trust a snail with your money, my friends"


def styles(made: Any, settings: CurateSettings | None = None) -> list[str]:
    return [reply["style"] for row in curate(*made.tables, settings).samples.to_pylist() for reply in row["responses"]]


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("aaaaaaaaaa", Style.SPAM),
        ("go go go go go", Style.SPAM),
        ("!!!!!!", Style.SPAM),
        ("what is he doing", Style.QUESTION),
        ("really?", Style.QUESTION),
        ("open the wooden door", Style.ECHO),
        ("you should jump", Style.BACKSEAT),
        ("try another key", Style.BACKSEAT),
        ("yes", Style.ANSWER),
        ("2", Style.ANSWER),
        (":)", Style.EMOTE),
        ("😂😂", Style.EMOTE),
        ("that snail looks evil", Style.PLAIN),
        ("hello", Style.PLAIN),
    ],
)
def test_a_style_is_told_by_its_rule(make_dialogue: Callable[..., Any], text: str, style: Style) -> None:
    made = make_dialogue(["now we open the wooden door"], [[text]])

    assert styles(made) == [style]


def test_emotes_are_told_by_their_spans(make_dialogue: Callable[..., Any]) -> None:
    emotes = [{"name": "LUL", "id": "1", "start": 0, "end": 3}, {"name": "LUL", "id": "1", "start": 4, "end": 7}]

    assert styles(make_dialogue(["hello"], [[{"text": "LUL LUL", "emotes": emotes}]])) == [Style.EMOTE]


def test_after_a_question_a_plain_reply_is_an_answer(make_dialogue: Callable[..., Any]) -> None:
    assert styles(make_dialogue(["which one is better?"], [["the snail"]])) == [Style.ANSWER]


def test_a_long_reply_with_many_copies_is_copypasta(make_dialogue: Callable[..., Any]) -> None:
    assert styles(make_dialogue(["hello"], [[PASTA] * 3])) == [Style.COPYPASTA]
    assert styles(make_dialogue(["hello"], [[PASTA] * 2])) == [Style.PLAIN]
