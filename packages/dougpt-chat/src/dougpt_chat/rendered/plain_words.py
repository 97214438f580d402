"""The words of a message as far as they are read in a picture: no emotes, which are pictures, no case, no marks."""

import re
from collections.abc import Mapping, Sequence

# What stands in a read text where there was an emote, and what an eye and a reader take for the same.
NO_WORD = re.compile(r"<emote>|[^\w\s]|_")


def plain_words(text: str, emotes: Sequence[Mapping[str, object]] | None) -> str:
    """Return the words of `text` in lower case, without emotes (by their places in it), punctuation and pictures."""
    for emote in sorted(emotes or (), key=lambda one: -int(str(one["start"]))):
        text = f"{text[: int(str(emote['start']))]} {text[int(str(emote['end'])) :]}"
    return " ".join(NO_WORD.sub(" ", text.casefold()).split())
