"""Questions and calls to chat are known with their marks and, from automatic captions, without."""

import pytest
from dougpt_align.addressing import OPENERS, addresses_chat, is_question
from hypothesis import given
from hypothesis import strategies as st

QUESTIONS = (
    "Really?", 'he said "why?"', "You did what?!", "what??", "why though?...", "\u3053\u308c\u306f\u4f55\uff1f",
    "what do you think", "should we go left", "so what do you guys think about it", "okay chat should i take the boat",
    "are you kidding me", "does anyone know that song", "would you rather fight a duck", "is it still raining there",
    "how many cats are there", "why would he do that", "when does it start", "can people hear me",
    "is something loose in here",
    "this one is cursed huh", "do we go or not", "that was good wasn\u2019t it",
    "i have two boats which one should i take",
    "No way. what do you mean by that", "did the bees come back", "have you guys seen it",
)  # fmt: skip
STATEMENTS = (
    "No.", "what a day.", "that is it", "", "what", "what a day it was", "which is why i left", "when i was a kid",
    "do it again", "have the soup today", "is a good game", "what do you think.", "can confirm it works",
    "will do that tomorrow", "you guys are great", "I like it!", "so and but or", "who knows maybe",
)  # fmt: skip
CALLS = (
    "Chat, look!", "what would you\u2019ve done", "type one in chat", "type 1 if it works", "let me know", "say hi",
    "let us know below", "please vote now", "okay guess what happened", "Tell me the truth.", "press f to pay respects",
    "Give me one planet.",
    "Wow. Let me know what happens.", "does anyone know this song", "y'all are wild", "everyone calm down",
    "drop a w for him", "raise your hand", "and now spam hearts",
)  # fmt: skip
NO_CALLS = (
    "the cat sat", "", "let me see what this does", "i say we leave", "i guess so", "that type of thing",
    "someone took it", "he told me a story", "press a button", "we vote tomorrow", "They let me know.",
    "give me a second here",
)  # fmt: skip


@pytest.mark.parametrize("text", QUESTIONS)
def test_questions_are_seen_with_and_without_their_mark(text: str) -> None:
    assert is_question(text)


@pytest.mark.parametrize("text", STATEMENTS)
def test_other_sentences_are_no_questions(text: str) -> None:
    assert not is_question(text)


@pytest.mark.parametrize("text", CALLS)
def test_chat_and_you_are_addressed(text: str) -> None:
    assert addresses_chat(text)


@pytest.mark.parametrize("text", NO_CALLS)
def test_other_sentences_address_nobody(text: str) -> None:
    assert not addresses_chat(text)


@given(st.text())
def test_a_question_mark_at_the_end_settles_it_whatever_stands_before(text: str) -> None:
    assert is_question(text + "?")
    assert not is_question(text + " done.")


@given(st.text(), st.sampled_from(["chat", "Chat,", "you", "your", "guys"]))
def test_a_name_for_chat_is_a_call_wherever_it_stands(text: str, name: str) -> None:
    assert addresses_chat(f"{text} {name} {text}")


@given(st.lists(st.sampled_from(sorted(OPENERS)), max_size=4), st.sampled_from(["what do they want", "it is over now"]))
def test_openers_change_nothing(openers: list[str], text: str) -> None:
    assert is_question(" ".join([*openers, text])) == is_question(text)
