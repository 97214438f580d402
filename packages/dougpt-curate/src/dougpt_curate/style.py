"""What kind of reply it is, by rules that a person can read and check; the words are English.

The rules are asked in the order of `Style` and the first that applies names the style.
"""

import polars as pl

from dougpt_curate.echo import echoed
from dougpt_curate.settings import CurateSettings, Style

EMOTES_ONLY = 0.8
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


def styles(replies: pl.DataFrame, texts: pl.DataFrame, prompts: pl.DataFrame, settings: CurateSettings) -> pl.Series:
    """Return the style of each reply.

    Args:
        replies: Rows of `turn`, `text_id`, `emote_share`, `multiplicity` and `prompt_is_question`.
        texts: The `text`, `key` and `key_characters` of each `text_id`.
        prompts: The `prompt` of each `turn`.
        settings: What counts as copypasta.
    """
    by_text = _by_text(texts)[replies["text_id"]]
    rows = pl.concat([replies.select("emote_share", "multiplicity", "prompt_is_question"), by_text], how="horizontal")
    rows = rows.with_columns(echoes=echoed(replies, texts["key"], prompts))
    long = pl.col("key_characters") >= settings.copypasta_characters
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
    """What is told by each text alone."""
    text = pl.col("text")
    return texts.select(
        "key_characters",
        command=text.str.contains(COMMAND_LIKE),
        emoticons=text.str.contains(EMOTICONS),
        spam=text.str.contains(SPAM) | _repeats_itself(pl.col("key")),
        question=text.str.contains(QUESTION),
        backseat=text.str.contains(BACKSEAT),
        answer=text.str.contains(ANSWER),
    )


def _repeats_itself(text: pl.Expr) -> pl.Expr:
    """At least four words of which at most every second is another."""
    said = text.str.split(" ")
    return (said.list.len() >= REPEATED_WORDS) & (said.list.n_unique() * 2 <= said.list.len())
