"""How often each reply is sampled, so that no way of talking and no chatter takes over the model.

A reply's weight is the rate at which it is drawn in an epoch. A style that is over its share of the
target mix is thinned to it, one that is under is kept whole; likewise a chatter who wrote too large
a share. Each recording is balanced alone, so that no other recording changes its weights.
"""

import hashlib

import polars as pl
from dougpt_schema import ArrowStream, as_table

from dougpt_curate.settings import CurateSettings

REPLIES_OF_ANYBODY = 5
"""So many replies of one chatter are never too many, however short the recording."""


def weights(replies: pl.DataFrame, settings: CurateSettings) -> pl.Series:
    """Return a rate in [min_weight, 1] for each row of `recording_id`, `style` and `author`, rounded to 1e-4.

    With n_s the share of style s in the recording, steadied by `balance_prior` replies of the target mix t,
    the rate of the style is t_s / n_s, at most 1; that of a chatter with k of N replies is
    `max_author_share` N / k, at most 1. They multiply.
    """
    total = pl.len().over("recording_id")
    target = pl.col("style").replace_strict(settings.target_mix, default=0.0, return_dtype=pl.Float64)
    imagined = settings.balance_prior * target
    natural = (pl.len().over("recording_id", "style") + imagined) / (total + settings.balance_prior)
    allowed = (settings.max_author_share * total).clip(lower_bound=REPLIES_OF_ANYBODY)
    by_author = (
        pl.when(pl.col("author").is_null()).then(1.0).otherwise(allowed / pl.len().over("recording_id", "author"))
    )
    rate = (target / natural).clip(upper_bound=1) * by_author.clip(upper_bound=1)
    return replies.select(weight=rate.clip(settings.min_weight, 1).round(4).cast(pl.Float32)).to_series()


def draw(samples: ArrowStream, seed: int, epoch: int = 0) -> pl.DataFrame:
    """Return samples with the replies that are drawn in one epoch; a sample without any is left out.

    Whether a reply is drawn depends on `seed`, `epoch`, its sample and its event alone.
    """
    rows = pl.DataFrame(as_table(samples))
    each = rows.with_row_index("sample").select("sample", "sample_id", "responses").explode("responses")
    each = each.with_columns(
        event_id=pl.col("responses").struct.field("event_id"), rate=pl.col("responses").struct.field("weight")
    )
    luck = [
        _uniform(f"{seed}:{epoch}:{sample}:{event}") for sample, event in each.select("sample_id", "event_id").rows()
    ]
    drawn = each.with_columns(luck=pl.Series(luck, dtype=pl.Float64)).filter(pl.col("luck") < pl.col("rate"))
    replies = drawn.group_by("sample", maintain_order=True).agg("responses")
    return (
        rows.drop("responses")
        .with_row_index("sample")
        .join(replies, on="sample", maintain_order="left")
        .select(rows.columns)
    )


def _uniform(name: str) -> float:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest()) / 2**64
