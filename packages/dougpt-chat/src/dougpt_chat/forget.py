"""Taking a person out of tables: their messages go, and mentions of them become those of nobody.

What stands for nobody is as long as what it replaces, so emotes further on in a text stay where they are.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from dougpt_chat import bare_names
from dougpt_chat.authors import DEFAULT_KEY, fold, pseudonym
from dougpt_chat.bare_names import WORD, names_in, spelled_in

NOBODY = "@" + "0" * 16


@dataclass(frozen=True, slots=True)
class Forgotten:
    """A table without the person, and how many rows went and how many were changed."""

    table: pa.Table
    removed: int
    masked: int


def forget_author(
    events: pa.Table,
    author: str,
    names: Collection[str] = (),
    *,
    key: bytes | None = None,
    hashes: Collection[str] = (),
) -> Forgotten:
    """Take the author with this pseudonym out of a table of events: their rows, and mentions of them in `text`.

    Args:
        events: A table with the columns `author` and `text`; any further ones stay.
        author: A pseudonym; `pseudonym(login, key)` gives it for a login.
        names: What the person is called, as far as it is known: others may have written that without an @.
        key: The pseudonyms' key, by which a word that is their login is known where no name is.
        hashes: What `known_by` gave of their names under the key, by which other names are known where no name is.
    """
    kept = events.filter(pc.fill_null(pc.not_equal(events["author"], author), True))
    if key is not None:
        names = {*_as_staged(names, key), *spelled_in(kept["text"].to_pylist(), author, hashes, key)}
    masked, changed = _masked(kept["text"], author, names_in(names))
    table = kept.set_column(kept.schema.get_field_index("text"), kept.schema.field("text"), masked)
    return Forgotten(table, events.num_rows - kept.num_rows, changed)


def known_by(names: Collection[str], author: str, key: bytes = DEFAULT_KEY) -> list[str]:
    """Return keyed hashes of an author's names, by which `forget_author` and `forget_names` find them again.

    Nobody can read a name from them. None is needed for what the pseudonym is made of, if that is one word.
    """
    return bare_names.known_by(_as_staged(names, key), author, key)


def names_of(names: pa.Table, author: str) -> set[str]:
    """Return every spelling of an author's names in `ChatRead.names`."""
    mine = names.filter(pc.fill_null(pc.equal(names["author"], author), False)).select(["login", "display_name"])
    return {name for column in mine.to_pydict().values() for name in column if name}


def forget_names(
    names: pa.Table,
    raw_texts: pa.Table,
    author: str,
    *,
    forgotten_events: Collection[str] = (),
    spellings: Collection[str] = (),
    key: bytes | None = None,
    hashes: Collection[str] = (),
) -> tuple[Forgotten, Forgotten]:
    """Take a person out of the secret side tables; return what is left of the names and of the raw texts.

    Args:
        names: `ChatRead.names`.
        raw_texts: `ChatRead.raw_texts`.
        author: The person's pseudonym.
        forgotten_events: The ids of the events that `forget_author` removed; their raw texts go too.
        spellings: Names of the person beyond those in `names`.
        key: As in `forget_author`.
        hashes: As in `forget_author`.
    """
    mine = pc.fill_null(pc.equal(names["author"], author), False)
    kept = raw_texts.filter(pc.invert(pc.is_in(raw_texts["event_id"], pa.array(list(forgotten_events), pa.string()))))
    known = names_of(names, author) | set(spellings)
    if key is not None:
        known |= spelled_in(kept["text"].to_pylist(), author, hashes, key)
    # A raw text that names the person is of no further use: what may be kept of it is the staged one.
    clean = kept.filter(pa.array([not named for named in _named(kept["text"], known)], pa.bool_()))
    return (
        Forgotten(names.filter(pc.invert(mine)), pc.sum(mine).as_py() or 0, 0),
        Forgotten(clean, raw_texts.num_rows - clean.num_rows, 0),
    )


def _as_staged(names: Collection[str], key: bytes) -> set[str]:
    """Return the names, and what staging makes of one of several words that nobody of the chat bears.

    Of `@Doug Fan` it hides `@Doug` then, as if that was somebody.
    """
    found = set(names)
    for name in (name.strip().removeprefix("@") for name in names):
        first = WORD.match(name)
        if first is not None and first.end() < len(name):
            found.add(pseudonym(first.group(), key) + name[first.end() :])
    return found


def _named(texts: pa.ChunkedArray, spellings: set[str]) -> list[bool]:
    """Whether each text names the person: by a word or two, or by a name of whatever length behind an @."""
    folded = {fold(name) for name in spellings}
    pattern = names_in(spellings)
    return [
        (pattern is not None and pattern.search(text) is not None)
        or any(fold(word) in folded for word in WORD.findall(text))
        for text in texts.to_pylist()
    ]


def _masked(texts: pa.ChunkedArray, author: str, names: re.Pattern[str] | None) -> tuple[pa.Array, int]:
    """The texts without the person, and how many changed."""
    mentions = rf"@{re.escape(author)}\b"
    masked = pc.replace_substring_regex(texts, mentions, NOBODY)
    if names is not None:
        masked = pa.array([names.sub(_blanked, text) for text in masked.to_pylist()], pa.string())
    return masked, pc.sum(pc.not_equal(masked, texts)).as_py() or 0


def _blanked(match: re.Match[str]) -> str:
    return "_" * len(match.group())
