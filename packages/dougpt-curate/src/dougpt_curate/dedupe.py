"""The same reply said often is one reply with a multiplicity, and nothing that was merged is forgotten.

Within a turn replies are one if they agree after normalisation, or nearly do. Copypasta, long texts that
come back again and again, is kept once over many turns, where it stood first. Short replies to different
turns are never merged: 'yes' to one question is another answer than 'yes' to the next. Nor are replies
that differ in a number, a letter that stands alone, a negation or, if short, a word: 'option 1' is not
'option 2', and who votes for the snail does not vote for the door.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray
from rapidfuzz import fuzz

from dougpt_curate.near import Search, Sheet, leaders
from dougpt_curate.settings import CurateSettings

FACTS = r"\d+|\b[b-hj-z]\b|n'?t\b|\b(?:no|not|never|yes|left|right)\b"
# Percent of two texts, or words, that stand in both in the same order.
IN_ORDER = 70
SAME_WORD = 50
LONG = 40
"""From so many characters on a text with another word in it is still the same copypasta."""
IGNORED_ENDING = ".!,~ "


def normal(texts: pl.Series) -> pl.Series:
    """The form in which replies are compared, without case, variants of characters, spaces and closing marks."""
    # Most of chat is ASCII with single spaces between the words, where less has to be done.
    simple = (texts.str.len_bytes() == texts.str.len_chars()) & ~texts.str.contains(r"[\t-\r]|  ")
    lower = texts.str.to_lowercase()
    if not simple.all():
        unusual = pl.arg_where(~simple, eager=True)
        folded = texts.gather(unusual).str.normalize("NFKC").str.to_lowercase().str.replace_all(r"\s+", " ")
        lower = lower.scatter(unusual, folded)
    stripped = lower.str.strip_chars()
    bare = stripped.str.strip_chars_end(IGNORED_ENDING)
    return stripped.zip_with(bare == "", bare)


def merge_copies(
    replies: pl.DataFrame, texts: pl.DataFrame, settings: CurateSettings
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return each reply once with its `multiplicity`, and what was merged into which.

    Args:
        replies: Rows of `recording`, `turn`, `event`, `at_ms` and `text_id`, in the order of turns and time; `event`
            is a number in the order of recordings and time.
        texts: What `texts.told` said of the texts by their number.
        settings: What counts as a copy.

    Returns:
        The replies that stay, in the same order, and rows of `event` and `into`.
    """
    known = texts.select("key_number", "key_characters")[replies["text_id"]]
    kept, merged = merge_within_turn(replies.with_columns(known["key_number"], known["key_characters"]))
    exact, near = (merge_copypasta,), (merge_near_copies, merge_near_copypasta)
    for step in near if settings.near_similarity else exact:
        kept, later = step(kept, texts["key"], settings)
        merged = _follow(merged, later)
    return kept, merged


