"""Figures in words: how numbers, shares and durations are written on the page, and how strangers' text is tamed."""

import math
import unicodedata
from dataclasses import dataclass

LONGEST_TEXT = 280
SHORT_HASH = 12
# They turn the direction of text, and would take what stands beside them along.
BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Spaces and characters without a shape: a text of these alone looks like nothing.
UNSEEN = frozenset({"Cc", "Cf", "Cn", "Mn", "Me", "Zs", "Zl", "Zp"})
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


def short_hash(value: str) -> str:
    """Return as much of a hash as tells two apart."""
    return value[:SHORT_HASH]


@dataclass(frozen=True, slots=True)
class Quote:
    """A stranger's text as it is shown; `length` is that of the whole text where it was cut."""

    text: str
    length: int | None
    blank: bool


def quoted(text: str, most: int = LONGEST_TEXT) -> Quote:
    """Return a text to show, cut to `most` characters with its length known, and whether there is anything to see."""
    shown = tame(text[:most])
    blank = all(unicodedata.category(character) in UNSEEN for character in shown)
    return Quote(shown, len(text) if len(text) > most else None, blank)


def clock(milliseconds: int | None) -> str:
    """Return a time in a recording as h:mm:ss."""
    if milliseconds is None:
        return UNKNOWN
    seconds = abs(milliseconds) // 1000
    sign = "\u2212" if milliseconds < 0 else ""
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
