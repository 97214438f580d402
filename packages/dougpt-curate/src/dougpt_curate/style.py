"""What kind of reply it is, by rules that a person can read and check; the words are English.

The rules are asked in the order of `Style` and the first that applies names the style.
"""

import numpy as np
import polars as pl

from dougpt_curate.settings import CurateSettings, Style

EMOTES_ONLY = 0.8
ECHOED = 0.8
ALL_ECHOED = 4
"""Of at most so many words all have to be said for `ECHOED` of them to be."""
REPEATED_WORDS = 4

# A drawn-out word is a way of talking; eight times the same letter is a key held down.
_LETTER_RUN = "|".join(f"{letter}{{8,}}" for letter in "abcdefghijklmnopqrstuvwxyz")
SPAM = rf"(?i)^[^\p{{L}}\p{{N}}]{{4,}}$|{_LETTER_RUN}|[!?]{{6,}}"
# Emoticons and emoji alone, which carry no spans of their own.
EMOTICONS = r"^(?:[\p{So}\p{Sk}\p{Cf}\u200d\ufe0f\s]|[:;=xX][-']?[()DPpOo/\\|3]|<3|[oO]_[oO])+$"
QUESTION = (
    r"(?i)\?\s*$|^(?:who|what|when|where|why|how|which|is it|is he|are you|are we|did you|do you|does|can you|can we"
    r"|will you|would you|should we)\b.*\w+.*\w+"
)
BACKSEAT = (
    r"(?i)^(?:go|try|use|put|take|turn|click|press|pick|choose|build|buy|sell|kill|jump|run|check|look|move|open"
    r"|stop|don'?t|dont)\s+\w+"
    r"|\b(?:you|u|he|doug) (?:should|need to|have to|must|gotta|can just)\b|\bhave you tried\b"
)
ANSWER = (
    r"(?i)^(?:yes|yeah|yep|yup|ye|no|nope|nah|maybe|true|false|\d{1,6})\b\W*$|^[a-d][.)!]?$"
    r"|^(?:yes|yeah|no|because|cuz)\b"
)
COMMAND_LIKE = r"^[!/]\w"


def styles(replies: pl.DataFrame, prompts: pl.DataFrame, settings: CurateSettings) -> pl.Series:
    """Return the style of each reply.

    Args:
        replies: Rows of `turn`, `text`, `text_id`, `key`, `emote_share`, `multiplicity` and `prompt_is_question`.
        prompts: The `prompt` of each `turn`.
        settings: What counts as copypasta.
    """
    told = _by_text(replies.select("text_id", "text", "key").unique("text_id"))
    rows = replies.select("turn", "text_id", "key", "emote_share", "multiplicity", "prompt_is_question")
    rows = rows.join(told.drop("heard"), on="text_id", how="left", maintain_order="left")
    rows = rows.with_columns(echoes=_echoed(rows, told, prompts))
    long = pl.col("key").str.len_chars() >= settings.copypasta_characters
    rules = (
        (Style.COMMAND, pl.col("command")),
        (Style.COPYPASTA, long & (pl.col("multiplicity") >= settings.copypasta_multiplicity)),
        (Style.EMOTE, (pl.col("emote_share") >= EMOTES_ONLY) | pl.col("emoticons")),
        (Style.SPAM, pl.col("spam")),
        (Style.QUESTION, pl.col("question")),
        (Style.ECHO, pl.col("echoes")),
        (Style.BACKSEAT, pl.col("backseat")),
        (Style.ANSWER, pl.col("prompt_is_question") | pl.col("answer")),
    )
    chosen = pl.coalesce(pl.when(applies).then(pl.lit(name.value)) for name, applies in rules)
    return rows.select(style=chosen.fill_null(Style.PLAIN.value)).to_series()


def _by_text(texts: pl.DataFrame) -> pl.DataFrame:
    """What is told by each text alone, with the different words of its key."""
    text = pl.col("text")
    return texts.with_columns(
        command=text.str.contains(COMMAND_LIKE),
        emoticons=text.str.contains(EMOTICONS),
        spam=text.str.contains(SPAM) | _repeats_itself(pl.col("key")),
        question=text.str.contains(QUESTION),
        backseat=text.str.contains(BACKSEAT),
        answer=text.str.contains(ANSWER),
        heard=words(pl.col("key")),
    )


def _echoed(rows: pl.DataFrame, told: pl.DataFrame, prompts: pl.DataFrame) -> pl.Series:
    """Whether a reply has at least two different words, nearly all of which the streamer has just said."""
    count = pl.col("different")
    heard = told.select("text_id", "heard", first=pl.col("heard").list.first(), different=pl.col("heard").list.len())
    heard = heard.filter(count >= 2)
    said = prompts.select("turn", said=words(pl.col("prompt"))).explode("said")
    several = rows.select("turn", "text_id").with_row_index("place").join(heard.drop("heard"), on="text_id")
    # Of few words not one may be new, so that looking for one leaves little to look at.
    begun = several.filter(count <= ALL_ECHOED).join(
        said, left_on=["turn", "first"], right_on=["turn", "said"], how="semi"
    )
    several = pl.concat([begun, several.filter(count > ALL_ECHOED)])
    pairs = several.join(heard.select("text_id", "heard"), on="text_id").explode("heard")
    common = pairs.join(said, left_on=["turn", "heard"], right_on=["turn", "said"]).group_by("place").len("common")
    enough = several.join(common, on="place").filter(pl.col("common") >= ECHOED * count)["place"]
    echoed = np.zeros(len(rows), dtype=bool)
    echoed[enough.to_numpy()] = True
    return pl.Series(echoed)


def words(text: pl.Expr) -> pl.Expr:
    """The different words of a text in small letters."""
    return text.str.to_lowercase().str.extract_all(r"[\w']+").list.unique()


def _repeats_itself(text: pl.Expr) -> pl.Expr:
    """At least four words of which at most every second is another."""
    said = text.str.split(" ")
    return (said.list.len() >= REPEATED_WORDS) & (said.list.n_unique() * 2 <= said.list.len())
