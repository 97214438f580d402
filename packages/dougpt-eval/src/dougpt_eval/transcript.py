"""A prompt for a model that knows nothing of ours: a transcript with a few examples, to be gone on with.

A model that dougpt-train made is asked in the form that it was trained on, by dougpt-train. This form is for any other
one, such as a base model behind a server.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Literal, Protocol

import numpy as np
import pyarrow as pa
from dougpt_schema import fingerprint

type Form = Literal["burst", "single"]

HEADING = "A streamer talks, and the viewers in his chat answer him.\n\n"
MOST_REPLIES = 6


class Prompting(Protocol):
    """How samples become texts that a model is asked with."""

    @property
    def stop(self) -> str:
        """The text behind an answer, by which the model says that it is over."""

    @property
    def fingerprint(self) -> str:
        """A hash of what decides the texts."""

    def prompts(self, samples: pa.Table, form: Form) -> list[str]:
        """Return what is asked, for all replies of a burst or for a single one."""


class Transcript:
    """Turns of speech and of chat, a blank line between answers; `examples` stand in front, real ones.

    Args:
        examples: A samples table of the training split, in the order in which they are shown.
        context_lines: How many earlier utterances are shown.
    """

    stop = "\n\n"

    def __init__(self, examples: pa.Table, *, context_lines: int = 1) -> None:
        self._examples = examples.select(["context", "prompt", "responses", "rate_bucket"])
        self._context_lines = context_lines

    @cached_property
    def fingerprint(self) -> str:
        """A hash of the examples."""
        return fingerprint("transcript", self._context_lines, self._examples.to_pylist())

    def prompts(self, samples: pa.Table, form: Form) -> list[str]:
        """Return the transcripts, each open for chat to answer."""
        shown = "".join(
            self._turn(row, form) + "\n".join(_replies(row, form)) + self.stop for row in self._examples.to_pylist()
        )
        return [HEADING + shown + self._turn(row, form) for row in samples.to_pylist()]

    def _turn(self, row: Mapping[str, Any], form: Form) -> str:
        context = row["context"][-self._context_lines :] if self._context_lines else []
        said = [_line(text) for text in (*context, row["prompt"])]
        pace = "one reply" if form == "single" else row["rate_bucket"] or "chat"
        return "".join(f"Streamer: {text}\n" for text in said) + f"Chat ({_line(pace)}):\n"


def draw_examples(training: pa.Table, count: int, seed: int) -> pa.Table:
    """Return at most `count` training samples drawn by `seed`, those with several replies first."""
    sizes_S = np.array([len(replies) for replies in training["responses"].to_pylist()])
    order_S = np.random.default_rng([seed, 8]).permutation(len(training))
    several = sorted(order_S, key=lambda place: sizes_S[place] < 2)
    return training.take(pa.array(several[:count], pa.int64()))  # typed: none are drawn too, and have no type


def _replies(row: Mapping[str, Any], form: Form) -> Sequence[str]:
    texts = [_line(reply["text"]) for reply in row["responses"]]
    return texts[: 1 if form == "single" else MOST_REPLIES]


def _line(text: str) -> str:
    return " ".join(text.split())
