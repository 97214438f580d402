"""The same reply said often is one reply with a multiplicity, and nothing that was merged is forgotten.

Within a turn replies are one if they agree after normalisation, or nearly do. Copypasta, long texts that
come back again and again, is kept once over many turns, where it stood first. Short replies to different
turns are never merged: 'yes' to one question is another answer than 'yes' to the next. Nor are replies
that differ in a number, a letter that stands alone, a negation or, if short, a word: 'option 1' is not
'option 2', and who votes for the snail does not vote for the door.
"""

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray
from rapidfuzz import fuzz

from dougpt_curate.near import Search, leaders
from dougpt_curate.settings import CurateSettings

FACTS = r"\d+|\b[b-hj-z]\b|n'?t\b|\b(?:no|not|never|yes|left|right)\b"
# Percent of two texts, or words, that stand in both in the same order.
IN_ORDER = 70
SAME_WORD = 50
LONG = 40
"""From so many characters on a text with another word in it is still the same copypasta."""
IGNORED_ENDING = ".!,~ "
EVENT = ["recording_id", "event_id"]


def normal(text: pl.Expr) -> pl.Expr:
    """The form in which replies are compared, without case, variants of characters, spaces and closing marks."""
    folded = text.str.normalize("NFKC").str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars()
    bare = folded.str.strip_chars_end(IGNORED_ENDING)
    return pl.when(bare == "").then(folded).otherwise(bare)


def merge_copies(replies: pl.DataFrame, settings: CurateSettings) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return each reply once with its `multiplicity` and `key`, and what was merged into which.

    Args:
        replies: Rows of `recording_id`, `turn`, `event_id`, `at_ms` and `text`, in the order of turns and time.
        settings: What counts as a copy.

    Returns:
        The replies that stay, in the same order, and rows of `recording_id`, `event_id` and `into`.
    """
    kept, merged = merge_within_turn(keyed(replies))
    exact, near = (merge_copypasta,), (merge_near_copies, merge_near_copypasta)
    for step in near if settings.near_similarity else exact:
        kept, later = step(kept, settings)
        merged = _follow(merged, later)
    return kept.drop("row", "key_number", "said"), merged


def keyed(replies: pl.DataFrame) -> pl.DataFrame:
    """Return replies with their `key` and numbers: of their row, their text, their key, and their key in a recording.

    Chat repeats itself, so each different text is normalised once.
    """
    text_id, texts = _encoded(replies["text"])
    keys = texts.to_frame("text").select(normal(pl.col("text"))).to_series()
    key_number, different = _encoded(keys)
    found = replies.with_columns(
        keys.gather(text_id).alias("key"), text_id.alias("text_id"), key_number.gather(text_id).alias("key_number")
    )
    said = pl.col("recording_id").rle_id().cast(pl.Int64) * max(len(different), 1) + pl.col("key_number")
    return found.with_columns(said=said).with_row_index("row")


def _encoded(texts: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return a number for each text, equal where they are, and the texts by these numbers."""
    encoded = texts.to_arrow().cast(pa.large_string()).dictionary_encode()
    return pl.Series(encoded.indices).cast(pl.Int64), pl.Series("text", encoded.dictionary, dtype=pl.String)


