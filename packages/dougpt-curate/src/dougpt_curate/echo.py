"""Which replies say again what the streamer has just said."""

import numpy as np
import polars as pl

ECHOED = 0.8
LEAST_WORDS = 2
ALL_ECHOED = 4
"""Of at most so many words all have to be said for `ECHOED` of them to be."""


def words(text: pl.Expr) -> pl.Expr:
    """The different words of a text."""
    return text.str.extract_all(r"[\w']+").list.unique()


def echoed(replies: pl.DataFrame, keys: pl.Series, prompts: pl.DataFrame) -> pl.Series:
    """Return whether each reply has at least two different words, nearly all of which the streamer has just said.

    Args:
        replies: Rows of `turn` and `text_id`.
        keys: The text of each `text_id` as it is compared.
        prompts: The `prompt` of each `turn`.
    """
    said = prompts.select("turn", word=words(pl.col("prompt").str.to_lowercase())).explode("word", empty_as_null=False)
    heard = keys.to_frame("heard").select(words(pl.col("heard"))).with_row_index("text_id")
    heard = heard.with_columns(different=pl.col("heard").list.len()).filter(pl.col("different") >= LEAST_WORDS)
    vocabulary = said.select(pl.col("word").unique()).with_row_index("word_id")
    heard = heard.explode("heard", empty_as_null=False).join(
        vocabulary, left_on="heard", right_on="word", how="left", maintain_order="left"
    )
    numbers = said.join(vocabulary, on="word").select(said=_of_turn(len(vocabulary)))["said"]
    rows = replies.select("turn", "text_id").with_row_index("place")
    return _echoes(rows, heard.drop("heard"), numbers, len(vocabulary))


def _echoes(replies: pl.DataFrame, heard: pl.DataFrame, said: pl.Series, size: int) -> pl.Series:
    count = pl.col("different")
    each = heard.group_by("text_id", maintain_order=True).agg(
        count.first(), first=pl.col("word_id").first(), known=pl.col("word_id").count()
    )
    each = each.filter(pl.col("known") >= ECHOED * count).drop("known")
    rows = replies.with_columns(pl.col("text_id").cast(pl.UInt32)).join(each, on="text_id")
    # Of few words not one may be new, so that looking for one leaves little to look at.
    few = rows.filter(count <= ALL_ECHOED).with_columns(word_id="first")
    rows = pl.concat([_said(few, said, size).drop("word_id"), rows.filter(count > ALL_ECHOED)])
    pairs = rows.drop("first", "different").join(heard.select("text_id", "word_id").drop_nulls(), on="text_id")
    common = _said(pairs, said, size).group_by("place").len("common")
    enough = rows.join(common, on="place").filter(pl.col("common") >= ECHOED * count)["place"]
    echoes = np.zeros(len(replies), dtype=bool)
    echoes[enough.to_numpy()] = True
    return pl.Series(echoes)


def _said(rows: pl.DataFrame, said: pl.Series, size: int) -> pl.DataFrame:
    """The rows of which the word was said in the turn."""
    return rows.join(said.to_frame("said"), left_on=_of_turn(size), right_on="said", how="semi")


def _of_turn(size: int) -> pl.Expr:
    """One number for a turn and a word."""
    return pl.col("turn").cast(pl.Int64) * size + pl.col("word_id").cast(pl.Int64)
