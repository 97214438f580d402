"""What kind of reply it is, by rules that a person can read and check; the words are English.

The rules are asked in the order of `Style` and the first that applies names the style.
"""

import polars as pl

from dougpt_curate.settings import CurateSettings, Style

EMOTES_ONLY = 0.8
ECHOED = 0.8
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


def style(settings: CurateSettings) -> pl.Expr:
    """The style of each reply.

    It is told by the reply's `text`, `key`, `emote_share` and `multiplicity`, and by its prompt's `prompt_words`, which
    `words` gives, and `prompt_is_question`.
    """
    text = pl.col("text")
    long = pl.col("key").str.len_chars() >= settings.copypasta_characters
    rules = (
        (Style.COMMAND, text.str.contains(COMMAND_LIKE)),
        (Style.COPYPASTA, long & (pl.col("multiplicity") >= settings.copypasta_multiplicity)),
        (Style.EMOTE, (pl.col("emote_share") >= EMOTES_ONLY) | text.str.contains(EMOTICONS)),
        (Style.SPAM, text.str.contains(SPAM) | _repeats_itself(pl.col("key"))),
        (Style.QUESTION, text.str.contains(QUESTION)),
        (Style.ECHO, _echoes(pl.col("key"), pl.col("prompt_words"))),
        (Style.BACKSEAT, text.str.contains(BACKSEAT)),
        (Style.ANSWER, pl.col("prompt_is_question") | text.str.contains(ANSWER)),
    )
    chosen = pl.coalesce(pl.when(applies).then(pl.lit(name.value)) for name, applies in rules)
    return chosen.fill_null(Style.PLAIN.value)


def words(text: pl.Expr) -> pl.Expr:
    """The different words of a text in small letters."""
    return text.str.to_lowercase().str.extract_all(r"[\w']+").list.unique()


def _repeats_itself(text: pl.Expr) -> pl.Expr:
    """At least four words of which at most every second is another."""
    said = text.str.split(" ")
    return (said.list.len() >= REPEATED_WORDS) & (said.list.n_unique() * 2 <= said.list.len())


def _echoes(text: pl.Expr, said: pl.Expr) -> pl.Expr:
    """At least two different words, nearly all of which the streamer has just said."""
    heard = words(text)
    return (heard.list.len() >= 2) & (heard.list.set_intersection(said).list.len() >= ECHOED * heard.list.len())
