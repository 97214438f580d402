"""Files to manifests: what `dougpt_media.ingest` found is shown, confirmed and written down."""

import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
import dougpt_media
import pyarrow as pa
from dougpt_chat import recognise_chat
from dougpt_media.walking import walk
from dougpt_schema import SOURCES, DougptError, SourceRole
from pyarrow import compute as pc

from dougpt.advice import advice
from dougpt.ingest_ledger import DETAILS, Ledger
from dougpt.ingest_progress import ProgressLines
from dougpt.manifest import write_manifest
from dougpt.project import SPEECH_ROLES, Project
from dougpt.terminal import note, safe


class NotConfirmedError(DougptError):
    """The match of files to recordings was not accepted."""


@dataclass(frozen=True, slots=True)
class IngestOptions:
    """What a person may say about the files."""

    channel: str | None = None
    video_id: str | None = None
    platform: str | None = None
    keep_truncated: bool = False


def ingest_paths(
    project: Project,
    paths: Sequence[Path],
    options: IngestOptions | None = None,
    *,
    yes: bool = False,
    dry_run: bool = False,
    tell: Callable[[str], None] = note,
) -> list[dict[str, Any]]:
    """Register the files below `paths` and return one row a source; nothing is read where nothing changed.

    Args:
        project: The workspace.
        paths: Files and folders.
        options: Channel, id and platform, where the files do not say them.
        yes: Accept without asking; without a terminal to ask on, only what is certain is accepted.
        dry_run: Show and write nothing.
        tell: Called with the lines of the table.

    Raises:
        NotConfirmedError: The table was not accepted.
        UnusableFileError: A file named cannot be used.
        NothingUsableError: Nothing can.
    """
    options = options or IngestOptions()
    ledger = Ledger.open(project, options)
    files = list(walk(paths))
    if not dry_run and ledger.knows(files):
        note(f"ingest: {len(files)} files are as they were: nothing to do")
        for warning in _gone(project, ledger.rows(files), {}):
            note(f"warning: {safe(warning)}")
        return ledger.rows(files)

    found = dougpt_media.ingest(
        paths,
        channel=options.channel,
        video_id=options.video_id,
        platform=options.platform,
        keep_truncated=options.keep_truncated,
        known=_known(project),
        places=ledger.places(),
        chat_format=lambda path: recognise_chat(path, project.settings.chat.columns),
        progress=ProgressLines().file,
    )
    rows: list[dict[str, Any]] = found.proposals.to_pylist()
    details = {row["source_id"]: {name: row[name] for name in DETAILS} for row in found.sources.to_pylist()}
    rows = [row | details[row["source_id"]] for row in rows]
    _show(
        _named_apart(rows, found.whereabouts),
        found.rejects.to_pylist(),
        [*found.report.warnings, *_gone(project, rows, found.whereabouts)],
        tell,
    )
    if dry_run:
        note("ingest: --dry-run: nothing was written")
        return rows
    _confirm(rows, yes=yes)
    for recording_id in pc.unique(found.sources["recording_id"]).to_pylist():
        chosen = found.sources.filter(pc.equal(found.sources["recording_id"], recording_id))
        write_manifest(project.workspace, recording_id, chosen, dict(found.whereabouts))
    ledger.keep(files, found.whereabouts)
    return rows


def fetch(project: Project, address: str, wanted: Mapping[str, Any]) -> tuple[Path, ...]:
    """Fetch what is at an address, and return the folders to be ingested; `wanted` goes before the settings.

    Raises:
        MissingExtraError: yt-dlp is not installed.
        DownloadError: Nothing could be fetched.
    """
    given = {name: value for name, value in wanted.items() if value is not None}
    settings = replace(project.settings.download, **given)
    found = dougpt_media.download(address, project.workspace.downloads, settings, progress=ProgressLines().fetched)
    for warning in found.report.warnings:
        note(f"warning: {safe(warning)}")
    counts = found.report.counts
    note(f"download: {counts['fetched']} fetched, {counts['here_already']} here already, {counts['failed']} failed")
    return found.folders


def _known(project: Project) -> pa.Table | None:
    rows = [source.row for recording in project.recordings.values() for source in recording.sources]
    return SOURCES.table(rows) if rows else None


def _gone(project: Project, rows: Sequence[Mapping[str, Any]], found: Mapping[str, Any]) -> Iterator[str]:
    """Tell of files that were registered earlier, belong to these recordings, and are no longer where they were."""
    for recording_id in dict.fromkeys(row["recording_id"] for row in rows):
        recording = project.recordings.get(recording_id)
        for source in recording.sources if recording else ():
            if source.source_id not in found and not source.path.exists():
                name = source.row["name"]
                remedy = advice(project.workspace.root, "remove", recording_id, "--file", name)
                yield f"{name} is no longer at {source.path}; ingest it from where it is, or take it out with: {remedy}"


def _named_apart(rows: list[dict[str, Any]], found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Put its folder before each name that several recordings have."""
    named = {(row["recording_id"], row["name"]) for row in rows}
    times = Counter(name for _, name in named)
    shown = []
    for row in rows:
        name, place = row["name"], found.get(row["source_id"])
        told = f"{Path(place['path']).parent.name}/{name}" if times[name] > 1 and place is not None else name
        shown.append(row | {"name": told})
    return shown


def _lacks(roles: Collection[str]) -> str:
    """Return what a recording of these roles lacks for a dataset, as the end of its line."""
    lacks = [] if set(SPEECH_ROLES) & set(roles) else ["neither captions nor sound"]
    lacks += [] if SourceRole.CHAT in roles else ["no chat export"]
    return f"  ({' and '.join(lacks)} yet)" if lacks else ""


def _show(
    rows: list[dict[str, Any]],
    rejects: list[dict[str, Any]],
    warnings: Sequence[str],
    tell: Callable[[str], None],
) -> None:
    shown = ""
    for row in rows:
        if row["recording_id"] != shown:
            shown = row["recording_id"]
            tell(f"recording {shown}{_lacks({one['role'] for one in rows if one['recording_id'] == shown})}")
        doubt = "" if row["certain"] else "  (not certain)"
        tell(f"  {row['role']:<9} {safe(row['name'])}  {row['status']}  {safe(row['evidence'])}{doubt}")
    for row in rejects:
        tell(f"skipped {safe(row['subject_id'])}: {safe(row['detail'])}")
    if any(row["reason"] == "unrecognised" for row in rejects):
        tell(
            "a table of chat with words of its own for its columns is read once chat.columns in dougpt.toml names them"
        )
    for warning in warnings:
        tell(f"warning: {safe(warning)}")


def _confirm(rows: list[dict[str, Any]], *, yes: bool) -> None:
    if yes:
        return
    if sys.stdin.isatty():
        if not click.confirm("Register these?", default=True, err=True):
            raise NotConfirmedError("nothing was registered")
        return
    doubtful = [row["name"] for row in rows if not row["certain"]]
    if doubtful:
        raise NotConfirmedError(f"{doubtful[0]}: its recording is not certain; look at the table, then say --yes")
