"""What every engine does, so that cutting, keeping, doubting and aligning is written once for all of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from dougpt_media.audio import Audio
from dougpt_media.windows import Span


@dataclass(frozen=True, slots=True)
class HeardWord:
    """A word with the time that the recogniser gives it, in milliseconds on the recording's clock."""

    start_ms: int
    end_ms: int
    text: str
    probability: float | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of speech as recognised.

    Attributes:
        start_ms: Where it begins on the recording's clock.
        end_ms: Where it has ended.
        text: What is said.
        words: Its words, where the engine times them.
        logprob: Mean log-probability of its tokens, where the engine knows it.
        doubts: Why it may be made up; empty where nothing speaks against it.
    """

    start_ms: int
    end_ms: int
    text: str
    words: tuple[HeardWord, ...] = field(default=())
    logprob: float | None = None
    doubts: tuple[str, ...] = ()


class Engine(Protocol):
    """A recogniser; its model is loaded when it is first needed and is given back by `close`.

    Attributes:
        facts: Model and version, for the report.
        versions: The distributions that decide what is recognised.
        warnings: What to tell people whatever was said.
        aligner: Which forced aligner belongs to it, if any.
    """

    facts: dict[str, str | float]
    versions: tuple[str, ...]
    warnings: tuple[str, ...]
    aligner: str | None

    def speech(self, audio: Audio) -> list[Span]:
        """Return where somebody speaks."""

    def recognise(self, audio: Audio, batch_size: int) -> list[Piece]:
        """Return what is said, in order, on the recording's clock."""

    def again(self, audio: Audio) -> list[Piece] | None:
        """Return what is said by the engine's most careful way, or None where it has but one."""

    def close(self) -> None:
        """Give back the model's memory."""


def speech_in(spans: Sequence[Span], from_ms: int, to_ms: int) -> list[Span]:
    """Return the parts of the spans that lie in a stretch."""
    return [
        Span(max(span.start_ms, from_ms), min(span.end_ms, to_ms))
        for span in spans
        if span.end_ms > from_ms and span.start_ms < to_ms
    ]
