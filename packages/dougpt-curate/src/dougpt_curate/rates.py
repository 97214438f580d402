"""How fast chat was around a turn, in words that a prompt can carry.

The rate counts everybody's messages, answers or not, over the turn and `rate_window_s` to either side.
Chat runs on its own clock; where the turn lies on it is told by the turn's own links, each of which
says by how much its event is later on that clock than on the recording's.
"""

from enum import StrEnum

import numpy as np
import polars as pl
from dougpt_schema import ChatKind

from dougpt_curate.settings import CurateSettings

SAID = (ChatKind.MESSAGE.value, ChatKind.ACTION.value, ChatKind.COMMAND.value)
MINUTE_MS = 60_000


class RateBucket(StrEnum):
    """Speeds of chat; the borders are settings, by default 15, 60 and 240 messages a minute."""

    SLOW = "slow"
    STEADY = "steady"
    FAST = "fast"
    FLOOD = "flood"


def chat_rates(turns: pl.DataFrame, events: pl.DataFrame, settings: CurateSettings) -> pl.Series:
    """Return the messages a minute around each turn.

    Args:
        turns: Rows of `recording_id`, `start_ms`, `end_ms` and `shift_ms`, chat's clock minus the recording's.
        events: Rows of `recording_id`, `offset_ms` and `kind`.
        settings: The window.
    """
    window_ms = round(settings.rate_window_s * 1000)
    since, until = (
        turns.select(
            since=pl.col("start_ms") + pl.col("shift_ms") - window_ms,
            until=pl.col("end_ms") + pl.col("shift_ms") + window_ms,
        )
        .to_numpy()
        .T
    )
    said = events.filter(pl.col("kind").is_in(SAID))
    names = pl.concat([said["recording_id"], turns["recording_id"]]).unique().sort()
    place = {name: number for number, name in enumerate(names)}
    recording_E = said["recording_id"].replace_strict(place, return_dtype=pl.Int64).to_numpy()
    recording_T = turns["recording_id"].replace_strict(place, return_dtype=pl.Int64).to_numpy()
    offset_E = said["offset_ms"].to_numpy()

    first = min(offset_E.min(initial=0), since.min(initial=0))
    stride = max(offset_E.max(initial=0), until.max(initial=0)) - first + 1
    axis = np.sort(recording_E * stride + offset_E - first)
    base = recording_T * stride - first
    messages = np.searchsorted(axis, base + until) - np.searchsorted(axis, base + since)
    return pl.Series("rate", messages * MINUTE_MS / np.maximum(until - since, 1), dtype=pl.Float64)


def bucket(rate: pl.Expr, settings: CurateSettings) -> pl.Expr:
    """The `RateBucket` of messages a minute."""
    return (
        pl.when(rate < settings.slow_below)
        .then(pl.lit(RateBucket.SLOW.value))
        .when(rate < settings.steady_below)
        .then(pl.lit(RateBucket.STEADY.value))
        .when(rate < settings.fast_below)
        .then(pl.lit(RateBucket.FAST.value))
        .otherwise(pl.lit(RateBucket.FLOOD.value))
    )
