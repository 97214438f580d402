"""Baselines that look at the prompt without understanding it: what was answered when he last said such words."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from functools import cached_property

import bm25s  # type: ignore[import-untyped]
import numpy as np
import pyarrow as pa
from dougpt_schema import Model, fingerprint
from numpy.typing import NDArray

from dougpt_eval.baselines.prompt_blind import seeded
from dougpt_eval.suite import prompts_of, replies_of

NEIGHBOURS = 10
# How far the neighbours' replies are believed against the channel's habits; a tenth keeps an unseen reply possible.
BELIEF = 0.1
CANDIDATE_SHARPNESS = 10.0

_TERM = re.compile(r"\w+")


class Retrieval:
    """A `Model` that repeats the burst of the training prompt nearest by BM25 (Robertson's, bm25s's defaults).

    Its probabilities mix the replies of the ten nearest prompts into a prompt-blind model.
    """

    def __init__(self, training: pa.Table, blind: Model) -> None:
        self._bursts = replies_of(training)
        self._prompts = prompts_of(training)
        self._blind = blind
        self._index = bm25s.BM25()
        self._terms = [terms_of(prompt) for prompt in self._prompts]
        if any(self._terms):
            self._index.index(self._terms, show_progress=False)

    @property
    def fingerprint(self) -> str:
        """A hash of the training prompts and replies."""
        return fingerprint("retrieval", self._prompts, self._bursts, self._blind.fingerprint)

    def logprobs(self, samples: pa.Table) -> list[list[float]]:
        """Return the log-probability of each reply under the mixture."""
        blind, texts = self._blind.logprobs(samples), replies_of(samples)
        return [
            self._mixed(prompt, replies, logs)
            for prompt, replies, logs in zip(prompts_of(samples), texts, blind, strict=True)
        ]

    def generate(self, samples: pa.Table, seed: int) -> list[list[str]]:
        """Return the nearest burst of each sample; no seed changes it."""
        del seed
        return [
            list(self._bursts[nearest[0]]) if len(nearest := self._nearest(prompt)) else []
            for prompt in prompts_of(samples)
        ]

    def _mixed(self, prompt: str, replies: Sequence[str], blind: Sequence[float]) -> list[float]:
        nearest = self._nearest(prompt)
        if not len(nearest):
            return list(blind)
        said = Counter(reply for place in nearest for reply in self._bursts[place])
        total = said.total()
        return [
            math.log((1 - BELIEF) * math.exp(log) + BELIEF * said[reply] / total)
            if said[reply]
            else math.log(1 - BELIEF) + log
            for reply, log in zip(replies, blind, strict=True)
        ]

    def _nearest(self, prompt: str) -> NDArray[np.int64]:
        terms = terms_of(prompt)
        if not terms or not any(self._terms):
            return np.empty(0, dtype=np.int64)
        scores = np.asarray(self._index.get_scores(terms))
        order = np.argsort(-scores, kind="stable")[:NEIGHBOURS]
        return order[scores[order] > 0].astype(np.int64)


class WordOverlap:
    """A ranker: cosine of the tf-idf vectors of prompt and reply. Its numbers are scores, not probabilities."""

    def __init__(self, training: pa.Table) -> None:
        texts = [
            [*terms_of(prompt), *(term for reply in replies for term in terms_of(reply))]
            for prompt, replies in zip(prompts_of(training), replies_of(training), strict=True)
        ]
        self._documents = Counter(term for terms in texts for term in set(terms))
        self._size = len(texts)

    @cached_property
    def fingerprint(self) -> str:
        """A hash of the document frequencies."""
        return fingerprint("tfidf", self._size, dict(self._documents))

    def logprobs(self, samples: pa.Table) -> list[list[float]]:
        """Return ten times the cosine, less ten, for each reply."""
        return [
            [CANDIDATE_SHARPNESS * (self._cosine(prompt, reply) - 1) for reply in replies]
            for prompt, replies in zip(prompts_of(samples), replies_of(samples), strict=True)
        ]

    def generate(self, samples: pa.Table, seed: int) -> list[list[str]]:
        """Return no replies: it ranks what others say."""
        del seed
        return [[] for _ in range(len(samples))]

    def _cosine(self, prompt: str, reply: str) -> float:
        left, right = self._vector(prompt), self._vector(reply)
        norm = math.hypot(*left.values()) * math.hypot(*right.values())
        return sum(weight * right.get(term, 0.0) for term, weight in left.items()) / norm if norm else 0.0

    def _vector(self, text: str) -> dict[str, float]:
        return {
            term: (1 + math.log(count)) * math.log((1 + self._size) / (1 + self._documents[term]) + 1)
            for term, count in Counter(terms_of(text)).items()
        }


class AnotherMinute:
    """The real chat of other moments: as like as can be, and about something else."""

    def __init__(self, training: pa.Table) -> None:
        self._bursts = replies_of(training)

    @cached_property
    def fingerprint(self) -> str:
        """A hash of the bursts."""
        return fingerprint("another minute", self._bursts)

    def logprobs(self, samples: pa.Table) -> list[list[float]]:
        """Return 0 for each reply: it speaks and does not judge."""
        return [[0.0] * len(replies) for replies in replies_of(samples)]

    def generate(self, samples: pa.Table, seed: int) -> list[list[str]]:
        """Return a real burst of the training split, drawn for each sample."""
        if not self._bursts:
            return [[] for _ in range(len(samples))]
        return [
            list(seeded("another minute", seed, sample_id).choice(self._bursts))
            for sample_id in samples["sample_id"].to_pylist()
        ]


def terms_of(text: str) -> list[str]:
    """Return the words of a text, casefolded and without punctuation."""
    return _TERM.findall(text.casefold())
