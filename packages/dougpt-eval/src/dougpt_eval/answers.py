"""What a model hands back, checked: a wrong shape or a number that is none would spoil every figure silently."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import pyarrow as pa
from dougpt_schema import DougptError, Model

# Sums of rounded logarithms may end a hair above 0.
SLACK = 1e-3


class ModelAnswerError(DougptError):
    """A model broke the Model protocol.

    Attributes:
        sample_id: The first sample that it broke it on.
    """

    def __init__(self, sample_id: str, found: str) -> None:
        self.sample_id = sample_id
        super().__init__(f"the model's answer to sample {sample_id} is not usable: {found}")


class CannotScoreError(DougptError):
    """A model speaks and gives no log-probabilities, such as a server that keeps them to itself."""


class Answer(Protocol):
    """The replies of a burst, and whether the model ended it by itself."""

    @property
    def replies(self) -> list[str]:
        """The replies in order."""

    @property
    def stopped(self) -> bool:
        """Whether the burst ended by a stop and not by a limit."""


@runtime_checkable
class SaysHowItStopped(Protocol):
    """A `Model` that also tells which of its bursts a limit cut off."""

    def answers(self, samples: pa.Table, seed: int) -> Sequence[Answer]:
        """Return what `generate` does, and how each burst ended."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a model said: for each sample its replies and, where the model tells, whether it stopped by itself."""

    bursts: list[list[str]]
    stopped: list[bool] | None


def logprobs_of(model: Model, samples: pa.Table) -> list[list[float]]:
    """Return the model's log-probabilities, in nats.

    Raises:
        ModelAnswerError: There is not one finite number at most 0 for each reply.
    """
    answers = model.logprobs(samples)
    ids = samples["sample_id"].to_pylist()
    sizes = [len(replies) for replies in samples["responses"].to_pylist()]
    _require_rows(ids, len(answers))
    for sample_id, size, numbers in zip(ids, sizes, answers, strict=True):
        if len(numbers) != size:
            raise ModelAnswerError(sample_id, f"{len(numbers)} numbers for {size} replies")
        if wrong := [number for number in numbers if not math.isfinite(number) or number > SLACK]:
            raise ModelAnswerError(sample_id, f"{wrong[0]} is no logarithm of a probability")
    return [[min(float(number), 0.0) for number in numbers] for numbers in answers]


def said_by(model: Model, samples: pa.Table, seed: int) -> Said:
    """Return the model's replies to each sample, and how they ended where it tells.

    Raises:
        ModelAnswerError: There is not one list of texts for each sample.
    """
    if not isinstance(model, SaysHowItStopped):
        return Said(bursts_of(model, samples, seed), None)
    answers = model.answers(samples, seed)
    return Said(_texts([answer.replies for answer in answers], samples), [answer.stopped for answer in answers])


def bursts_of(model: Model, samples: pa.Table, seed: int) -> list[list[str]]:
    """Return the model's replies to each sample.

    Raises:
        ModelAnswerError: There is not one list of texts for each sample.
    """
    return _texts(model.generate(samples, seed), samples)


def _texts(answers: Sequence[Sequence[object]], samples: pa.Table) -> list[list[str]]:
    ids = samples["sample_id"].to_pylist()
    _require_rows(ids, len(answers))
    for sample_id, burst in zip(ids, answers, strict=True):
        if isinstance(burst, str) or not all(isinstance(reply, str) for reply in burst):
            raise ModelAnswerError(sample_id, "replies that are no list of texts")
    return [[str(reply) for reply in burst] for burst in answers]


def _require_rows(ids: list[str], found: int) -> None:
    if found != len(ids):
        raise ModelAnswerError(ids[min(found, len(ids) - 1)], f"{found} answers for {len(ids)} samples")