def merge_within_turn(replies: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the first of each text in a turn with its `multiplicity`, and what was merged into which.

    Args:
        replies: What `keyed` returned, with `turn` and `event_id`, in the order of time.

    Returns:
        The replies that stay, in the same order, and rows of `event_id` and `into`.
    """
    same = pl.struct("turn", "key_number")
    copies = replies.filter(same.is_duplicated()).select(
        "row",
        *EVENT,
        into=pl.col("event_id").first().over("turn", "key_number"),
        multiplicity=pl.len().over("turn", "key_number").cast(pl.Int64),
    )
    kept = _counted(replies.filter(same.is_first_distinct()), copies)
    return kept.with_columns(pl.col("multiplicity").fill_null(1)), _merged(copies)


def merge_copypasta(replies: pl.DataFrame, settings: CurateSettings) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the replies with each long text kept once as long as it comes back in time, and what was merged.

    Args:
        replies: What `merge_within_turn` returned, with `recording_id` and `at_ms`.
        settings: The length, and the time within which the next copy must come.
    """
    long = replies.filter(pl.col("key").str.len_chars() >= settings.copypasta_characters)
    copies = (
        long.filter(pl.col("said").is_duplicated())
        .sort("said", "at_ms", "event_id")
        .with_columns(pause_ms=pl.col("at_ms").diff().over("said").fill_null(0))
        .with_columns(late=pl.col("pause_ms") > round(settings.copypasta_window_s * 1000))
        .with_columns(wave=pl.col("late").cum_sum().over("said"))
        .select(
            "row",
            *EVENT,
            into=pl.col("event_id").first().over("said", "wave"),
            multiplicity=pl.col("multiplicity").sum().over("said", "wave"),
        )
    )
    return _without(replies, copies)


def merge_near_copies(replies: pl.DataFrame, settings: CurateSettings) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the replies without those that nearly repeat an earlier one of their turn, and what was merged.

    Args:
        replies: What `merge_within_turn` returned, in its order.
        settings: The similarity, and from which length on it counts.
    """
    several = replies.filter(pl.len().over("turn") > 1)
    compared = _Compared(several, settings)
    scope = compared.scopes(several["turn"])
    search = Search(scope, settings.near_similarity, np.zeros_like(scope), within_ms=0)
    return _led(replies, several, leaders(compared.texts, search, compared.agree))


def merge_near_copypasta(replies: pl.DataFrame, settings: CurateSettings) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the replies without the long ones that nearly repeat one that keeps coming back, and what was merged."""
    long = replies.filter(pl.col("key").str.len_chars() >= settings.copypasta_characters)
    long = long.sort("recording_id", "at_ms", "event_id")
    compared = _Compared(long, settings)
    at_ms, window_ms = long["at_ms"].to_list(), round(settings.copypasta_window_s * 1000)
    last_ms = dict(enumerate(at_ms))

    def agree(later: int, earlier: int, similarity: float) -> bool:
        return at_ms[later] - last_ms[earlier] <= window_ms and compared.agree(later, earlier, similarity)

    def joined(later: int, leader: int) -> None:
        last_ms[leader] = at_ms[later]

    scope = compared.scopes(long["recording_id"].rle_id())
    search = Search(scope, settings.near_similarity, np.array(at_ms, np.int64), window_ms)
    return _led(replies, long, leaders(compared.texts, search, agree, joined))


class _Compared:
    """Replies with what decides whether one is a copy of another."""

    def __init__(self, replies: pl.DataFrame, settings: CurateSettings) -> None:
        key = pl.col("key")
        found = replies.select("key", length=key.str.len_chars(), facts=key.str.extract_all(FACTS).list.join(" "))
        self.texts: list[str] = found["key"].to_list()
        self._lengths: list[int] = found["length"].to_list()
        self._facts: list[str] = found["facts"].to_list()
        self._from_length = settings.near_characters

    def scopes(self, groups: pl.Series) -> NDArray[np.int64]:
        """A number for each reply, equal for those of one of `groups` with the same facts."""
        numbers = {fact: number for number, fact in enumerate(sorted(set(self._facts)))}
        fact_N = np.array([numbers[fact] for fact in self._facts], np.int64)
        return groups.to_numpy().astype(np.int64) * len(numbers) + fact_N

    def agree(self, later: int, earlier: int, similarity: float) -> bool:
        """Whether two replies of one scope and of this similarity say the same."""
        length = min(self._lengths[later], self._lengths[earlier])
        if length < self._from_length:
            return similarity == 1
        one, two = self.texts[later], self.texts[earlier]
        return fuzz.ratio(one, two) >= IN_ORDER and (length >= LONG or not _says_another_word(one, two))


def _says_another_word(one: str, two: str) -> bool:
    """Whether each of two texts has a word that the other one has nothing like: 'the snail' and 'the door'."""
    first, second = set(one.split()), set(two.split())
    only_first, only_second = max(first - second, key=len, default=""), max(second - first, key=len, default="")
    return bool(only_first and only_second) and fuzz.ratio(only_first, only_second) < SAME_WORD


def _led(replies: pl.DataFrame, compared: pl.DataFrame, leader: NDArray[np.int64]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Merge each reply of `compared` into the one at its leader's place."""
    groups = compared.select("row", *EVENT, "multiplicity", into=compared["event_id"].gather(leader))
    copies = groups.filter(pl.struct("recording_id", "into").is_duplicated()).with_columns(
        multiplicity=pl.col("multiplicity").sum().over("recording_id", "into")
    )
    return _without(replies, copies)


def _without(replies: pl.DataFrame, copies: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    gone = copies.filter(pl.col("event_id") != pl.col("into")).select("row")
    kept = replies.join(gone, on="row", how="anti", maintain_order="left").rename({"multiplicity": "before"})
    counted = _counted(kept, copies).with_columns(multiplicity=pl.coalesce("multiplicity", "before"))
    return counted.drop("before"), _merged(copies)


def _merged(copies: pl.DataFrame) -> pl.DataFrame:
    """The copies but those that stand for the others."""
    return copies.filter(pl.col("event_id") != pl.col("into")).select(*EVENT, "into")


def _counted(replies: pl.DataFrame, copies: pl.DataFrame) -> pl.DataFrame:
    """Give replies the `multiplicity` that `copies` counted, null where they have none."""
    return replies.join(copies.select("row", "multiplicity"), on="row", how="left", maintain_order="left")


def _follow(merged: pl.DataFrame, later: pl.DataFrame) -> pl.DataFrame:
    """Return both merges as one: what went into a reply that was itself merged later goes where that one went."""
    moved = merged.join(
        later.select("recording_id", into="event_id", end="into"), on=["recording_id", "into"], how="left"
    ).select("recording_id", "event_id", into=pl.coalesce("end", "into"))
    return pl.concat([moved, later])
