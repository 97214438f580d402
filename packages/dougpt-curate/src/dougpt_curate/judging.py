"""Replies from elsewhere, such as a model's, judged by the rules that the dataset was judged by."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import cache

import polars as pl

from dougpt_curate.offensive import OffensiveWords
from dougpt_curate.settings import CurateSettings
from dougpt_curate.style import styles
from dougpt_curate.texts import numbered, told


def reply_styles(
    bursts: Sequence[Sequence[str]], prompts: Sequence[str], settings: CurateSettings, emotes: Collection[str] = ()
) -> list[list[str]]:
    """Return the style of each reply of each burst.

    How often a reply was repeated is not known here, so none is copypasta.

    Args:
        bursts: The replies to each prompt.
        prompts: What was said, one text a burst.
        settings: The dataset's settings.
        emotes: The channel's emotes, which mark a reply of nothing else.
    """
    said = [text for burst in bursts for text in burst]
    if not said:
        return [[] for _ in bursts]
    turns = [turn for turn, burst in enumerate(bursts) for _ in burst]
    known = frozenset(emotes)
    text_id, different = numbered(pl.Series(said, dtype=pl.String))
    replies = pl.DataFrame(
        {
            "turn": turns,
            "text_id": text_id,
            "emote_share": [_emote_share(text, known) for text in said],
            "multiplicity": [1] * len(said),
            "prompt_is_question": [prompts[turn].rstrip().endswith("?") for turn in turns],
        },
        schema_overrides={"turn": pl.UInt32},
    )
    texts = told(different, replace(settings, drop_offensive=False, languages=()), None)
    turns_frame = pl.DataFrame({"turn": range(len(prompts)), "prompt": prompts}, schema_overrides={"turn": pl.UInt32})
    named = iter(styles(replies, texts, turns_frame, settings).to_list())
    return [[next(named) for _ in burst] for burst in bursts]


def offends(settings: CurateSettings) -> Callable[[str], bool]:
    """Return a test for harassment: the dataset's word list, whether or not the dataset was cleaned by it."""
    words = OffensiveWords(settings)
    return cache(lambda text: bool(words.contained(pl.Series([text], dtype=pl.String))[0]))


def _emote_share(text: str, emotes: frozenset[str]) -> float:
    words = text.split()
    return sum(len(word) for word in words if word in emotes) / max(sum(map(len, words)), 1)
