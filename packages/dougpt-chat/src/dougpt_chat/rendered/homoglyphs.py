"""Letters that fonts draw alike, and words repaired where one reading of them is known and the other is not.

The shape of a word has one letter for all that look like it: `Imao` and `lmao` share theirs.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from dougpt_chat.rendered.lexicon import CHAT_WORDS

CAPITALS = "CSUVWXZ"
LOOKS = str.maketrans(
    {**dict.fromkeys("I1|", "l"), **dict.fromkeys("O0", "o"), **{letter: letter.lower() for letter in CAPITALS}}
)
# lmaooooo: a word and the last letter once more, and again.
DRAWN_OUT = re.compile(r"^(.*?(.))\2*$", re.DOTALL)
WORD = re.compile(r"[\w|]+(?:'\w+)*")
# What is so whatever the word: l for the pronoun, a capital within small letters, letters among digits.
PRONOUN = re.compile(r"^[l|](?=$|'(?:m|ll|ve|d)$)")
WITHIN = re.compile(r"(?<=[a-z])I(?=[a-z])")
NUMBER = re.compile(r"(?=.*[0-9])[0-9OIl]{2,}")
DIGITS = str.maketrans("OIl", "011")
QUOTES = str.maketrans("\u2018\u2019\u201c\u201d\u00b4\uff07", "''\"\"''")
# How often a word must have been read to be known by itself, and how much more often than what looks like it.
OFTEN = 3
MORE_OFTEN = 4


def shape(word: str) -> str:
    """What words that look alike have in common."""
    return word.translate(LOOKS)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Words that are known, by their shapes."""

    words: dict[str, frozenset[str]]

    @classmethod
    def of(cls, given: Iterable[str], read: Iterable[str]) -> "Lexicon":
        """Make one of words that are given, and of those that were read often where others like them were not.

        Args:
            given: Words and emotes.
            read: All words that were read, each time.
        """
        words: dict[str, set[str]] = {}
        for word in (*CHAT_WORDS, *given):
            words.setdefault(shape(word), set()).add(word)
        forms_of: dict[str, Counter[str]] = {}
        for word, count in Counter(read).items():
            forms_of.setdefault(shape(word), Counter())[word] = count
        for looks, forms in forms_of.items():
            if looks not in words:
                often, count = forms.most_common(1)[0]
                if count >= max(OFTEN, MORE_OFTEN * (forms.total() - count)):
                    words[looks] = {often}
        return cls({looks: frozenset(known) for looks, known in words.items()})

    def repaired(self, word: str) -> str:
        """The word, or what it must have been."""
        likely = PRONOUN.sub("I", word)
        likely = likely.translate(DIGITS) if NUMBER.fullmatch(likely) else likely
        if likely in self.words.get(shape(likely), ()):
            return likely
        known = {one for one in self._like(likely) if not _is_in_other_case(likely, one)}
        return known.pop() if len(known) == 1 else WITHIN.sub("l", likely)

    def _like(self, word: str) -> set[str]:
        """The known words of a word's shape, or of its shape without the repetitions at its end, which stay."""
        drawn_out = DRAWN_OUT.match(shape(word))
        short = drawn_out[1] if drawn_out else ""
        return {
            *self.words.get(shape(word), ()),
            *(known + word[len(short) :] for known in self.words.get(short, ()) if len(short) > 1),
        }


def _is_in_other_case(word: str, known: str) -> bool:
    """Whether the words differ by case alone, as at a sentence's beginning; emotes have capitals elsewhere."""
    usual = known in (known.lower(), known.upper(), known.capitalize())
    return word != known and word.casefold() == known.casefold() and usual


def words_of(text: str) -> list[str]:
    """The words of a text."""
    return WORD.findall(text.translate(QUOTES))


def repaired_text(text: str, lexicon: Lexicon) -> tuple[str, int]:
    """The text with straight quotes and its words repaired, and how many words were; mentions stay as they are."""
    count = 0

    def repair(match: re.Match[str]) -> str:
        nonlocal count
        word = match[0] if match.string[: match.start()].endswith("@") else lexicon.repaired(match[0])
        count += word != match[0]
        return word

    return WORD.sub(repair, text.translate(QUOTES)), count
