"""Recordings, or single files of them, leave the workspace: the opposite of ingest. The files stay where they lie."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dougpt_schema import SOURCES

from dougpt.manifest import write_manifest
from dougpt.project import Project, Recording, Source
from dougpt.recipes import STAGES
from dougpt.terminal import safe
from dougpt.workspace import Workspace, WorkspaceError


@dataclass(frozen=True, slots=True)
class Leaving:
    """What leaves of one recording.

    Attributes:
        recording: The recording.
        sources: Its files that leave.
    """

    recording: Recording
    sources: tuple[Source, ...]

    @property
    def whole(self) -> bool:
        """Whether all of its files leave, and with them all that was made of it."""
        return len(self.sources) == len(self.recording.sources)


def leaving(project: Project, names: Sequence[str], files: Sequence[str] = ()) -> list[Leaving]:
    """Return what would leave the workspace; nothing is touched.

    Args:
        project: The workspace.
        names: Recordings, as `--only` takes them.
        files: Names, paths, or starts of ids of files of the one recording named; all of its files if empty.

    Raises:
        WorkspaceError: A name fits no recording, or several; a file is none of it; dougpt.toml names the recording.
    """
    recordings = [project.recordings[name] for name in dict.fromkeys(project.select(names))]
    if files and len(recordings) != 1:
        raise WorkspaceError(f"single files leave one recording at a time, not {len(recordings)}")
    found = [Leaving(one, _sources(one, files) if files else one.sources) for one in recordings]
    for one in found:
        if one.whole:
            _refuse_named(project, one.recording.recording_id)
    return found


def unregister(project: Project, found: Sequence[Leaving]) -> None:
    """Take it out: what was made of a recording that leaves goes first, its manifest last.

    So a command that was killed is finished by the same command again. Labels stay, since people made them, and so do
    datasets and runs, which the next pipeline makes anew without the recording.
    """
    workspace = project.workspace
    for one in found:
        recording_id = one.recording.recording_id
        if one.whole:
            for path in _made_of(workspace, recording_id):
                _remove(path)
            shutil.rmtree(workspace.sources_file(recording_id).parent)
        else:
            gone = {source.source_id for source in one.sources}
            rows = [source.row for source in one.recording.sources if source.source_id not in gone]
            write_manifest(workspace, recording_id, SOURCES.table(rows), {})


def _sources(recording: Recording, files: Sequence[str]) -> tuple[Source, ...]:
    chosen: dict[str, Source] = {}
    for name in files:
        exact = [one for one in recording.sources if name in (one.row["name"], str(one.path), one.path.name)]
        found = exact or [one for one in recording.sources if one.source_id.startswith(name)]
        if len(found) != 1:
            which = ", ".join(safe(str(one.path)) for one in found or recording.sources)
            raise WorkspaceError(f"{len(found) or 'no'} files of {safe(recording.title)} fit {safe(name)!r}: {which}")
        chosen[found[0].source_id] = found[0]
    return tuple(chosen.values())


def _refuse_named(project: Project, recording_id: str) -> None:
    """Refuse to take out what dougpt.toml names: every later command would miss it."""
    dataset = project.settings.dataset
    for setting, named in (("only", dataset.only), ("exclude", dataset.exclude)):
        if recording_id in named:
            path = project.workspace.settings_file
            raise WorkspaceError(
                f"{path}: dataset.{setting} names the recording {recording_id}; take it out there first"
            )


def _made_of(workspace: Workspace, recording_id: str) -> Iterator[Path]:
    yield workspace.staged(recording_id)
    yield from (workspace.names_file(recording_id), workspace.raw_texts_file(recording_id))
    yield from (workspace.name_hashes_file(recording_id), workspace.picture_page(recording_id))
    yield from (workspace.chat_page(recording_id), workspace.transcript_page(recording_id))
    yield workspace.align_page_file(recording_id)
    for name in STAGES:
        yield from (workspace.failure_file(name, recording_id), workspace.timing_file(name, recording_id))


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
