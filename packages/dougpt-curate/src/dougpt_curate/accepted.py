"""The accepted links of some recordings, each with its message and its turn.

Rows of the tables are named by their numbers: `link` is in the order of recordings and ids of events, `event` in the
order of recordings and time, so that numbers are compared and sorted where it would else be texts.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from dougpt_curate import quality
from dougpt_curate.texts import numbered

EVENT = [
    "recording_id",
    "event_id",
    "offset_ms",
    "kind",
    "author",
    "text",
    "emotes",
    "reply_to",
    "confidence",
    "source_id",
    "source_row",
]
LINK = ["recording_id", "event_id", "utterance_id", "probability", "lag_ms", "decided_by", "accepted"]


@dataclass(frozen=True, slots=True)
class Material:
    """Whole recordings, in the order of the contracts: their utterances, all of their chat, and what was decided."""

    utterances: pl.DataFrame
    events: pl.DataFrame
    links: pl.DataFrame

    @classmethod
    def of(cls, utterances: pa.Table, events: pa.Table, links: pa.Table) -> "Material":
        """Take what is needed of the tables; the rest of chat is large."""
        return cls(pl.DataFrame(utterances), pl.DataFrame(events.select(EVENT)), pl.DataFrame(links.select(LINK)))


def accepted_links(material: Material, turns: pl.DataFrame) -> pl.DataFrame:
    """Return each accepted link with its event, its turn, and by how much chat's clock is ahead there.

    Args:
        material: Some recordings.
        turns: What `turns.turns_of` found in them.

    Returns:
        Rows in the order of links. `event` and what is told of it are null where there is no such event, `turn`
        where there is no such utterance.
    """
    recording = _Recordings(material)
    links = material.links.select(
        "event_id", "utterance_id", "probability", "lag_ms", "decided_by", "accepted", recording.of(material.links)
    )
    links = links.with_row_index("link").filter("accepted").drop("accepted")
    links = links.with_columns(_events_of(links, material.events.select("event_id", recording.of(material.events))))
    spoken = material.utterances.select("recording_id", "utterance_id", "turn_id", utterance_end_ms="end_ms")
    spoken = spoken.with_columns(recording.of(material.utterances)).join(
        turns.select("recording_id", "turn_id", "turn"), on=["recording_id", "turn_id"]
    )
    links = links.drop("event_id").join(
        spoken.drop("recording_id", "turn_id"), on=["recording", "utterance_id"], how="left", maintain_order="left"
    )
    return links.with_columns(_told(material.events).select(pl.all().gather(links["event"]))).with_columns(
        shift_ms=pl.col("at_ms") - pl.col("lag_ms") - pl.col("utterance_end_ms")
    )


class _Recordings:
    """A number for each recording, in their order."""

    def __init__(self, material: Material) -> None:
        tables = (material.utterances, material.events, material.links)
        names = pl.concat([_runs(table["recording_id"])[0] for table in tables]).unique().sort()
        self._number = {name: number for number, name in enumerate(names)}

    def of(self, table: pl.DataFrame) -> pl.Series:
        """The number of each row's recording, as the column `recording`; rows of one stand together."""
        names, run_N = _runs(table["recording_id"])
        numbers = np.array([self._number[name] for name in names], np.uint32)
        return pl.Series("recording", numbers[run_N], dtype=pl.UInt32)


def _runs(values: pl.Series) -> tuple[pl.Series, NDArray[np.uint32]]:
    """Return the value of each run of equal ones, and in which run each row is."""
    run_N = values.rle_id().to_numpy()
    return values.gather(np.flatnonzero(np.diff(run_N, prepend=-1))), run_N


def _events_of(links: pl.DataFrame, events: pl.DataFrame) -> pl.Series:
    """Return the number of each link's event, null where there is none."""
    pairs = links.select("event_id", "recording").with_row_index("place")
    # An id is looked up alone and its recording compared afterwards: a key of one column is quicker to find.
    found = pairs.join(events.with_row_index("event"), on="event_id").filter(
        pl.col("recording") == pl.col("recording_right")
    )
    events_L = np.full(len(links), -1, np.int64)
    events_L[found["place"].to_numpy()] = found["event"].to_numpy()
    return pl.Series("event", events_L).replace(-1, None)


def _told(events: pl.DataFrame) -> pl.DataFrame:
    return events.select(
        "kind",
        pl.Series("author", numbered(events["author"])[0]),
        pl.Series("emote_share", _emote_shares(events)),
        at_ms="offset_ms",
        is_reply=pl.col("reply_to").is_not_null(),
        reading="confidence",
    )


def _emote_shares(events: pl.DataFrame) -> NDArray[np.float64]:
    some = events.select("text", "emotes").with_row_index("event").filter(pl.col("emotes").list.len() > 0)
    share_E = np.zeros(len(events))
    share_E[some["event"].to_numpy()] = some.select(
        quality.emote_share(pl.col("text"), pl.col("emotes")).fill_null(0)
    ).to_series()
    return share_E
