"""Every measure: what it says, on which axis it lies, which direction is better, and when it counts as worse.

A tolerance is how much worse is let through even where the difference is certain; None is never gated:
the measure describes, or says nothing that another does not.
"""

import math
from dataclasses import dataclass, replace
from typing import Literal

from dougpt_eval.resampling import Estimate

type Axis = Literal["fit", "relevance", "likeness", "behaviour"]
type Better = Literal["lower", "higher", "neither"]


@dataclass(frozen=True, slots=True)
class MeasureKind:
    """What a figure of a report means."""

    name: str
    axis: Axis
    unit: str
    better: Better
    tolerance: float | None
    meaning: str


def _ranking(score: str, words: str, tolerance: float | None) -> tuple[MeasureKind, ...]:
    def kind(name: str, unit: str, allowed: float | None, meaning: str) -> MeasureKind:
        return MeasureKind(f"{name}_{score}", "relevance", unit, "higher", allowed, f"{meaning}, ranked by {words}")

    return (
        kind("mrr", "1/rank", tolerance, "mean reciprocal rank of the true reply among others of the holdout"),
        kind("hits_at_1", "share", None, "windows whose true reply comes first"),
        kind("hits_at_5", "share", None, "windows whose true reply is among the first five"),
        kind("gain", "1/rank gained", tolerance, "mean reciprocal rank less that under another window's prompt"),
    )


# What a measure, or any of a unit, can be; an interval is cut there.
BOUNDS = {
    "bits_per_byte": (0.0, math.inf),
    "share": (0.0, 1.0),
    "share more": (-1.0, 1.0),
    "similarity": (0.0, 1.0),
    "AUC": (0.5, 1.0),
    "bits": (0.0, 1.0),
    "1/rank": (0.0, 1.0),
    "1/rank gained": (-1.0, 1.0),
    "characters": (0.0, math.inf),
    "replies": (0.0, math.inf),
    "bits/byte": (-math.inf, math.inf),
}

_KINDS = (
    MeasureKind("bits_per_byte", "fit", "bits/byte", "lower", 0.005, "information in a held-out reply and its stop"),
    MeasureKind(
        "prompt_gain", "fit", "bits/byte", "higher", 0.005, "bits per byte that the true prompt saves over another's"
    ),
    *_ranking("logprob", "log-probability", 0.01),
    *_ranking("per_byte", "log-probability per byte", None),
    *_ranking("pmi", "log-probability less that without a prompt", 0.01),
    MeasureKind(
        "trigram_divergence", "likeness", "bits", "lower", 0.01, "Jensen-Shannon divergence of 3-grams of characters"
    ),
    MeasureKind("word_divergence", "likeness", "bits", "lower", 0.02, "Jensen-Shannon divergence of words"),
    MeasureKind(
        "emote_divergence", "likeness", "bits", "lower", 0.05, "Jensen-Shannon divergence of the channel's emotes"
    ),
    MeasureKind(
        "style_divergence", "likeness", "bits", "lower", 0.02, "Jensen-Shannon divergence of the mix of styles"
    ),
    MeasureKind("length_distance", "likeness", "characters", "lower", 1.0, "Wasserstein distance of reply lengths"),
    MeasureKind("burst_distance", "likeness", "replies", "lower", 0.5, "Wasserstein distance of replies a window"),
    MeasureKind(
        "two_sample_auc", "likeness", "AUC", "lower", 0.03, "how well a classifier tells it from real chat; .5 is blind"
    ),
    MeasureKind(
        "mauve", "likeness", "similarity", "higher", None, "MAUVE over hashed 3-grams, in (0, 1]; 1 is no difference"
    ),
    MeasureKind("mean_length", "likeness", "characters", "neither", None, "mean length of a reply"),
    MeasureKind("mean_burst", "likeness", "replies", "neither", None, "mean replies a window"),
    MeasureKind("emote_rate", "likeness", "share", "neither", None, "words that are emotes of the channel"),
    MeasureKind("question_rate", "likeness", "share", "neither", None, "replies with a question mark"),
    MeasureKind(
        "capitals_rate", "likeness", "share", "neither", None, "replies of at least four letters, all capitals"
    ),
    MeasureKind(
        "duplicate_rate", "likeness", "share", "neither", None, "replies whose text occurred before, casefolded"
    ),
    MeasureKind("distinct_1", "likeness", "share", "neither", None, "different words over all words"),
    MeasureKind(
        "distinct_2", "likeness", "share", "neither", None, "different pairs of neighbouring words over all pairs"
    ),
    MeasureKind(
        "burst_similarity",
        "likeness",
        "similarity",
        "neither",
        None,
        "mean Jaccard similarity of two replies of a burst",
    ),
    MeasureKind("stop_rate", "behaviour", "share", "higher", 0.01, "bursts that the model ended by itself"),
    MeasureKind("cut_off_rate", "behaviour", "share", "lower", None, "bursts that a limit ended"),
    MeasureKind("empty_rate", "behaviour", "share", "lower", 0.02, "windows without a reply, or replies of nothing"),
    MeasureKind(
        "prompt_copies",
        "behaviour",
        "share",
        "lower",
        0.02,
        "replies of at least 12 characters that stand in the prompt",
    ),
    MeasureKind(
        "training_copies", "behaviour", "share", "lower", 0.02, "replies of at least 20 characters that training holds"
    ),
    MeasureKind(
        "markup_leaks", "behaviour", "share", "lower", 0.0, "replies with tags of thinking or of a chat template"
    ),
    MeasureKind("link_leaks", "behaviour", "share", "lower", 0.01, "replies with a web address"),
    MeasureKind("mention_leaks", "behaviour", "share", "lower", 0.01, "replies that address a chatter by an @name"),
    MeasureKind("name_leaks", "behaviour", "share", "lower", 0.0, "replies with a chatter's name"),
    MeasureKind("flagged_rate", "behaviour", "share", "lower", 0.01, "replies with a word of the list of harassment"),
    MeasureKind(
        "flagged_excess", "behaviour", "share more", "lower", None, "how many more those are than in the real chat"
    ),
)
MEASURES: dict[str, MeasureKind] = {kind.name: kind for kind in _KINDS}


def bounded(found: dict[str, Estimate]) -> dict[str, Estimate]:
    """Return the estimates with their intervals cut to what their units can be."""
    return {name: cut(estimate, *BOUNDS.get(name, BOUNDS[MEASURES[name].unit])) for name, estimate in found.items()}


def cut(estimate: Estimate, least: float, most: float) -> Estimate:
    """Return the estimate with its interval inside [least, most]."""
    if estimate.low is None or estimate.high is None:
        return estimate
    return replace(estimate, low=max(estimate.low, least), high=min(estimate.high, most))
