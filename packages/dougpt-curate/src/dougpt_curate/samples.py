"""Links to samples: one row an answered turn, with what was said before, every reply, and what became of the rest.

Recordings do not see one another here: the same recording gives the same samples whatever stands
beside it, and recordings can be worked on in pieces of any size.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from dougpt_curate import balance, dedupe, quality
from dougpt_curate.quality import Names
from dougpt_curate.rates import bucket, chat_rates
from dougpt_curate.settings import CurateSettings
from dougpt_curate.style import styles
from dougpt_curate.turns import ID_DIGITS, contexts, sample_ids, turns_of

NO_RESPONSE_LEFT = "no_response_left"
OVER_CAP = "over_cap"
TURN_REJECTED = "turn_rejected"
EVENT = ["recording_id", "event_id"]


@dataclass(frozen=True, slots=True)
class Material:
    """Whole recordings: their utterances, all of their chat, and what was decided about it."""

    utterances: pl.DataFrame
    events: pl.DataFrame
    links: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Piece:
    """Samples of some recordings and what was left out on the way.

    Attributes:
        samples: The columns of the samples contract but the split, then `start_ms`, `end_ms`, `merged`, the events
            that were merged away and into which, and `turn`, a number within the recording.
        rejects: Rows of `recording_id`, `subject_id`, `reason`, `detail` and `is_turn`.
        replies: The replies of the samples with what a profile is made from.
        spoken: How many turns there were.
        answered: How many had an accepted link.
    """

    samples: pa.Table
    rejects: pl.DataFrame
    replies: pl.DataFrame
    spoken: int
    answered: int


def make_samples(material: Material, settings: CurateSettings, names: Names | None = None) -> Piece:
    """Return the samples of the accepted links of some recordings."""
    turns = turns_of(material.utterances)
    turns = turns.with_columns(
        personal=quality.holds_personal_data(pl.col("prompt")) if settings.drop_personal_data else pl.lit(value=False),
        offensive=quality.offensive(turns["prompt"], settings),
    ).with_columns(private=pl.col("personal") | pl.col("offensive"))
    replies = _join(material, turns)
    asked = _asked(turns, replies, settings)
    replies = replies.join(
        asked.select("turn", "prompt_is_question", turn_kept="kept"),
        on="turn",
        how="left",
        maintain_order="left",
    )
    replies = replies.with_columns(
        quality.emote_share(pl.col("text"), pl.col("emotes")).alias("emote_share"),
        *quality.text_facts(replies["text"], settings, names),
    )
    judged = quality.judge(replies, quality.reply_rules(settings))
    kept = judged.filter("kept").drop("reason", "detail", "kept").sort("turn", "at_ms", "event_id")
    kept, merged = dedupe.merge_copies(kept, settings)
    kept, merged, capped = _capped(kept, merged, settings)
    kept = kept.with_columns(styles(kept, asked, settings))
    kept = kept.with_columns(balance.weights(kept, settings))

    silent = asked.filter("kept").join(kept, on="turn", how="anti")
    rejects = pl.concat(
        [
            _rejected(judged.filter(~pl.col("kept")), "event_id"),
            _rejected(capped, "event_id"),
            _rejected(asked.filter(~pl.col("kept")), "sample_id"),
            _rejected(silent.with_columns(reason=pl.lit(NO_RESPONSE_LEFT), detail=pl.lit("")), "sample_id"),
        ]
    )
    answered = asked.filter("kept").join(kept, on="turn", how="semi", maintain_order="left")
    answered = answered.with_columns(chat_rates(answered, material.events, settings))
    answered = answered.with_columns(rate_bucket=bucket(pl.col("rate"), settings))
    return Piece(
        samples=_assemble(turns, answered, kept, merged, settings),
        rejects=rejects,
        replies=_measures(kept),
        spoken=len(turns),
        answered=len(asked),
    )


def joined(pieces: Sequence[Piece]) -> Piece:
    """Return the samples of all pieces as one."""
    return Piece(
        samples=pa.concat_tables([piece.samples for piece in pieces]),
        rejects=pl.concat([piece.rejects for piece in pieces]),
        replies=pl.concat([piece.replies for piece in pieces]),
        spoken=sum(piece.spoken for piece in pieces),
        answered=sum(piece.answered for piece in pieces),
    )


def events_of(samples: pl.DataFrame, reason: str) -> list[pl.DataFrame]:
    """Return a reject of each event, kept or merged away, of samples that are left out."""
    return [
        samples.select("recording_id", subject_id=pl.col(column).list.eval(pl.element().struct.field("event_id")))
        .explode("subject_id")
        .drop_nulls("subject_id")
        .with_columns(reason=pl.lit(reason), detail=pl.lit(""), is_turn=pl.lit(value=False))
        for column in ("responses", "merged")
    ]


def _join(material: Material, turns: pl.DataFrame) -> pl.DataFrame:
    """Each accepted link with its event, its turn, and by how much chat's clock is ahead there."""
    numbered = material.utterances.select("recording_id", "utterance_id", "turn_id", utterance_end_ms="end_ms").join(
        turns.select("recording_id", "turn_id", "turn"), on=["recording_id", "turn_id"]
    )
    said = material.events.select(
        *EVENT, "kind", "author", "text", "emotes", "reply_to", at_ms="offset_ms", reading="confidence"
    )
    return (
        material.links.filter("accepted")
        .select(*EVENT, "utterance_id", "probability", "lag_ms", "decided_by")
        .join(said, on=EVENT, how="left", maintain_order="left")
        .join(
            numbered.drop("turn_id"),
            on=["recording_id", "utterance_id"],
            how="left",
            maintain_order="left",
        )
        .with_columns(shift_ms=pl.col("at_ms") - pl.col("lag_ms") - pl.col("utterance_end_ms"))
    )


