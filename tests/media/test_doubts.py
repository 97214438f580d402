"""Loops, nonsense and text over silence are doubted; what people say is not."""

import pytest
from dougpt_media import TranscribeSettings
from dougpt_media.transcription.doubts import doubts_about, loops
from dougpt_media.transcription.engine import Piece
from dougpt_media.windows import Span
from hypothesis import given
from hypothesis import strategies as st

SETTINGS = TranscribeSettings()
ENGLISH = "so today we are going to look at what happens when you put a thousand chickens into one small room and wait"


def piece(text: str, seconds: float = 10.0, logprob: float | None = -0.3) -> Piece:
    return Piece(0, round(seconds * 1000), text, logprob=logprob)


def test_ordinary_speech_is_not_doubted() -> None:
    assert doubts_about(piece(ENGLISH), [Span(0, 9_000)], SETTINGS) == ()


@pytest.mark.parametrize(
    ("said", "speech", "doubt"),
    [
        (piece("thanks for watching " * 20, 20), [Span(0, 20_000)], "repetitive"),
        (piece("I'm going to go. " * 6, 20), [Span(0, 20_000)], "repetitive"),
        (piece(ENGLISH, logprob=-1.4), [Span(0, 9_000)], "unlikely"),
        (piece("Thank you."), [], "no_speech"),
        (piece("Thank you."), [Span(60_000, 70_000)], "no_speech"),
        (piece(ENGLISH), [Span(0, 1_000)], "too_fast"),
    ],
)
def test_what_seems_made_up_is_doubted_with_its_reason(said: Piece, speech: list[Span], doubt: str) -> None:
    assert doubt in doubts_about(said, speech, SETTINGS)


@pytest.mark.parametrize("text", ["ha ha ha ha ha ha", "no no no no no", "go go go go go go go", "♪"])
def test_laughter_and_cheers_are_no_loops(text: str) -> None:
    assert doubts_about(piece(text, 3), [Span(0, 3_000)], SETTINGS) == ()


@given(st.lists(st.sampled_from(["apple", "river", "stone", "cloud"]), min_size=2, max_size=5), st.integers(9, 20))
def test_any_phrase_said_over_and_over_is_a_loop(phrase: list[str], rounds: int) -> None:
    assert loops(" ".join(phrase * rounds))


@given(st.lists(st.integers(0, 999), min_size=0, max_size=60, unique=True))
def test_words_that_never_come_back_are_no_loop(numbers: list[int]) -> None:
    assert not loops(
        " ".join("w" + "abcdefghij"[n // 100] + "klmnopqrst"[n // 10 % 10] + "uvwxyzabcd"[n % 10] for n in numbers)
    )
