"""Figures in words: how numbers, shares and durations are written on the page, and how strangers' text is tamed."""

import math
import unicodedata

LONGEST_TEXT = 280
# They turn the direction of text, and would take what stands beside them along.
BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
UNKNOWN = "\N{EN DASH}"


def number(value: float | None, digits: int = 0) -> str:
    """Return a number with thin spaces between thousands."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    return f"{value:,.{digits}f}".replace(",", "\u2009").replace("-", "\u2212")


def percent(share: float | None, digits: int = 0) -> str:
    """Return a share as percent."""
    return UNKNOWN if share is None else f"{number(share * 100, digits)}\u2009%"


def duration(milliseconds: float | None) -> str:
    """Return hours and minutes, or minutes and seconds below one hour."""
    if milliseconds is None:
        return UNKNOWN
    minutes, seconds = divmod(round(milliseconds / 1000), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}\u2009h {minutes:02d}\u2009min" if hours else f"{minutes}\u2009min {seconds:02d}\u2009s"


def plural(count: int, noun: str, nouns: str = "") -> str:
    """Return a count with its noun."""
    return f"{number(count)} {noun if count == 1 else nouns or noun + 's'}"


def tame(text: str) -> str:
    """Return text that stays in its place.

    Control characters, turns of direction, lone surrogates and marks piled without end are gone.
    """
    kept, marks = [], 0
    for character in text.encode("utf-8", "replace").decode():
        category = unicodedata.category(character)
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if marks > 2 or character in BIDI_CONTROLS:
            continue
        kept.append("\ufffd" if category in {"Cc", "Cs"} and character not in "\n\t" else character)
    return "".join(kept)


def shortened(text: str, most: int = LONGEST_TEXT) -> str:
    """Return at most `most` characters, with an ellipsis where more was there."""
    return text if len(text) <= most else text[: most - 1] + "…"
