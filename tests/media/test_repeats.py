"""A line written twice at a border is marked the second time, unless it was said twice."""

from dougpt_media.transcript import Word
from dougpt_media.transcription.repeats import without_repeats
from dougpt_schema import Timing
from hypothesis import given
from hypothesis import strategies as st

UNHEARD = frozenset({"unaligned"})


def line(text: str, segment: int, start_ms: int, word_ms: int = 300, flags: tuple[str, ...] = ()) -> list[Word]:
    return [
        Word(start_ms + word_ms * at, start_ms + word_ms * (at + 1), word, segment, Timing.FORCED, flags=flags)
        for at, word in enumerate(text.split())
    ]


def marked(words: list[Word]) -> str:
    return " ".join(word.text for word in without_repeats(words, UNHEARD) if "repeated" in word.flags)


def test_a_line_that_was_not_heard_the_second_time_is_marked() -> None:
    words = [
        *line("and then we all went home", 0, 0),
        *line("Then we all went home,", 1, 2_000, flags=("unaligned",)),
        *line("and slept", 1, 4_000),
    ]

    assert marked(words) == "Then we all went home,"


def test_it_may_be_the_first_copy_that_was_not_heard() -> None:
    words = [*line("so we all went home", 0, 0, flags=("unaligned",)), *line("we all went home", 1, 2_000)]

    assert [word.text for word in without_repeats(words, UNHEARD) if "repeated" not in word.flags] == [
        *(["so", "we", "all", "went", "home"]),
    ]


def test_a_line_that_nobody_had_time_to_say_is_marked() -> None:
    words = [*line("and then we all went home", 0, 0), *line("we all went home", 1, 2_000, word_ms=20)]

    assert marked(words) == "we all went home"


def test_a_line_that_was_said_twice_stays() -> None:
    assert marked([*line("let's go to the moon", 0, 0), *line("let's go to the moon", 1, 2_000)]) == ""


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 2)), max_size=12))
def test_words_are_marked_and_never_lost(drawn: list[tuple[str, int]]) -> None:
    segments = sorted(segment for _, segment in drawn)
    words = [
        Word(at, at + 1, text, segment, Timing.DECODED)
        for at, ((text, _), segment) in enumerate(zip(drawn, segments, strict=True))
    ]

    kept = without_repeats(words, UNHEARD)

    assert [word.text for word in kept] == [word.text for word in words]
    assert len(segments) == 0 or segments[0] != segments[-1] or not any(word.flags for word in kept)
