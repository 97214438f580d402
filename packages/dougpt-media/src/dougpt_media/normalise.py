"""A written word as it is spoken: lower case, numbers and symbols in words, no punctuation.

`$25.50` is spoken `twenty five dollars fifty`. Stored text is never rewritten; the spoken form stands
beside it for matching and for forced alignment.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

from num2words import num2words

APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc\u0060\u00b4", "'"))
SYMBOLS = {"%": "percent", "&": "and", "+": "plus", "=": "equals", "@": "at", "#": "number", "°": "degrees"}
CURRENCIES = {"$": "dollars", "€": "euros", "£": "pounds", "¥": "yen"}
SCALES = {"k": "thousand", "m": "million", "b": "billion"}
LONGEST_NUMBER = 12  # further digits are read one by one, as in a telephone number

MONEY = re.compile(r"([$€£¥])(\d[\d,]*)(?:\.(\d\d?))?([kmb])?")
ORDINAL = re.compile(r"(\d[\d,]*)(?:st|nd|rd|th)")
DECADE = re.compile(r"'?(\d\d(?:\d\d)?)'?s")
CLOCK = re.compile(r"(\d{1,2}):(\d\d)")
YEAR = re.compile(r"1[1-9]\d\d|20\d\d")
DECIMAL = re.compile(r"(\d[\d,]*)?\.(\d+)")
WHOLE = re.compile(r"\d{1,3}(?:,\d{3})+|\d+")
PIECES = re.compile(r"[$€£¥]?\d[\d,]*\.?\d*|[^\W\d_']+(?:'[^\W\d_']+)*|[%&+=@#°]")
HASHTAG = re.compile(r"#([^\W\d].*)")
MINUS = re.compile(r"(?<!\S)[-\u2212](?=\d)")
EDGES = re.compile(r"^[^\w$€£¥%&+=@#°'.]+|[^\w%&+=@#°']+$")


@lru_cache(maxsize=1 << 16)
def normal(text: str) -> str:
    """Return `text` as spoken: words of letters and apostrophes with single spaces, or nothing at all."""
    plain = unicodedata.normalize("NFKC", text.translate(APOSTROPHES)).casefold()
    plain = "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))
    words: list[str] = []
    for token in re.split(r"[\s/_\u2010-\u2015-]+", MINUS.sub("minus ", plain)):
        words.extend(_spoken(EDGES.sub("", token)))
    return " ".join(words)


def _spoken(token: str) -> list[str]:
    for pattern, say in WHOLE_TOKENS:
        if match := pattern.fullmatch(token):
            return say(match)
    pieces = PIECES.findall(token)
    return [word for piece in pieces for word in _piece(piece, alone=len(pieces) == 1)]


def _piece(piece: str, *, alone: bool) -> list[str]:
    if piece in SYMBOLS:
        return [] if alone and piece in "#@=" else [SYMBOLS[piece]]
    if piece[0] in CURRENCIES:
        return [*_number(piece[1:]), CURRENCIES[piece[0]]]
    if piece[0].isdigit():
        return _number(piece)
    word = piece.strip("'")
    return [word] if word else []


def _number(digits: str) -> list[str]:
    digits = digits.rstrip(".,")
    if match := DECIMAL.fullmatch(digits):
        return [*_cardinal(match[1] or "0"), "point", *_digits(match[2])]
    return _cardinal(digits)


def _cardinal(digits: str) -> list[str]:
    whole = re.sub(r"\D", "", digits)
    if len(whole) > LONGEST_NUMBER or (whole.startswith("0") and len(whole) > 1) or not WHOLE.fullmatch(digits):
        return _digits(whole)
    return _split(num2words(int(whole)))


def _digits(digits: str) -> list[str]:
    return [word for digit in digits for word in _split(num2words(int(digit)))]


def _money(sign: str, whole: str, cents: str | None, scale: str | None) -> list[str]:
    if scale:
        number = _number(f"{whole}.{cents}") if cents else _cardinal(whole)
        return [*number, SCALES[scale], CURRENCIES[sign]]
    unit = CURRENCIES[sign]
    if _whole(whole) == 1 and unit.endswith("s"):
        unit = unit[:-1]
    return [*_cardinal(whole), unit, *(_cardinal(str(int(cents))) if cents and int(cents) else [])]


def _clock(hour: int, minute: int) -> list[str]:
    if minute == 0:
        return _split(num2words(hour))
    return [*_split(num2words(hour)), *(["oh"] if minute < 10 else []), *_split(num2words(minute))]


def _year(year: int) -> list[str]:
    return _split(num2words(year, to="year") if year >= 1000 else num2words(year))


def _plural(words: list[str]) -> list[str]:
    last = words[-1]
    return [*words[:-1], f"{last[:-1]}ies" if last.endswith("y") else f"{last}s"]


def _whole(digits: str) -> int:
    return int(digits.replace(",", ""))


def _split(words: str) -> list[str]:
    return [word for word in re.split(r"[\s,-]+", words) if word and word != "and"]


WHOLE_TOKENS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], list[str]]], ...] = (
    (HASHTAG, lambda match: ["hashtag", *_spoken(match[1])]),
    (MONEY, lambda match: _money(match[1], match[2], match[3], match[4])),
    (ORDINAL, lambda match: _split(num2words(_whole(match[1]), to="ordinal"))),
    (DECADE, lambda match: _plural(_year(int(match[1])))),
    (CLOCK, lambda match: _clock(int(match[1]), int(match[2]))),
    (YEAR, lambda match: _year(int(match[0]))),
)
