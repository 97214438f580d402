"""Does the reply belong to the prompt: the true reply is ranked among replies to other prompts of the holdout.

Rivals are drawn from the holdout's own replies. Popular or word-sharing rivals decide the outcome by
themselves (tf-idf ranks below chance against popular ones), so they are not used. Ties share their ranks,
so that a model which tells nothing apart scores chance. Shape suffixes: S samples, C candidates.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa
from dougpt_schema import Model
from numpy.typing import NDArray

from dougpt_eval.answers import logprobs_of
from dougpt_eval.resampling import Estimate, Floats, Resampler, per_recording, ratio
from dougpt_eval.settings import EvaluateSettings
from dougpt_eval.suite import Suite, with_prompts_of, with_replies, without_prompts

ROW_TEXTS = 32
SCORES = ("logprob", "per_byte", "pmi")


def measure_relevance(
    model: Model, suite: Suite, resampler: Resampler, settings: EvaluateSettings
) -> dict[str, Estimate]:
    """Return MRR, hits@1, hits@5 and MRR less that under shuffled prompts, by three scores."""
    task = RankingTask.of(suite, settings)
    if task is None:
        return {}
    lists = task.samples
    likely = logprobs_of(model, lists)
    other = logprobs_of(model, with_prompts_of(lists, task.shuffled))
    silent = _without_prompts(model, lists, task.texts)
    found: dict[str, Estimate] = {}
    for score in SCORES:
        true = task.outcomes(_scores(score, *row) for row in zip(likely, silent, task.texts, strict=True))
        shuffled = task.outcomes(_scores(score, *row) for row in zip(other, silent, task.texts, strict=True))
        columns = {"mrr": true[0], "hits_at_1": true[1], "hits_at_5": true[2], "gain": true[0] - shuffled[0]}
        found |= {f"{name}_{score}": task.estimate(values_S, resampler) for name, values_S in columns.items()}
    return found


class RankingTask:
    """Windows, each with a list of candidate replies of which one is true, in a drawn order."""

    def __init__(
        self, suite: Suite, places_S: NDArray[np.int64], texts: list[list[str]], true: list[int], shuffled: pa.Table
    ) -> None:
        self.texts, self.true, self.shuffled = texts, true, shuffled
        self.samples = with_replies(suite.samples.take(places_S), texts)
        self._recording_S = suite.recording_of[places_S]
        self._recordings = len(suite.recordings)

    @classmethod
    def of(cls, suite: Suite, settings: EvaluateSettings) -> "RankingTask | None":
        """Draw windows, the reply of each that is looked for, and its rivals; None where there are no rivals."""
        pool = [text for texts in suite.replies for text in texts]
        donors = suite.derangement(settings.seed)
        places, lists, true = [], [], []
        for place in suite.some(settings.ranked, settings.seed):
            rng = np.random.default_rng([settings.seed, 3, int(place)])
            own = suite.replies[place]
            rivals = _rivals(pool, own, settings.candidates - 1, rng)
            if not rivals:
                continue
            candidates = [own[int(rng.integers(len(own)))], *rivals]
            order = rng.permutation(len(candidates))
            places.append(place)
            lists.append([candidates[index] for index in order])
            true.append(int(np.flatnonzero(order == 0)[0]))
        if not places:
            return None
        chosen = np.array(places, dtype=np.int64)
        return cls(suite, chosen, lists, true, suite.samples.take(donors[chosen]))

    def outcomes(self, scores: Iterable[Floats]) -> Floats:
        """Return reciprocal rank, hit@1 and hit@5 of the true reply, a row each with one number a window."""
        return np.array([ranks(scores_C, true) for scores_C, true in zip(scores, self.true, strict=True)]).T

    def estimate(self, values_S: Floats, resampler: Resampler) -> Estimate:
        """Return the mean over windows."""
        sums_R = per_recording(values_S, self._recording_S, self._recordings)
        return resampler.estimate(
            ratio(sums_R, per_recording(np.ones(len(values_S)), self._recording_S, self._recordings))
        )


def ranks(scores_C: Floats, true: int) -> tuple[float, float, float]:
    """Return reciprocal rank, hit@1 and hit@5 of the true candidate, each the mean over the order of ties."""
    above = int(np.sum(scores_C > scores_C[true]))
    tied = int(np.sum(scores_C == scores_C[true]))
    places = np.arange(above + 1, above + tied + 1)
    return float(np.mean(1 / places)), float(np.mean(places <= 1)), float(np.mean(places <= 5))


def _without_prompts(model: Model, lists: pa.Table, texts: list[list[str]]) -> list[list[float]]:
    """Return the log-probabilities without a prompt, each text asked for once at each pace of the chat."""
    paces = lists["rate_bucket"].to_pylist()
    known: dict[tuple[str, str], float] = {}
    for pace in sorted(set(paces)):
        asked = sorted({text for own, row in zip(paces, texts, strict=True) if own == pace for text in row})
        chunks = [asked[start : start + ROW_TEXTS] for start in range(0, len(asked), ROW_TEXTS)]
        like = lists.slice(paces.index(pace), 1)
        rows = with_replies(pa.concat_tables([like] * len(chunks)), chunks)
        numbers = logprobs_of(model, without_prompts(rows))
        known |= {
            (pace, text): number for row in zip(chunks, numbers, strict=True) for text, number in zip(*row, strict=True)
        }
    return [[known[pace, text] for text in row] for pace, row in zip(paces, texts, strict=True)]


def _rivals(pool: Sequence[str], own: Sequence[str], most: int, rng: np.random.Generator) -> list[str]:
    """Draw replies as often as chat says them, none twice: rare rivals would let mere popularity win."""
    taken = {text.casefold() for text in own}
    drawn: list[str] = []
    for place in rng.permutation(len(pool)):
        text = pool[place]
        if len(drawn) < most and text.casefold() not in taken:
            taken.add(text.casefold())
            drawn.append(text)
    return drawn


def _scores(score: str, likely: Sequence[float], silent: Sequence[float], texts: Sequence[str]) -> Floats:
    scores_C = np.array(likely, dtype=np.float64)
    if score == "per_byte":
        scores_C /= [len(text.encode()) + 1 for text in texts]
    elif score == "pmi":
        scores_C -= silent
    return scores_C
