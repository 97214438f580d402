"""What evaluation and generation may ask of a model, whoever built it."""

from typing import Protocol, runtime_checkable

import pyarrow as pa


@runtime_checkable
class Model(Protocol):
    """A model of what chat answers; samples are tables of the `samples` contract."""

    @property
    def fingerprint(self) -> str:
        """A hash that changes with anything that changes an answer: weights, rendering, sampling."""

    def logprobs(self, samples: pa.Table) -> list[list[float]]:
        """Return, for each sample, one number a response, in the order of `responses`.

        The number is the natural logarithm of the probability of exactly that response and then to stop, given
        the sample's context and prompt.
        """

    def generate(self, samples: pa.Table, seed: int) -> list[list[str]]:
        """Return, for each sample, the replies of one burst in order, maybe none; `seed` alone decides them."""
