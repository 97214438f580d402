"""Samples after replies were taken out of them, or came to stand for more messages."""

from dataclasses import replace

import polars as pl
import pyarrow as pa
from dougpt_schema import Split

from dougpt_curate import balance
from dougpt_curate.assemble import list_column
from dougpt_curate.samples import Piece
from dougpt_curate.settings import CurateSettings, Style


def revised(
    piece: Piece, lost: pl.DataFrame, gained: pl.DataFrame, settings: CurateSettings
) -> tuple[Piece, pl.DataFrame]:
    """Return the piece with some replies taken out and others standing for more, and what was taken out.

    Styles and weights of what is trained on are those of what is left; samples may be left without replies.

    Args:
        piece: Samples with their `split`.
        lost: The `event` of replies to take out, with a `detail`.
        gained: The `event` of replies that stand for `more` messages.
        settings: When a reply is copypasta, and how much of each style is wanted.

    Returns:
        The piece, and rows of `recording_id`, `subject_id` and `detail` of the replies that were taken out and of the
        copies that had been merged into them.
    """
    names = pl.DataFrame(piece.samples.select(["recording_id", "split"]))
    every = piece.replies.join(gained, on="event", how="left", maintain_order="left").join(
        lost, on="event", how="left", maintain_order="left"
    )
    every = every.with_columns(
        *names.select(pl.all().gather(every["turn"])), pl.col("multiplicity") + pl.col("more").fill_null(0)
    )
    responses, merged = (_flat(piece.samples, column) for column in ("responses", "merged"))
    every = every.with_columns(*responses.drop("turn", "style", "weight", "multiplicity"), style=_style(settings))
    kept = every.filter(pl.col("detail").is_null())
    kept = kept.with_columns(
        weight=pl.when(pl.col("split") == Split.TRAIN.value)
        .then(balance.weights(kept, settings))
        .otherwise(pl.col("weight"))
    )
    out = every.drop_nulls("detail").select("turn", "recording_id", "event_id", "detail")
    copies = merged.join(out.rename({"event_id": "into"}), on=["turn", "into"], maintain_order="left")
    samples = piece.samples
    gone = pl.concat([out, copies.select(out.columns)])
    for column, values in (
        ("responses", kept),
        ("merged", merged.join(copies, on=["turn", "event_id"], how="anti", maintain_order="left")),
        ("labelled", _without(piece.samples, gone)),
    ):
        place = samples.schema.get_field_index(column)
        samples = samples.set_column(place, samples.schema.field(column), list_column(values, samples, column))
    taken = gone.select("recording_id", "detail", subject_id="event_id")
    stays = every["detail"].is_null()
    emotes = piece.emotes.filter(stays.gather(piece.emotes["reply"]))
    return replace(piece, samples=samples, replies=kept.select(piece.replies.columns), emotes=emotes), taken


def _without(samples: pa.Table, gone: pl.DataFrame) -> pl.DataFrame:
    """What a person decided, less the events that are gone."""
    lists = (
        pl.DataFrame(samples.select(["labelled"])).with_row_index("turn").with_columns(pl.col("turn").cast(pl.Int64))
    )
    rows = lists.filter(pl.col("labelled").list.len() > 0).explode("labelled")
    return rows.join(
        gone, left_on=["turn", "labelled"], right_on=["turn", "event_id"], how="anti", maintain_order="left"
    )


def _style(settings: CurateSettings) -> pl.Expr:
    """The style of replies that stand for `more`; what comes before copypasta among the styles stays."""
    pasta = pl.col("more").is_not_null() & (pl.col("multiplicity") >= settings.copypasta_multiplicity)
    pasta &= pl.col("style") != Style.COMMAND.value
    return pl.when(pasta).then(pl.lit(Style.COPYPASTA.value)).otherwise(pl.col("style"))


def _flat(samples: pa.Table, column: str) -> pl.DataFrame:
    """Return the structs of a column of lists as rows, each with the `turn` that it belongs to."""
    lists = pl.DataFrame(samples.select([column])).with_row_index("turn").filter(pl.col(column).list.len() > 0)
    return lists.explode(column).unnest(column).with_columns(pl.col("turn").cast(pl.Int64))
