"""The same reply said often is one reply with a multiplicity, and nothing that was merged is forgotten.

Within a turn replies are one if they agree after normalisation. Copypasta, long texts that come back
again and again, is kept once over many turns, where it stood first. Short replies to different turns
are never merged: 'yes' to one question is another answer than 'yes' to the next.
"""

import polars as pl

from dougpt_curate.settings import CurateSettings

IGNORED_ENDING = ".!,~ "


def normal(text: pl.Expr) -> pl.Expr:
    """The form in which replies are compared, without case, variants of characters, spaces and closing marks."""
    folded = text.str.normalize("NFKC").str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars()
    bare = folded.str.strip_chars_end(IGNORED_ENDING)
    return pl.when(bare == "").then(folded).otherwise(bare)


def merge_within_turn(replies: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the first of each text in a turn with its `multiplicity` and `key`, and what was merged into which.

    Args:
        replies: Rows with `turn`, `event_id` and `text`, in the order of time.

    Returns:
        The replies that stay, in the same order, and rows of `event_id` and `into`.
    """
    keyed = replies.with_columns(key=normal(pl.col("text"))).with_columns(
        multiplicity=pl.len().over("turn", "key").cast(pl.Int64),
        into=pl.col("event_id").first().over("turn", "key"),
        again=~pl.struct("turn", "key").is_first_distinct(),
    )
    merged = keyed.filter("again").select("recording_id", "event_id", "into")
    return keyed.filter(~pl.col("again")).drop("into", "again"), merged


def merge_copypasta(replies: pl.DataFrame, settings: CurateSettings) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the replies with each long text kept once as long as it comes back in time, and what was merged.

    Args:
        replies: What `merge_within_turn` returned, with `recording_id` and `at_ms`.
        settings: The length, and the time within which the next copy must come.
    """
    long = (
        replies.filter(pl.col("key").str.len_chars() >= settings.copypasta_characters)
        .sort("recording_id", "key", "at_ms", "event_id")
        .with_columns(
            late=pl.col("at_ms").diff().over("recording_id", "key") > round(settings.copypasta_window_s * 1000)
        )
        .with_columns(wave=pl.col("late").fill_null(value=False).cum_sum().over("recording_id", "key"))
        .select(
            "recording_id",
            "event_id",
            into=pl.col("event_id").first().over("recording_id", "key", "wave"),
            total=pl.col("multiplicity").sum().over("recording_id", "key", "wave"),
        )
    )
    merged = long.filter(pl.col("event_id") != pl.col("into")).select("recording_id", "event_id", "into")
    kept = replies.join(merged, on=["recording_id", "event_id"], how="anti", maintain_order="left")
    kept = kept.join(
        long.select("recording_id", "event_id", "total"),
        on=["recording_id", "event_id"],
        how="left",
        maintain_order="left",
    )
    return kept.with_columns(multiplicity=pl.coalesce("total", "multiplicity")).drop("total"), merged


def follow(merged: pl.DataFrame, later: pl.DataFrame) -> pl.DataFrame:
    """Return both merges as one: what went into a reply that was itself merged later goes where that one went."""
    moved = merged.join(
        later.select("recording_id", into="event_id", end="into"), on=["recording_id", "into"], how="left"
    ).select("recording_id", "event_id", into=pl.coalesce("end", "into"))
    return pl.concat([moved, later])
