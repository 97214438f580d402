"""Who is forgotten, and in which recordings they are known to be nowhere, so that those need not be read again."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from dougpt.workspace import WorkspaceError, read_members, to_json

REMEDY = "restore it from a copy: it says who is left out"


@dataclass(frozen=True, slots=True)
class Absence:
    """People who are nowhere in the chat of a recording, as the recipe made it that was looked at.

    Attributes:
        recipe: That recipe's fingerprint, without regard to anybody forgotten.
        authors: Their pseudonyms.
    """

    recipe: str
    authors: frozenset[str]


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Pseudonyms whose messages are left out for good, absences by recording, and by what names people are known.

    The names are keyed hashes, by which a text that holds one is recognised in recordings in which its owner never
    wrote; a person known by nothing but what their pseudonym is made of has none.
    """

    authors: frozenset[str] = frozenset()
    absent: Mapping[str, Absence] = field(default_factory=dict)
    names: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def left_out_of(self, recording_id: str, recipe: str) -> frozenset[str]:
        """Return who may be in a recording that is read by `recipe`: everybody of whom the opposite is not known."""
        known = self.absent.get(recording_id)
        return self.authors - known.authors if known is not None and known.recipe == recipe else self.authors

    def with_absence(self, author: str, recipes: Mapping[str, str]) -> "Forgotten":
        """Return the same with an author who is in none of the recordings, given with what they were read by."""
        absent = dict(self.absent)
        for recording_id, recipe in recipes.items():
            nowhere = self.authors - self.left_out_of(recording_id, recipe)
            absent[recording_id] = Absence(recipe, nowhere | {author})
        return replace(self, authors=self.authors | {author}, absent=absent)

    def with_names(self, author: str, hashes: frozenset[str]) -> "Forgotten":
        """Return the same with hashes of the names by which an author is known."""
        return replace(self, names={**self.names, author: hashes}) if hashes else self


def read_forgotten(path: Path) -> Forgotten:
    """Return who is forgotten; nobody where there is no file.

    Raises:
        WorkspaceError: The file is damaged.
    """
    if not path.exists():
        return Forgotten()
    found = read_members(path, REMEDY, authors=list)
    absent, names = found.get("absent", {}), found.get("names", {})
    parts = (absent, names)
    damaged = not all(isinstance(part, dict) for part in parts) or not all(
        isinstance(one, kind) for part, kind in zip(parts, (dict, list), strict=True) for one in part.values()
    )
    texts = list(found["authors"])
    if not damaged:
        texts += [text for one in absent.values() for text in _texts(one)]
        texts += [text for one in names.values() for text in one]
    if damaged or not all(isinstance(text, str) for text in texts):
        raise WorkspaceError(f"{path}: damaged, an author is no text; {REMEDY}")
    return Forgotten(
        frozenset(found["authors"]),
        {name: Absence(one["recipe"], frozenset(one["authors"])) for name, one in absent.items()},
        {author: frozenset(one) for author, one in names.items()},
    )


def forgotten_json(forgotten: Forgotten) -> bytes:
    """Return the file that says who is forgotten."""
    absent = {
        name: {"recipe": one.recipe, "authors": sorted(one.authors)} for name, one in sorted(forgotten.absent.items())
    }
    names = {author: sorted(hashes) for author, hashes in sorted(forgotten.names.items())}
    return to_json({"authors": sorted(forgotten.authors), "absent": absent, **({"names": names} if names else {})})


def _texts(absence: Mapping[str, object]) -> list[object]:
    """What an absence holds, which must be texts; something else where it is not whole."""
    authors = absence.get("authors")
    return [absence.get("recipe"), *(authors if isinstance(authors, list) else [None])]
