"""People under pseudonyms: a keyed hash of the name, equal wherever the same name stands.

`pseudonym(name, key)` is the 64-bit BLAKE2b hash of the folded name under the key, as 16 hex digits. Who
does not have the key cannot find out whether somebody is in the data; under another key everybody has
another pseudonym. An author's login is hashed, so that a mention of it gives the same digits; somebody
shown under a name of their own is found by that name too.
"""

import hashlib
import re
import unicodedata
from collections.abc import Collection

# Public, and therefore no protection: for examples and tests. `dougpt init` makes a secret one.
DEFAULT_KEY = b"dougpt: the public key of examples"

STREAMER = "@streamer"
KEY_BYTES = range(1, 65)
WORD = re.compile(r"\w+")


def fold(name: str) -> str:
    """Return what two spellings of one name have in common."""
    if name.isascii():  # most are; nothing of Unicode's rules touches them
        return name.strip().removeprefix("@").lower()
    return unicodedata.normalize("NFKC", name).strip().removeprefix("@").casefold()


def pseudonym(name: str, key: bytes = DEFAULT_KEY) -> str:
    """Return the 16 hex digits that stand for `name` under `key`.

    Raises:
        ValueError: The key is empty or longer than 64 bytes.
    """
    return keyed_hash(fold(name), key, purpose=b"dougpt-author")


def keyed_hash(text: str, key: bytes, *, purpose: bytes) -> str:
    """Return 64 bits of BLAKE2b as hex; `purpose`, up to 16 bytes, keeps hashes of different uses apart.

    Raises:
        ValueError: The key is empty or longer than 64 bytes.
    """
    if len(key) not in KEY_BYTES:
        raise ValueError(f"a key has 1 to 64 bytes, not {len(key)}")
    digest = hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=8, key=key, person=purpose)
    return digest.hexdigest()


class People:
    """Everybody who writes in a chat, and what is put in the place of their names.

    Args:
        roster: Logins and display names of the authors; either may be None. Read more than once.
        owners: Names of the channel's owner.
        key: The pseudonym key.
    """

    def __init__(
        self, roster: Collection[tuple[str | None, str | None]], owners: Collection[str], key: bytes = DEFAULT_KEY
    ) -> None:
        self._key = key
        self._owners = {fold(name) for name in owners}
        self._identity_of: dict[str, str] = {}
        self._hashes: dict[str, str] = {}
        logins = sorted(
            {(login, display) for login, display in roster if login and display}, key=lambda pair: pair[::-1]
        )
        for login, display in logins:
            self._identity_of.setdefault(fold(display), fold(login))
        for login, _ in logins:
            self._identity_of[fold(login)] = fold(login)
        self._long_names: dict[str, set[str]] = {}
        for name in {*owners, *(name for pair in roster for name in pair if name)}:
            if WORD.fullmatch(fold(name)):
                continue
            if first := WORD.match(fold(name)):
                self._long_names.setdefault(first.group(), set()).add(fold(name))

    def author(self, login: str | None, display_name: str | None) -> str | None:
        """Return an author's pseudonym, by the login where there is one; None for accounts that are gone."""
        name = login or display_name
        return self._hash(fold(name)) if name and fold(name) else None

    def mention(self, name: str) -> str:
        """Return what stands for `@name` in a text."""
        folded = fold(name)
        identity = self._identity_of.get(folded, folded)
        if folded in self._owners or identity in self._owners:
            return STREAMER
        return f"@{self._hash(identity)}"

    def reach(self, text: str) -> int:
        """Return how many characters of `text`, which stands behind an @, are a name of more than one word; else 0."""
        first = WORD.match(text)
        names = self._long_names.get(fold(first.group()), ()) if first else ()
        for name in sorted(names, key=lambda one: (-len(one), one)):
            end = len(name)
            if fold(text[:end]) == name and not WORD.match(text, end):
                return end
        return 0

    def _hash(self, folded: str) -> str:
        found = self._hashes.get(folded)
        if found is None:
            found = self._hashes[folded] = pseudonym(folded, self._key)
        return found
