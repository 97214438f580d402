"""How chat talks, in counts that add up: those of two parts together are those of the whole, to the last one."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

MEASURED = ("replies_per_turn", "characters", "words", "lag_ms")
FLAGS = ("emote_only", "capitals", "repeated")
WEIGHT_UNIT = 10_000
"""Weights are rounded to so many parts of 1, and counted in them."""


def _counters(names: tuple[str, ...]) -> dict[str, Counter[int]]:
    return {name: Counter() for name in names}


@dataclass(frozen=True, slots=True)
class Talk:
    """Counts over samples and their replies.

    Attributes:
        measured: What is measured -> value -> how often it occurs; over replies, `replies_per_turn` over samples.
        flags: How many replies are nothing but emotes, in capitals, or stand for several messages.
        messages: Style -> how many messages its replies stand for.
        replies: Style -> its replies.
        weights: Style -> the weights of its replies in `WEIGHT_UNIT`.
        emotes: Emote -> the replies that hold it.
        rates: Speed of chat -> samples.
        recordings: How many recordings there are samples of.
    """

    measured: dict[str, Counter[int]] = field(default_factory=lambda: _counters(MEASURED))
    flags: Counter[str] = field(default_factory=Counter)
    messages: Counter[str] = field(default_factory=Counter)
    replies: Counter[str] = field(default_factory=Counter)
    weights: Counter[str] = field(default_factory=Counter)
    emotes: Counter[str] = field(default_factory=Counter)
    rates: Counter[str] = field(default_factory=Counter)
    recordings: int = 0

    @classmethod
    def of(cls, samples: pl.DataFrame, replies: pl.DataFrame, emotes: pl.DataFrame) -> "Talk":
        """Count samples with `recording_id` and `rate_bucket`, their replies and their emotes as in `samples.Piece`."""
        per_turn = replies.group_by("turn").len("replies_per_turn")
        weight = (pl.col("weight").cast(pl.Float64) * WEIGHT_UNIT).round().cast(pl.Int64)
        styles = replies.group_by("style").agg(pl.col("multiplicity").sum(), pl.len(), weight.sum())
        measured = {name: counted(replies[name]) for name in MEASURED[1:]}
        flags = replies.select("emote_only", "capitals", repeated=pl.col("multiplicity") > 1).sum()
        return cls(
            measured={MEASURED[0]: counted(per_turn[MEASURED[0]]), **measured},
            flags=Counter(flags.row(0, named=True)),
            messages=Counter(dict(styles.select("style", "multiplicity").rows())),
            replies=Counter(dict(styles.select("style", "len").rows())),
            weights=Counter(dict(styles.select("style", "weight").rows())),
            emotes=counted(emotes["name"]),
            rates=counted(samples["rate_bucket"]),
            recordings=samples["recording_id"].n_unique(),
        )

    def __add__(self, other: "Talk") -> "Talk":
        """Count both together."""
        return Talk(
            {name: counter + other.measured[name] for name, counter in self.measured.items()},
            self.flags + other.flags,
            self.messages + other.messages,
            self.replies + other.replies,
            self.weights + other.weights,
            self.emotes + other.emotes,
            self.rates + other.rates,
            self.recordings + other.recordings,
        )


def shares(counts: Mapping[str, int]) -> dict[str, float]:
    """Return each name's share of all, sorted by name."""
    total = sum(counts.values()) or 1
    return {name: round(count / total, 4) for name, count in sorted(counts.items())}


def mean(counts: Mapping[int, int]) -> float:
    """Return the mean of counted values, 0 of none."""
    total = sum(counts.values())
    return sum(value * count for value, count in counts.items()) / total if total else 0.0


def quantiles(counts: Mapping[int, int], shares: Sequence[float]) -> list[float]:
    """Return for each share the value below which it lies of the counted values, between two of them in proportion."""
    if not counts:
        return [0.0] * len(shares)
    value_V = np.array(sorted(counts))
    until_V = np.cumsum([counts[value] for value in value_V.tolist()])
    place_S = np.array(shares) * (until_V[-1] - 1)
    lower_S, upper_S = (value_V[np.searchsorted(until_V, side(place_S), side="right")] for side in (np.floor, np.ceil))
    return [float(value) for value in lower_S + (upper_S - lower_S) * (place_S - np.floor(place_S))]


def counted(values: pl.Series) -> Counter[Any]:
    """Return how often each value occurs; nulls are none."""
    return Counter(dict(values.drop_nulls().value_counts().rows()))
