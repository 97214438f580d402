"""A workspace that was opened: its settings, key, recordings and the people it forgot."""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any

from dougpt_schema import SOURCES, DougptError, SourceRole, file_sha256, fingerprint, read_table

from dougpt.advice import advice
from dougpt.forgotten import Forgotten, read_forgotten
from dougpt.light_arrow import keep_pandas_out
from dougpt.own_settings import OwnSettings, joined, read_own_settings, with_own_settings
from dougpt.removal import refuse_unfinished
from dougpt.settings import Settings, load_settings
from dougpt.terminal import safe
from dougpt.workspace import Workspace, WorkspaceError, read_places

SPEECH_ROLES = (SourceRole.VIDEO, SourceRole.AUDIO, SourceRole.CAPTIONS)
ROLES = (*SPEECH_ROLES, SourceRole.CHAT)
NEAR = 5  # names that an error lists


class SourceChangedError(DougptError):
    """A source is gone, or is no longer the file that was ingested."""


class NoRecordingsError(WorkspaceError):
    """Nothing was ingested yet."""

    def __init__(self, root: Path) -> None:
        super().__init__(f"{root}: no recordings here; register some with: {advice(root, 'ingest', 'FILES_OR_FOLDER')}")


@dataclass(frozen=True, slots=True)
class Source:
    """A file of a recording, with where it lies on this machine."""

    row: dict[str, Any]
    path: Path
    bytes: int
    mtime_ns: int

    @property
    def source_id(self) -> str:
        """The first 16 hex digits of its SHA-256."""
        return str(self.row["source_id"])

    @property
    def role(self) -> str:
        """What it gives to its recording."""
        return str(self.row["role"])

    def verified(self) -> Path:
        """Return the path once the file is known to be the one that was ingested.

        Size and mtime are trusted; where one of them differs, the bytes are hashed again.

        Raises:
            SourceChangedError: The file is missing or another one.
        """
        try:
            found = self.path.stat()
        except OSError as error:
            raise SourceChangedError(
                f"{self.path}: cannot be read ({error.strerror}); ingest it from where it is now, or take it out with"
                " `dougpt remove RECORDING --file FILE`"
            ) from error
        if (found.st_size, found.st_mtime_ns) != (self.bytes, self.mtime_ns) and (
            found.st_size != self.row["bytes"] or file_sha256(self.path) != self.row["sha256"]
        ):
            raise SourceChangedError(f"{self.path}: changed since it was ingested; ingest it again")
        return self.path


@dataclass(frozen=True, slots=True)
class Recording:
    """One broadcast, edit or VOD, and its sources in the order of the manifest."""

    recording_id: str
    sources: tuple[Source, ...]

    def of(self, *roles: SourceRole) -> tuple[Source, ...]:
        """Return the sources of these roles, parts in order."""
        chosen = [source for source in self.sources if source.role in roles]
        return tuple(sorted(chosen, key=lambda source: (source.row["part_index"], source.source_id)))

    @property
    def channel(self) -> str | None:
        """The channel that a source names; the first one that does."""
        return next((source.row["channel"] for source in self.sources if source.row["channel"]), None)

    @property
    def broadcast_start(self) -> datetime | None:
        """When the broadcast began, where a source knows."""
        return next((source.row["broadcast_start"] for source in self.sources if source.row["broadcast_start"]), None)

    @property
    def title(self) -> str:
        """A name for people: that of the video, else of the sound, the captions, the chat."""
        first = min(self.sources, key=lambda source: (ROLES.index(source.role), source.row["part_index"]))
        return str(first.row["name"])

    @property
    def video_id(self) -> str | None:
        """The platform's id of the recording, where it is known."""
        return next((source.row["video_id"] for source in self.sources if source.row["video_id"]), None)

    def inputs(self, sources: Iterable[Source]) -> tuple[str, ...]:
        """Return what a recipe holds of `sources`: their ids and places, not their names."""
        keep = ("source_id", "role", "part_index", "part_start_ms", "start_ms", "duration_ms", "status", "muted")
        return tuple(fingerprint({name: source.row[name] for name in keep}) for source in sources)


