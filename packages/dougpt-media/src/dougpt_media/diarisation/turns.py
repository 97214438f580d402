"""Who speaks when, and which word is whose: words and turns meet by the time that they share."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from dougpt_media.windows import Span


@dataclass(frozen=True, slots=True)
class Turn:
    """A stretch in which one voice speaks, in milliseconds on the recording's clock; voices have any labels."""

    start_ms: int
    end_ms: int
    label: str


@dataclass(frozen=True, slots=True)
class Diarised:
    """What a diariser heard: turns in order of their start, and each voice as a vector, where it gives those.

    Attributes:
        turns: They may overlap.
        voices: Embeddings by label.
        sample: The embedding of the streamer's sample, where one was given.
        facts: Which pipeline it was.
    """

    turns: tuple[Turn, ...]
    voices: dict[str, tuple[float, ...]] = field(default_factory=dict)
    sample: tuple[float, ...] | None = None
    facts: dict[str, str | float] = field(default_factory=dict)


def labels_of(words: Sequence[Span], turns: Sequence[Turn], *, nearest_ms: int) -> list[str | None]:
    """Return whose each word is: the voice that shares most of its time, else the nearest one within `nearest_ms`.

    Between equals the voice whose turn began first has the word.

    Args:
        words: In order of their start.
        turns: In order of their start.
        nearest_ms: How far a word may lie outside a turn and still belong to it.
    """
    return [_label(word, near) for word, near in _with_turns_near(words, turns, nearest_ms)]


def _with_turns_near(
    words: Sequence[Span], turns: Sequence[Turn], nearest_ms: int
) -> Iterator[tuple[Span, list[Turn]]]:
    near: list[Turn] = []
    following = 0
    for word in words:
        while following < len(turns) and turns[following].start_ms <= word.end_ms + nearest_ms:
            near.append(turns[following])
            following += 1
        near = [turn for turn in near if turn.end_ms >= word.start_ms - nearest_ms]
        # A long word before this one may have let in turns that begin too late for it.
        yield word, [turn for turn in near if turn.start_ms <= word.end_ms + nearest_ms]


def _label(word: Span, near: Sequence[Turn]) -> str | None:
    shared: dict[str, int] = {}
    for turn in near:
        common_ms = min(word.end_ms, turn.end_ms) - max(word.start_ms, turn.start_ms)
        if common_ms > 0:
            shared[turn.label] = shared.get(turn.label, 0) + common_ms
    if shared:
        return max(shared, key=lambda label: shared[label])
    if not near:
        return None
    return min(near, key=lambda turn: max(turn.start_ms - word.end_ms, word.start_ms - turn.end_ms, 0)).label
