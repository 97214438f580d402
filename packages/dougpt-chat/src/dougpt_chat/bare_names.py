r"""Names that stand in a text without an @: a test for them that gives no name away.

`name_hashes` turns the names of a chat's authors into keyed hashes, which may be handed on;
`name_tester(hashes, key)` is a plain function from a text to a yes or no, for whoever must not print
names and may not know them.

A text is cut into words (`\w+`); every run of one to three words, joined by single spaces, is folded
(NFKC, lower case), hashed (BLAKE2b, 8 bytes, under the key, `person=b"dougpt-name"`) and looked up. Names
of fewer than three characters are left out: they are found in everything.
"""

import re
from collections.abc import Callable, Iterable

from dougpt_chat.authors import DEFAULT_KEY, fold, keyed_hash

WORD = re.compile(r"\w+")
MAX_WORDS = 3
MIN_CHARACTERS = 3


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
    known = sorted(
        {fold(name) for name in names if len(fold(name)) >= MIN_CHARACTERS}, key=lambda name: (-len(name), name)
    )
    if not known:
        return None
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, known))})(?!\w)", re.IGNORECASE)


def contains_name(text: str, hashes: Iterable[str], key: bytes = DEFAULT_KEY) -> bool:
    """Tell whether `text` holds a hashed name; for many texts, make one `name_tester` and keep it."""
    return name_tester(hashes, key)(text)


def _hash(joined: str, key: bytes) -> str:
    return keyed_hash(joined, key, purpose=b"dougpt-name")
