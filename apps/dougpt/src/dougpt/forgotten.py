"""Who is forgotten, and in which recordings they are known to be nowhere, so that those need not be read again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dougpt_schema import atomic_write

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
    """Pseudonyms whose messages are left out for good, and absences by recording."""

    authors: frozenset[str] = frozenset()
    absent: Mapping[str, Absence] = field(default_factory=dict)

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
        return Forgotten(self.authors | {author}, absent)


def read_forgotten(path: Path) -> Forgotten:
    """Return who is forgotten; nobody where there is no file.

    Raises:
        WorkspaceError: The file is damaged.
    """
    if not path.exists():
        return Forgotten()
    found = read_members(path, REMEDY, authors=list)
    absent = found.get("absent", {})
    damaged = not isinstance(absent, dict) or not all(isinstance(one, dict) for one in absent.values())
    texts = found["authors"] if damaged else [*found["authors"], *(x for one in absent.values() for x in _texts(one))]
    if damaged or not all(isinstance(text, str) for text in texts):
        raise WorkspaceError(f"{path}: damaged, an author is no text; {REMEDY}")
    return Forgotten(
        frozenset(found["authors"]),
        {name: Absence(one["recipe"], frozenset(one["authors"])) for name, one in absent.items()},
    )


def write_forgotten(path: Path, forgotten: Forgotten) -> None:
    """Write down who is forgotten."""
    absent = {
        name: {"recipe": one.recipe, "authors": sorted(one.authors)} for name, one in sorted(forgotten.absent.items())
    }
    atomic_write(path, to_json({"authors": sorted(forgotten.authors), "absent": absent}))


def _texts(absence: Mapping[str, object]) -> list[object]:
    """What an absence holds, which must be texts; something else where it is not whole."""
    authors = absence.get("authors")
    return [absence.get("recipe"), *(authors if isinstance(authors, list) else [None])]
