"""Taking a person out of tables: their messages go, and mentions of them become those of nobody.

The digits of nobody are as long as a pseudonym, so emotes further on in a text stay where they are.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from dougpt_chat.authors import fold
from dougpt_chat.bare_names import WORD

NOBODY = "@" + "0" * 16


@dataclass(frozen=True, slots=True)
class Forgotten:
    """A table without the person, and how many rows went and how many were changed."""

    table: pa.Table
    removed: int
    masked: int


def forget_author(events: pa.Table, author: str) -> Forgotten:
    """Take the author with this pseudonym out of a table of events: their rows, and mentions of them in `text`.

    Args:
        events: A table with the columns `author` and `text`; any further ones stay.
        author: A pseudonym; `pseudonym(login, key)` gives it for a login.
    """
    kept = events.filter(pc.fill_null(pc.not_equal(events["author"], author), True))
    masked, changed = _masked(kept["text"], rf"@{re.escape(author)}\b")
    table = kept.set_column(kept.schema.get_field_index("text"), kept.schema.field("text"), masked)
    return Forgotten(table, events.num_rows - kept.num_rows, changed)


def forget_names(
    names: pa.Table,
    raw_texts: pa.Table,
    author: str,
    *,
    forgotten_events: Collection[str] = (),
    login: str | None = None,
) -> tuple[Forgotten, Forgotten]:
    """Take a person out of the secret side tables; return what is left of the names and of the raw texts.

    Args:
        names: `ChatRead.names`.
        raw_texts: `ChatRead.raw_texts`.
        author: The person's pseudonym.
        forgotten_events: The ids of the events that `forget_author` removed; their raw texts go too.
        login: A name of the person beyond those in `names`.
    """
    mine = pc.fill_null(pc.equal(names["author"], author), False)
    known = names.filter(mine).select(["login", "display_name"]).to_pydict()
    spellings = {fold(name) for name in [*known["login"], *known["display_name"], login] if name}
    kept = raw_texts.filter(pc.invert(pc.is_in(raw_texts["event_id"], pa.array(list(forgotten_events), pa.string()))))
    mentions = [_mentions(text, spellings) for text in kept["text"].to_pylist()]
    # A raw text that names the person is of no further use: what may be kept of it is the staged one.
    clean = kept.filter(pa.array([not any_mention for any_mention in mentions], pa.bool_()))
    return (
        Forgotten(names.filter(pc.invert(mine)), pc.sum(mine).as_py() or 0, 0),
        Forgotten(clean, raw_texts.num_rows - clean.num_rows, 0),
    )


def _masked(text: pa.ChunkedArray, pattern: str) -> tuple[pa.ChunkedArray, int]:
    hits = pc.match_substring_regex(text, pattern)
    return pc.replace_substring_regex(text, pattern, NOBODY), pc.sum(hits).as_py() or 0


def _mentions(text: str, spellings: set[str]) -> bool:
    return any(fold(word) in spellings for word in WORD.findall(text))
