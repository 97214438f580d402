"""How a word that is in no dictionary may sound, in the phones of CMUdict.

Forced alignment needs some sound for every word: a crude one keeps the words around it in place, where
leaving the word out would make them swallow its time.
"""

from collections.abc import Callable

VOWELS = frozenset("aeiouy")
LETTER_NAMES = {
    "a": "EY", "b": "B IY", "c": "S IY", "d": "D IY", "e": "IY", "f": "EH F", "g": "JH IY", "h": "EY CH", "i": "AY",
    "j": "JH EY", "k": "K EY", "l": "EH L", "m": "EH M", "n": "EH N", "o": "OW", "p": "P IY", "q": "K Y UW",
    "r": "AA R", "s": "EH S", "t": "T IY", "u": "Y UW", "v": "V IY", "w": "D AH B AH L Y UW", "x": "EH K S",
    "y": "W AY", "z": "Z IY",
}  # fmt: skip
# The longest that fits is taken; "" is silent.
GRAPHEMES = {
    "eigh": "EY", "ough": "AO", "augh": "AO", "tion": "SH AH N", "sion": "ZH AH N", "ture": "CH ER", "tch": "CH",
    "dge": "JH", "igh": "AY", "sch": "S K", "ch": "CH", "sh": "SH", "th": "TH", "ph": "F", "wh": "W", "ck": "K",
    "ng": "NG", "qu": "K W", "gh": "G", "ee": "IY", "ea": "IY", "oo": "UW", "ou": "AW", "ow": "OW", "oi": "OY",
    "oy": "OY", "ai": "EY", "ay": "EY", "au": "AO", "aw": "AO", "ie": "IY", "ei": "IY", "ey": "IY", "oa": "OW",
    "ue": "UW", "er": "ER", "ir": "ER", "ur": "ER", "ar": "AA R", "or": "AO R", "ce": "S", "ci": "S IH", "cy": "S IY",
    "a": "AE", "b": "B", "c": "K", "d": "D", "e": "EH", "f": "F", "g": "G", "h": "HH", "i": "IH", "j": "JH",
    "k": "K", "l": "L", "m": "M", "n": "N", "o": "AA", "p": "P", "q": "K", "r": "R", "s": "S", "t": "T", "u": "AH",
    "v": "V", "w": "W", "x": "K S", "y": "IY", "z": "Z", "'": "",
}  # fmt: skip
LONG = {"a": "EY", "e": "IY", "i": "AY", "o": "OW", "u": "UW", "y": "AY"}
LONGEST_GRAPHEME = max(map(len, GRAPHEMES))
SHORTEST_PART = 3


def pronounce(word: str, lookup: Callable[[str], str | None]) -> str | None:
    """Return phones for `word`, separated by spaces, or None where it holds letters outside a to z.

    Args:
        word: A spoken form: lower case, letters and apostrophes.
        lookup: The dictionary: phones of a word, or None.
    """
    if not word or not set(word) <= GRAPHEMES.keys():
        return None
    if word.endswith("'s") and (stem := lookup(word[:-2]) or pronounce(word[:-2], lookup)):
        return f"{stem} Z"
    bare = word.replace("'", "")
    if not bare:
        return None
    if not VOWELS & set(bare):
        return " ".join(LETTER_NAMES[letter] for letter in bare)
    return lookup(bare) or _compound(bare, lookup) or _by_rule(bare)


def _compound(word: str, lookup: Callable[[str], str | None]) -> str | None:
    """Return the sound of two dictionary words written as one, the parts as even as possible."""
    cuts = sorted(range(SHORTEST_PART, len(word) - SHORTEST_PART + 1), key=lambda cut: (abs(2 * cut - len(word)), cut))
    for cut in cuts:
        first, second = lookup(word[:cut]), lookup(word[cut:])
        if first and second:
            return f"{first} {second}"
    return None


def _by_rule(word: str) -> str:
    phones: list[str] = []
    at = 0
    while at < len(word):
        if at == 0 and word[0] == "y" and word[1:2] in VOWELS:
            sound, length = "Y", 1
        elif _is_long(word, at):
            sound, length = LONG[word[at]], 1
        elif word[at] == "e" and at == len(word) - 1 and phones:
            sound, length = "", 1
        else:
            length = next(n for n in range(LONGEST_GRAPHEME, 0, -1) if word[at : at + n] in GRAPHEMES)
            sound = GRAPHEMES[word[at : at + length]]
        if sound and not (length == 1 and word[at] not in VOWELS and at and word[at] == word[at - 1]):
            phones.extend(sound.split())
        at += length
    return " ".join(phones) or LETTER_NAMES[word[0]]


def _is_long(word: str, at: int) -> bool:
    """A vowel before one consonant and a last e: make, time."""
    return (
        at == len(word) - 3
        and word[at] in LONG
        and word[-1] == "e"
        and word[-2] not in VOWELS
        and (at == 0 or word[at - 1] not in VOWELS)
    )
