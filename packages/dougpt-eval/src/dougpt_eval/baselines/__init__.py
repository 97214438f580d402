"""What any model must beat, each itself a `Model`, fitted on the training split."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

import pyarrow as pa
from dougpt_schema import Model

from dougpt_eval.baselines import prompt_blind
from dougpt_eval.baselines.prompt_blind import TrainingText
from dougpt_eval.baselines.retrieval import AnotherMinute, Retrieval, WordOverlap
from dougpt_eval.settings import EvaluateSettings
from dougpt_eval.suite import replies_of

__all__ = ["Contender", "fit_baselines", "lacking"]

EXTRAS = {"markov": "markovify"}
"""Baselines that stand on a library of an extra of their own name."""


@dataclass(frozen=True, slots=True)
class Contender:
    """Something that is measured.

    Attributes:
        name: Its name in tables.
        what: What it is, in a few words.
        model: It itself.
        likely: Whether its log-probabilities are probabilities, so that bits per byte mean something.
        ranks: Whether it can rank replies.
        speaks: Whether it generates replies.
    """

    name: str
    what: str
    model: Model
    likely: bool = True
    ranks: bool = True
    speaks: bool = True


def fit_baselines(training: pa.Table, emote_vocabulary: Sequence[str], settings: EvaluateSettings) -> list[Contender]:
    """Return the baselines that the settings name, in the order of the settings, but those of `lacking`."""
    text = TrainingText(replies_of(training), settings.ngram_order)
    makers: dict[str, Callable[[], Contender]] = {
        "characters": lambda: Contender(
            "characters", "characters by how often they occur", prompt_blind.characters(text)
        ),
        "words": lambda: Contender("words", "words by how often they occur", prompt_blind.words(text, order=1)),
        "character_ngram": lambda: Contender(
            "character_ngram", f"characters after the {text.ngram_order - 1} before", prompt_blind.character_ngram(text)
        ),
        "word_ngram": lambda: Contender("word_ngram", "a Markov chain over words", prompt_blind.words(text, order=2)),
        "markov": lambda: Contender("markov", "a Markov chain by markovify", _markov(text), likely=False, ranks=False),
        "messages": lambda: Contender("messages", "the most frequent message, always", prompt_blind.messages(text)),
        "emotes": lambda: Contender(
            "emotes", "single emotes by how often they occur", prompt_blind.emotes(text, emote_vocabulary)
        ),
        "retrieval": lambda: Contender(
            "retrieval",
            "replies to the training prompt nearest by BM25",
            Retrieval(training, prompt_blind.messages(text)),
        ),
        "tfidf": lambda: Contender(
            "tfidf", "ranks replies by words shared with the prompt", WordOverlap(training), likely=False, speaks=False
        ),
        "another_minute": lambda: Contender(
            "another_minute", "real chat of another moment", AnotherMinute(training), likely=False, ranks=False
        ),
    }
    gone = lacking(settings)
    return [makers[name]() for name in settings.baselines if name not in gone]


def lacking(settings: EvaluateSettings) -> list[str]:
    """Return the baselines of the settings whose library is not installed; the report says which."""
    return [name for name in settings.baselines if name in EXTRAS and find_spec(EXTRAS[name]) is None]


def _markov(text: TrainingText) -> Model:
    from dougpt_eval.baselines.markov import MarkovChain  # noqa: PLC0415 - an extra

    return MarkovChain(text)
