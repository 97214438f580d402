"""How a channel's chat talks, as numbers that a model of it can be compared with.

| name | key | value |
| --- | --- | --- |
| `replies_per_turn`, `characters`, `words`, `lag_ms` | `mean`, `p05`, `p25`, `p50`, `p75`, `p95` | over replies |
| `share` | `emote_only`, `capitals`, `repeated` | share of the replies |
| `style` | a style | its share of the messages, before any balance |
| `rate` | a speed of chat | its share of the samples |
| `emote` | an emote's name | share of the replies that hold it, the `MOST_EMOTES` most frequent |
| `count` | `samples`, `replies`, `messages`, `recordings` | what the numbers rest on |
"""

from collections.abc import Iterable, Iterator

import polars as pl
import pyarrow as pa
from dougpt_schema import PROFILE

from dougpt_curate import balance

MOST_EMOTES = 200
QUANTILES = {"p05": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95}

Number = tuple[str, str, float]


def make_profile(replies: pl.DataFrame, rate_buckets: pl.Series, channel: str) -> pa.Table:
    """Return the profile of `replies`, rows of `samples.Piece.replies`, and of their samples' speeds of chat."""
    if not len(replies):
        return PROFILE.empty()
    rows = [
        {"channel": channel, "name": name, "key": key, "value": round(float(value), 4)}
        for name, key, value in (*_numbers(replies), *_rates(rate_buckets), *_emotes(replies))
    ]
    return PROFILE.table(rows)


def _numbers(replies: pl.DataFrame) -> Iterator[Number]:
    turns = replies.group_by("recording_id", "turn").len()
    yield from _spread("replies_per_turn", turns["len"])
    for name in ("characters", "words", "lag_ms"):
        yield from _spread(name, replies[name])
    yield "share", "emote_only", _mean(replies["emote_share"] >= 1)
    yield "share", "capitals", _mean(replies["capitals"])
    yield "share", "repeated", _mean(replies["multiplicity"] > 1)
    for style, share in balance.mix(replies, pl.col("multiplicity")).items():
        yield "style", style, share
    yield "count", "samples", len(turns)
    yield "count", "replies", len(replies)
    yield "count", "messages", float(replies["multiplicity"].sum())
    yield "count", "recordings", replies["recording_id"].n_unique()


def _rates(rate_buckets: pl.Series) -> Iterator[Number]:
    for rate, count in sorted(rate_buckets.value_counts().rows()):
        yield "rate", rate, count / len(rate_buckets)


def _emotes(replies: pl.DataFrame) -> Iterable[Number]:
    found = (
        replies.select(name=pl.col("emotes").list.unique())
        .explode("name")
        .drop_nulls()
        .group_by("name")
        .len()
        .sort("len", "name", descending=[True, False])
        .head(MOST_EMOTES)
    )
    return [("emote", name, count / len(replies)) for name, count in found.rows()]


def _spread(name: str, values: pl.Series) -> Iterator[Number]:
    yield name, "mean", _mean(values)
    for key, share in QUANTILES.items():
        yield name, key, float(values.quantile(share, "linear") or 0)


def _mean(values: pl.Series) -> float:
    mean = values.mean()
    return float(mean) if isinstance(mean, int | float) else 0.0