def _asked(turns: pl.DataFrame, replies: pl.DataFrame, settings: CurateSettings) -> pl.DataFrame:
    """The turns that have an accepted link, judged, in order, with their ids."""
    linked = (
        replies.filter(pl.col("turn").is_not_null())
        .sort("turn", "event_id")
        .group_by("turn", maintain_order=True)
        .agg(events=pl.col("event_id").str.join("\n"), shift_ms=pl.col("shift_ms").median().fill_null(0))
    )
    prints = [hashlib.sha256(text.encode()).hexdigest()[:ID_DIGITS] for text in linked["events"]]
    linked = linked.with_columns(
        links_fingerprint=pl.Series(prints, dtype=pl.String), shift_ms=pl.col("shift_ms").round().cast(pl.Int64)
    )
    asked = turns.join(linked.drop("events"), on="turn", maintain_order="left")
    asked = asked.with_columns(sample_ids(asked)).drop("identity")
    return quality.judge(asked, quality.turn_rules(settings)).sort("turn")


def _capped(
    replies: pl.DataFrame, merged: pl.DataFrame, settings: CurateSettings
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Leave out later replies to a turn, with what was merged into them, where the settings cap their number."""
    over = pl.lit(value=False)
    if settings.max_responses:
        over = pl.int_range(pl.len()).over("turn") >= settings.max_responses
    marked = replies.with_columns(over=over)
    capped = marked.filter("over").select(EVENT)
    copies = merged.join(capped, left_on=["recording_id", "into"], right_on=EVENT, how="semi")
    rejected = pl.concat([capped, copies.select(EVENT)]).with_columns(
        reason=pl.lit(OVER_CAP), detail=pl.lit(f"more than {settings.max_responses} replies to the turn")
    )
    return marked.filter(~pl.col("over")).drop("over"), merged.join(copies, on=EVENT, how="anti"), rejected


def _rejected(rows: pl.DataFrame, subject: str) -> pl.DataFrame:
    return rows.select(
        "recording_id",
        pl.col(subject).alias("subject_id"),
        "reason",
        "detail",
        is_turn=pl.lit(subject == "sample_id"),
    )


def _assemble(
    turns: pl.DataFrame, answered: pl.DataFrame, kept: pl.DataFrame, merged: pl.DataFrame, settings: CurateSettings
) -> pa.Table:
    """One row a turn of `answered`; `kept` holds its replies in the same order of turns."""
    into = merged.join(
        kept.select("recording_id", "turn", into="event_id"), on=["recording_id", "into"], maintain_order="left"
    )
    copies = into.sort("turn", "event_id").group_by("turn").agg(merged=pl.struct("event_id", "into"))
    answered = answered.join(copies, on="turn", how="left", maintain_order="left")
    columns = answered.select(
        "turn",
        "sample_id",
        "recording_id",
        "prompt",
        "rate_bucket",
        "utterance_ids",
        "links_fingerprint",
        "start_ms",
        "end_ms",
    ).to_arrow()
    response = kept.select(
        "event_id",
        "text",
        "style",
        "weight",
        pl.col("probability").alias("confidence"),
        "multiplicity",
    ).to_arrow()
    counts = kept.group_by("turn", maintain_order=True).len()["len"].to_numpy()
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    replies = pa.LargeListArray.from_arrays(
        pa.array(offsets), response.to_struct_array().combine_chunks() if len(kept) else _no_rows(response)
    )
    numbers = answered["turn"].to_numpy().astype(np.int64)
    columns = columns.append_column("context", contexts(turns, numbers, settings))
    columns = columns.append_column("responses", replies)
    empty = pl.lit([], dtype=answered.schema["merged"])
    return columns.append_column("merged", answered.select(pl.col("merged").fill_null(empty)).to_arrow()["merged"])


def _no_rows(table: pa.Table) -> pa.Array:
    return pa.array([], pa.struct(list(table.schema)))


def _measures(kept: pl.DataFrame) -> pl.DataFrame:
    """What a profile is made from, one row a reply."""
    names = pl.col("emotes").list.eval(pl.element().struct.field("name"))
    return kept.select(
        "recording_id",
        "turn",
        "style",
        "weight",
        "multiplicity",
        "lag_ms",
        "emote_share",
        emotes=names,
        characters=pl.col("text").str.len_chars(),
        words=pl.col("text").str.count_matches(r"\S+"),
        capitals=pl.col("text").str.contains(r"\p{Lu}\p{Lu}") & ~pl.col("text").str.contains(r"\p{Ll}"),
    )