def merge_within_turn(replies: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the first of each text in a turn with its `multiplicity`, and what was merged into which.

    Args:
        replies: Rows of `turn`, `event` and `key_number`, in the order of time.

    Returns:
        The replies that stay, in the same order, and rows of `event` and `into`.
    """
    same = replies.select(pair("turn", "key_number")).to_series()
    copies = replies.select("event", same=same).filter(same.is_duplicated())
    return _without(replies.with_columns(multiplicity=pl.lit(1, pl.Int64)), _into_first(copies, "same"))


def merge_copypasta(
    replies: pl.DataFrame, keys: pl.Series, settings: CurateSettings
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the replies with each long text kept once as long as it comes back in time, and what was merged.

    Args:
        replies: What `merge_within_turn` returned, with `recording` and `at_ms`.
        keys: The key of each `text_id`.
        settings: The length, and the time within which the next copy must come.
    """
    del keys  # equal ones have one number
    long = replies.filter(pl.col("key_characters") >= settings.copypasta_characters)
    said = long.select("event", "at_ms", said=pair("recording", "key_number"))
    again = said.filter(said["said"].is_duplicated()).sort("said", "event")
    paused = pl.col("at_ms").diff() > round(settings.copypasta_window_s * 1000)
    another = pl.col("said").diff() != 0
    waves = again.with_columns(wave=(another | paused).fill_null(value=False).cum_sum())
    return _without(replies, _into_first(waves, "wave"))


def merge_near_copies(
    replies: pl.DataFrame, keys: pl.Series, settings: CurateSettings
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the replies without those that nearly repeat an earlier one of their turn, and what was merged.

    Args:
        replies: What `merge_within_turn` returned, in its order.
        keys: The key of each `text_id`.
        settings: The similarity, and from which length on it counts.
    """
    several = replies.filter(pl.col("turn").is_duplicated())
    compared = _Compared(several, keys, settings)
    scope = compared.scopes(several["turn"])
    search = Search(scope, settings.near_similarity, np.zeros_like(scope), within_ms=0)
    return _led(replies, several, leaders(Sheet(compared.texts), search, compared.agree))


def merge_near_copypasta(
    replies: pl.DataFrame, keys: pl.Series, settings: CurateSettings
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the replies without the long ones that nearly repeat one that keeps coming back, and what was merged."""
    long = replies.filter(pl.col("key_characters") >= settings.copypasta_characters).sort("event")
    compared = _Compared(long, keys, settings)
    at_ms, window_ms = long["at_ms"].to_list(), round(settings.copypasta_window_s * 1000)
    last_ms = dict(enumerate(at_ms))

    def agree(later: int, earlier: int, similarity: float) -> bool:
        return at_ms[later] - last_ms[earlier] <= window_ms and compared.agree(later, earlier, similarity)

    def joined(later: int, leader: int) -> None:
        last_ms[leader] = at_ms[later]

    scope = compared.scopes(long["recording"])
    search = Search(scope, settings.near_similarity, np.array(at_ms, np.int64), window_ms)
    return _led(replies, long, leaders(Sheet(compared.texts), search, agree, joined))


def facts(key: pl.Expr) -> pl.Expr:
    """What must be the same in two replies that are one: numbers, letters that stand alone, negations."""
    return key.str.extract_all(FACTS).list.join(" ")


def same_reply(one: str, two: str, similarity: float, settings: CurateSettings) -> bool:
    """Whether two replies with the same facts and of this similarity say the same."""
    length = min(len(one), len(two))
    if length < settings.near_characters:
        return similarity == 1
    return fuzz.ratio(one, two) >= IN_ORDER and (length >= LONG or not _says_another_word(one, two))


class _Compared:
    """Replies with what decides whether one is a copy of another."""

    def __init__(self, replies: pl.DataFrame, keys: pl.Series, settings: CurateSettings) -> None:
        found = replies.select(key=keys.gather(replies["text_id"])).with_columns(facts=facts(pl.col("key")))
        self.texts: list[str] = found["key"].to_list()
        self._facts: list[str] = found["facts"].to_list()
        self._settings = settings

    def scopes(self, groups: pl.Series) -> NDArray[np.int64]:
        """A number for each reply, equal for those of one of `groups` with the same facts."""
        numbers = {fact: number for number, fact in enumerate(sorted(set(self._facts)))}
        fact_N = np.array([numbers[fact] for fact in self._facts], np.int64)
        return groups.to_numpy().astype(np.int64) * len(numbers) + fact_N

    def agree(self, later: int, earlier: int, similarity: float) -> bool:
        """Whether two replies of one scope and of this similarity say the same."""
        return same_reply(self.texts[later], self.texts[earlier], similarity, self._settings)


def _says_another_word(one: str, two: str) -> bool:
    """Whether each of two texts has a word that the other one has nothing like: 'the snail' and 'the door'."""
    first, second = set(one.split()), set(two.split())
    # Of words of one length the last one by the alphabet: the order of a set is another one in each process.
    only_first, only_second = (
        max(own, key=lambda word: (len(word), word), default="") for own in (first - second, second - first)
    )
    return bool(only_first and only_second) and fuzz.ratio(only_first, only_second) < SAME_WORD


def pair(one: str, two: str) -> pl.Expr:
    """One number for two that are not negative, in their order."""
    return pl.col(one).cast(pl.Int64) * (pl.col(two).max().cast(pl.Int64) + 1) + pl.col(two).cast(pl.Int64)


def _into_first(copies: pl.DataFrame, group: str) -> pl.DataFrame:
    """Return `event` and `into`, the first event of its group, of all but those first ones."""
    firsts = copies.filter(pl.col(group).is_first_distinct()).select(group, into="event")
    return copies.join(firsts, on=group).filter(pl.col("event") != pl.col("into")).select("event", "into")


def _led(replies: pl.DataFrame, compared: pl.DataFrame, leader: NDArray[np.int64]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Merge each reply of `compared` into the one at its leader's place."""
    led = compared.select("event", into=compared["event"].gather(leader))
    return _without(replies, led.filter(pl.col("event") != pl.col("into")))


def _without(replies: pl.DataFrame, merged: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the replies that stay, each with the multiplicity of all that went into it, and `merged`."""
    if merged.is_empty():
        return replies, merged
    counts = merged.join(replies.select("event", "multiplicity"), on="event")
    counts = counts.group_by("into").agg(pl.col("multiplicity").sum().alias("more"))
    kept = replies.join(merged, on="event", how="anti", maintain_order="left")
    kept = kept.join(counts, left_on="event", right_on="into", how="left", maintain_order="left")
    return kept.with_columns(pl.col("multiplicity") + pl.col("more").fill_null(0)).drop("more"), merged


def _follow(merged: pl.DataFrame, later: pl.DataFrame) -> pl.DataFrame:
    """Return both merges as one: what went into a reply that was itself merged later goes where that one went."""
    moved = merged.join(later.select(into="event", end="into"), on="into", how="left")
    return pl.concat([moved.select("event", into=pl.coalesce("end", "into")), later])
