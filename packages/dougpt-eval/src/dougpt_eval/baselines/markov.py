"""A Markov chain by a library that others maintain (markovify, extra `markov`), for what it says.

It draws sentences and gives no probabilities, so it is heard and not asked what it expects; the n-gram models beside
it are our own and are.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from itertools import islice

import markovify  # type: ignore[import-untyped]
import pyarrow as pa
from dougpt_schema import fingerprint

from dougpt_eval.baselines.prompt_blind import TrainingText, seeded
from dougpt_eval.suite import replies_of

STATE_WORDS = 2
MOST_WORDS = 100


class MarkovChain:
    """A `Model` that speaks: a chain over the words of the training replies that looks two words back."""

    def __init__(self, text: TrainingText) -> None:
        self._text = text
        runs = [words for message in text.messages if (words := message.split())]
        self._chain = markovify.Chain(runs, STATE_WORDS) if runs else None

    @cached_property
    def fingerprint(self) -> str:
        """A hash of what it learnt from."""
        return fingerprint("markovify", STATE_WORDS, self._text.fingerprint)

    def logprobs(self, samples: pa.Table) -> list[list[float]]:
        """Return 0 for each reply: it speaks and does not judge."""
        return [[0.0] * len(replies) for replies in replies_of(samples)]

    def generate(self, samples: pa.Table, seed: int) -> list[list[str]]:
        """Draw a burst for each sample, as long as one of the training split."""
        bursts = []
        for sample_id in samples["sample_id"].to_pylist():
            own = seeded("markovify", seed, sample_id)
            size = len(own.choice(self._text.bursts)) if self._text.bursts else 0
            with _global_draws(own.getrandbits(64)):
                bursts.append([self._draw() for _ in range(size)])
        return bursts

    def _draw(self) -> str:
        return "" if self._chain is None else " ".join(islice(self._chain.gen(), MOST_WORDS))


@contextmanager
def _global_draws(seed: int) -> Iterator[None]:
    """Let `seed` decide the draws of the `random` module, which is where markovify takes its own from."""
    before = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(before)
