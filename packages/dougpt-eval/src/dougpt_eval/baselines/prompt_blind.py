"""Baselines that never look at the prompt: how far the channel's habits alone carry.

Each is a text model (how likely is this message) and a way to draw a message; bursts are as long as those of
the training split.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from random import Random

import pyarrow as pa
from dougpt_schema import fingerprint

from dougpt_eval.baselines.ngram import NGram, character_base, word_base, words_of
from dougpt_eval.suite import replies_of


@dataclass(frozen=True)
class TrainingText:
    """What the baselines learn from: the replies of the training split, burst by burst."""

    bursts: list[list[str]]
    ngram_order: int

    @cached_property
    def messages(self) -> list[str]:
        """All replies, in order."""
        return [text for burst in self.bursts for text in burst]

    @cached_property
    def characters(self) -> NGram:
        """The long character model, which the other baselines fall back on."""
        return NGram(self.messages, order=self.ngram_order, base=character_base)

    @cached_property
    def fingerprint(self) -> str:
        """A hash of the replies and of how they are modelled."""
        return fingerprint(self.bursts, self.ngram_order)


class PromptBlind:
    """A `Model` that answers every prompt alike."""

    def __init__(
        self, name: str, text: TrainingText, logprob: Callable[[str], float], draw: Callable[[Random], str]
    ) -> None:
        self._name = name
        self._text = text
        self._logprob = cache(logprob)
        self._draw = draw

    @property
    def fingerprint(self) -> str:
        """A hash of the baseline's name and of what it learnt from."""
        return fingerprint(self._name, self._text.fingerprint)

    def logprobs(self, samples: pa.Table) -> list[list[float]]:
        """Return the log-probability of each reply, whatever the prompt."""
        return [[self._logprob(reply) for reply in replies] for replies in replies_of(samples)]

    def generate(self, samples: pa.Table, seed: int) -> list[list[str]]:
        """Draw a burst for each sample."""
        bursts = []
        for sample_id in samples["sample_id"].to_pylist():
            random = seeded(self._name, seed, sample_id)
            size = len(random.choice(self._text.bursts)) if self._text.bursts else 0
            bursts.append([self._draw(random) for _ in range(size)])
        return bursts


def characters(text: TrainingText) -> PromptBlind:
    """Characters one by one, by how often they occur."""
    model = NGram(text.messages, order=1, base=character_base)
    return PromptBlind("characters", text, model.logprob, lambda random: "".join(model.draw(random)))


def character_ngram(text: TrainingText) -> PromptBlind:
    """Characters after the few before them."""
    model = text.characters
    return PromptBlind("character_ngram", text, model.logprob, lambda random: "".join(model.draw(random)))


def words(text: TrainingText, *, order: int) -> PromptBlind:
    """Words by how often they occur (order 1), or a Markov chain over them (order 2 and more)."""
    model = NGram([words_of(message) for message in text.messages], order=order, base=word_base(text.characters))
    return PromptBlind(
        f"words of order {order}",
        text,
        lambda message: model.logprob(words_of(message)),
        lambda random: " ".join(word.strip() for word in model.draw(random)),
    )


def messages(text: TrainingText) -> PromptBlind:
    """Whole messages by how often they occur, spelled where unknown; says the most frequent one every time."""
    seen = Counter(text.messages)
    favourite = min(seen, key=lambda message: (-seen[message], message), default="")
    return PromptBlind("messages", text, _whole(seen, text.characters), lambda _random: favourite)


def emotes(text: TrainingText, vocabulary: Sequence[str]) -> PromptBlind:
    """Single emotes by how often they occur; without a vocabulary, single words."""
    every = [word.strip() for message in text.messages for word in words_of(message)]
    known = set(vocabulary)
    seen = Counter(word for word in every if word in known) or Counter(every)
    pool = sorted(seen.elements())
    return PromptBlind(
        "emotes",
        text,
        _whole(seen, text.characters),
        lambda random: random.choice(pool) if pool else "",
    )


def seeded(name: str, seed: int, sample_id: str) -> Random:
    """Return a random generator for one sample, the same whichever samples stand beside it."""
    return Random(f"{name}:{seed}:{sample_id}")  # noqa: S311 - replies are drawn, no secrets


def _whole(seen: Counter[str], characters: NGram) -> Callable[[str], float]:
    total, kinds = seen.total(), len(seen)

    def logprob(message: str) -> float:
        spelled = characters.logprob(message)
        if not seen[message]:
            return spelled + (math.log(kinds / (total + kinds)) if kinds else 0.0)
        return math.log((seen[message] + kinds * math.exp(spelled)) / (total + kinds))

    return logprob
