r"""Names that stand in a text without an @: a test for them that gives no name away.

`name_hashes` turns the names of a chat's authors into keyed hashes, which may be handed on;
`name_tester(hashes, key)` is a plain function from a text to a yes or no, for whoever must not print
names and may not know them.

A text is cut into words (`\w+`); every run of one to three words, joined by single spaces, is folded
(NFKC, lower case), hashed (BLAKE2b, 8 bytes, under the key, `person=b"dougpt-name"`) and looked up. Names
of fewer than three characters are left out: they are found in everything.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator

from dougpt_chat.authors import DEFAULT_KEY, fold, keyed_hash, pseudonym

WORD = re.compile(r"\w+")
MAX_WORDS = 3
MIN_CHARACTERS = 3
LONGEST_KNOWN = 12
"""The most words of a name that `known_by` tells of: what begins like a name is tried so far."""


def name_hashes(names: Iterable[str], key: bytes = DEFAULT_KEY) -> list[str]:
    """Return the sorted keyed hashes of `names`, for `name_tester` under the same key."""
    words = {" ".join(WORD.findall(fold(name))) for name in names}
    return sorted(_hash(joined, key) for joined in words if len(joined) >= MIN_CHARACTERS)


def name_tester(hashes: Iterable[str], key: bytes = DEFAULT_KEY) -> Callable[[str], bool]:
    """Return a function that tells whether a text holds one of the hashed names as words of its own."""
    known = frozenset(hashes)
    seen: dict[str, bool] = {}

    def is_name(joined: str) -> bool:
        answer = seen.get(joined)
        if answer is None:
            answer = seen[joined] = _hash(joined, key) in known
        return answer

    def contains(text: str) -> bool:
        words = WORD.findall(fold(text))
        runs = (
            " ".join(words[first : first + length])
            for length in range(1, MAX_WORDS + 1)
            for first in range(len(words) - length + 1)
        )
        return any(is_name(run) for run in runs)

    return contains


def names_in(names: Iterable[str]) -> re.Pattern[str] | None:
    """Return a pattern that finds any of `names` as words of their own, whatever their case; None for no names.

    For whoever may know them. Names of fewer than three characters are left out, as above.
    """
    spellings = {spelling for name in names if len(fold(name)) >= MIN_CHARACTERS for spelling in (name, fold(name))}
    known = sorted(spellings, key=lambda name: (-len(name), name))
    if not known:
        return None
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, known))})(?!\w)", re.IGNORECASE)


def known_by(names: Iterable[str], author: str, key: bytes = DEFAULT_KEY) -> list[str]:
    """Return hashes of an author's names for `spelled_in`: of those that their pseudonym alone does not give away.

    A name of several words has two: its own, and one of how it begins, so that few words of a text need be tried.
    """
    found = set()
    for name in names:
        first, *more = map(fold, WORD.findall(name)[:LONGEST_KNOWN] or [""])
        joined = " ".join([first, *more])
        if len(joined) >= MIN_CHARACTERS and (more or pseudonym(first, key) != author):
            found |= {_hash(joined, key), _hash(_begun(first), key)} if more else {_hash(joined, key)}
    return sorted(found)


def spelled_in(texts: Iterable[str], author: str, hashes: Collection[str] = (), key: bytes = DEFAULT_KEY) -> set[str]:
    """Return what of the texts is a name of the author: words by their pseudonym, and all that `known_by` gave."""
    texts, known = list(texts), frozenset(hashes)
    words = {word: fold(word) for text in texts for word in WORD.findall(text)}
    folded = set(words.values()) - {""}
    theirs = {word for word in folded if pseudonym(word, key) == author or (known and _hash(word, key) in known)}
    begins = {word for word in folded if known and _hash(_begun(word), key) in known}
    found = {word for word in words if words[word] in theirs}
    for text in texts if begins else ():
        found.update(_runs(text, begins, known, key))
    return found


def _begun(first: str) -> str:
    """What is hashed to tell how a name of several words begins; no name ends in a space."""
    return f"{first} "


def _runs(text: str, begins: Collection[str], known: Collection[str], key: bytes) -> Iterator[str]:
    """Yield the stretches of a text that are a known name of several words, as they are spelled."""
    words = [(match.start(), match.end(), fold(match.group())) for match in WORD.finditer(text)]
    for at, (start, _, first) in enumerate(words):
        if first in begins:
            for length in range(2, LONGEST_KNOWN + 1):
                run = words[at : at + length]
                if len(run) == length and _hash(" ".join(word for *_, word in run), key) in known:
                    yield text[start : run[-1][1]]


def contains_name(text: str, hashes: Iterable[str], key: bytes = DEFAULT_KEY) -> bool:
    """Tell whether `text` holds a hashed name; for many texts, make one `name_tester` and keep it."""
    return name_tester(hashes, key)(text)


def _hash(joined: str, key: bytes) -> str:
    return keyed_hash(joined, key, purpose=b"dougpt-name")