class Project:
    """An opened workspace. What is read is read once.

    One in which a `dougpt forget` was cut short still holds some of what was to go. It is opened only with
    `unfinished`, by what finishes that or tells of it.

    Raises:
        UnfinishedForgetError: A `dougpt forget` was cut short here.
        BusyError: One is at work.
    """

    def __init__(self, workspace: Workspace, *, unfinished: bool = False) -> None:
        keep_pandas_out()
        if not unfinished:
            refuse_unfinished(workspace)
        self.workspace = workspace
        self.settings: Settings = load_settings(workspace.settings_file)

    @classmethod
    def open(cls, root: Path, *, unfinished: bool = False) -> "Project":
        """Open the workspace at `root`.

        Raises:
            WorkspaceError: There is none.
            SettingsError: Its dougpt.toml is wrong.
            UnfinishedForgetError: A `dougpt forget` was cut short here.
            BusyError: One is at work.
        """
        return cls(Workspace.open(root), unfinished=unfinished)

    @cached_property
    def key(self) -> bytes:
        """The pseudonym key."""
        path = self.workspace.key_file
        try:
            key = path.read_bytes()
        except OSError as error:
            raise WorkspaceError(f"{path}: the pseudonym key cannot be read ({error.strerror})") from error
        if not key:
            raise WorkspaceError(f"{path}: the pseudonym key is empty")
        return key

    @property
    def key_hash(self) -> str:
        """What artifacts may say of the key."""
        return hashlib.sha256(b"dougpt key hash\0" + self.key).hexdigest()

    @cached_property
    def forgotten(self) -> Forgotten:
        """Who is left out for good."""
        return read_forgotten(self.workspace.forgotten_file)

    @cached_property
    def recordings(self) -> dict[str, Recording]:
        """Every ingested recording by id.

        Raises:
            ContractError: A sources table breaks its contract or is newer than this program.
        """
        return {recording_id: self._recording(recording_id) for recording_id in self.workspace.recordings()}

    @cached_property
    def own_settings(self) -> dict[str, OwnSettings]:
        """What was set for single recordings, of those that have anything."""
        files = {name: self.workspace.own_settings_file(name) for name in self.workspace.recordings()}
        found = {name: read_own_settings(file) for name, file in files.items()}
        return {name: own for name, own in found.items() if own}

    def settings_of(self, subject: str) -> Settings:
        """Return the settings that hold for a recording; those of the workspace for anything else.

        Raises:
            SettingsError: What was set for the recording does not fit the model.
        """
        own = self.own_settings.get(subject)
        if own is None:
            return self.settings
        return with_own_settings(self.settings, own, self.workspace.own_settings_file(subject))

    def choose(self, subject: str, chosen: OwnSettings, *, reset: Collection[str] = ()) -> None:
        """Set something for one recording, on top of what was set for it before, but for the tables `reset`.

        It is not yet written.

        Raises:
            SettingsError: It does not fit the model.
        """
        before = self.own_settings.get(subject, {})
        own = joined({name: before[name] for name in before if name not in reset}, chosen)
        with_own_settings(self.settings, own, self.workspace.own_settings_file(subject))
        self.own_settings[subject] = own

    def members(self) -> list[str]:
        """Return the recordings of the dataset, by its settings.

        Raises:
            WorkspaceError: The settings name a recording that is not there.
        """
        wanted = self.settings.dataset
        for name in (*wanted.only, *wanted.exclude):
            if name not in self.recordings:
                raise WorkspaceError(f"dougpt.toml names the recording {name!r}, which was not ingested")
        return [name for name in (wanted.only or self.recordings) if name not in wanted.exclude]

    def select(self, only: Iterable[str]) -> list[str]:
        """Return the recordings meant by `only`, all where it is empty.

        Each is meant by its platform's id, its name with or without ending, or the start of its id or name.

        Raises:
            WorkspaceError: A name fits no recording, or several.
        """
        chosen = [self._one(name) for name in only]
        return chosen or list(self.recordings)

    def _one(self, name: str) -> str:
        recordings = self.recordings.values()
        exact = [one for one in recordings if name in (one.recording_id, one.video_id, one.title, Path(one.title).stem)]
        found = exact or [one for one in recordings if one.recording_id.startswith(name) or one.title.startswith(name)]
        if len(found) != 1:
            titles = [one.title for one in found] or self._titles_near(name)
            these = ", ".join(map(safe, titles[:NEAR])) + (", ..." if len(titles) > NEAR else "")
            which = f": {these}" if found else f"; near it: {these}" if these else ""
            status = advice(self.workspace.root, "status")
            raise WorkspaceError(f"{len(found) or 'no'} recordings fit {name!r}{which}; see: {status}")
        return found[0].recording_id

    def _titles_near(self, name: str) -> list[str]:
        stems = {Path(one.title).stem.casefold(): one.title for one in self.recordings.values()}
        return [stems[stem] for stem in get_close_matches(name.casefold(), stems, n=NEAR)]

    def _recording(self, recording_id: str) -> Recording:
        table = read_table(self.workspace.sources_file(recording_id), SOURCES)
        local_file = self.workspace.local_file(recording_id)
        local = read_places(local_file)
        sources = []
        for row in table.to_pylist():
            place = local.get(row["source_id"], {})
            sources.append(
                Source(row, Path(place.get("path", row["name"])), place.get("size", -1), place.get("mtime_ns", -1))
            )
        return Recording(recording_id, tuple(sources))
