"""Which files were looked at before, so that none is read twice: this machine's bookkeeping, and no more than that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dougpt_media.walking import Found, printable
from dougpt_schema import atomic_write, code_fingerprint, fingerprint

from dougpt.project import Project, Source
from dougpt.workspace import read_json, to_json

DETAILS = ("status_evidence", "part_start_ms", "told_duration_ms", "streams", "muted")
"""Columns of sources that are shown as JSON beside what ingest proposes."""
KNOWN_FIELDS = ("recording_id", "source_id", "role", "name", "part_index", "duration_ms", "status", *DETAILS)


@dataclass(slots=True)
class Ledger:
    """What is known of files, by path: size, time of change, code that read them, what was asked, their id."""

    project: Project
    code: str
    asked: str
    before: dict[str, list[Any]]
    sources: dict[str, Source]

    @classmethod
    def open(cls, project: Project, options: object) -> "Ledger":
        """Read what is known; the columns of chat that are set decide what a table is."""
        path = project.workspace.state / "ingested.json"
        before = dict(read_json(path)) if path.exists() else {}
        sources = {source.source_id: source for one in project.recordings.values() for source in one.sources}
        asked = fingerprint(options, dict(project.settings.chat.columns))
        return cls(project, code_fingerprint("dougpt_schema", "dougpt_media", "dougpt_chat"), asked, before, sources)

    def knows(self, files: Sequence[Found]) -> bool:
        """Return whether all these files are as they were, and the sources among them registered."""
        return bool(files) and bool(self.sources) and all(self._is_known(file) for file in files)

    def rows(self, files: Sequence[Found]) -> list[dict[str, Any]]:
        """Return what is registered of these files, as the ingest of new ones would."""
        ids = {self._entry(file)[4] for file in files}
        return [
            {name: source.row[name] for name in KNOWN_FIELDS} | {"evidence": "earlier", "certain": True}
            for source_id, source in sorted(self.sources.items())
            if source_id in ids
        ]

    def places(self) -> dict[str, Any]:
        """Return where the registered sources lay when code like today's read them."""
        read = {path for path, entry in self.before.items() if len(entry) == 5 and entry[2] == self.code}
        return {
            source_id: {"path": str(source.path), "size": source.bytes, "mtime_ns": source.mtime_ns}
            for source_id, source in self.sources.items()
            if str(source.path) in read
        }

    def keep(self, files: Sequence[Found], whereabouts: Mapping[str, Any]) -> None:
        """Write down that these files were looked at, and which of them are sources."""
        ids = {place["path"]: source_id for source_id, place in whereabouts.items()}
        for file in files:
            path = _path(file)
            self.before[path] = [file.size, file.mtime_ns, self.code, self.asked, ids.get(path, "")]
        atomic_write(self.project.workspace.state / "ingested.json", to_json(self.before))

    def _entry(self, file: Found) -> list[Any]:
        entry = self.before.get(_path(file), [])
        return entry if len(entry) == 5 else [None] * 5

    def _is_known(self, file: Found) -> bool:
        size, mtime_ns, code, asked, source_id = self._entry(file)
        same = (size, mtime_ns, code, asked) == (file.size, file.mtime_ns, self.code, self.asked)
        return same and (not source_id or source_id in self.sources)


def _path(file: Found) -> str:
    return printable(str(file.path.resolve()))
