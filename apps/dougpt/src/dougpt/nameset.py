"""Who is a chatter, asked without a name: what `chat` left under secret/, for the rule that keeps names out."""

from collections.abc import Iterable

from dougpt_chat.bare_names import name_tester

from dougpt.project import Project
from dougpt.workspace import read_json


class NameSet:
    """Answers whether a text holds the name of anybody who wrote in these recordings."""

    def __init__(self, hashes: Iterable[str], key: bytes) -> None:
        self._holds_name = name_tester(hashes, key)

    @classmethod
    def of(cls, project: Project, recordings: Iterable[str]) -> "NameSet":
        """Return the name set over `recordings`."""
        hashes: set[str] = set()
        for recording_id in recordings:
            hashes.update(read_json(project.workspace.name_hashes_file(recording_id))["hashes"])
        return cls(sorted(hashes), project.key)

    def contains(self, text: str) -> bool:
        """Whether `text` holds a chatter's name as words of its own."""
        return self._holds_name(text)
