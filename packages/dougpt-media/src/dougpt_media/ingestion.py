"""Files and folders to recordings: what each file is, which recording it belongs to, and whether it is whole."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypedDict

import pyarrow as pa
from dougpt_schema import REJECTS, SOURCES, ArrowStream, DougptError, SourceRole, SourceStatus

from dougpt_media.evidence import Said, stem_and_part
from dougpt_media.inspection import ChatFormat, Refused, inspect
from dougpt_media.manifest import SourceRow, manifest_of
from dougpt_media.match import MEDIA_ROLES, ROLES, File, Group, match
from dougpt_media.report import Report

PROPOSALS = pa.schema(
    [
        ("recording_id", pa.string()),
        ("source_id", pa.string()),
        ("role", pa.string()),
        ("name", pa.string()),
        ("part_index", pa.int64()),
        ("duration_ms", pa.int64()),
        ("status", pa.string()),
        ("evidence", pa.string()),
        ("certain", pa.bool_()),
    ]
)


class UnusableFileError(DougptError):
    """A file that was named cannot be used.

    Attributes:
        name: The file's name.
        cause: What is wrong with it.
    """

    def __init__(self, name: str, cause: str) -> None:
        self.name = name
        self.cause = cause
        super().__init__(f"{name}: {cause}")


class NothingUsableError(DougptError):
    """Among the files found there is no recording, no captions and no chat."""


class Whereabouts(TypedDict):
    """Where a source lies on this machine."""

    path: str
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Ingest:
    """What was found.

    Attributes:
        sources: The contract's table, every source of every recording found or added to.
        rejects: Files that cannot be used, each with its cause.
        whereabouts: Where each source of this call lies, by its id.
        proposals: A row a source: its recording and the evidence for that, to be confirmed.
        report: Counts and warnings.
    """

    sources: pa.Table
    rejects: pa.Table
    whereabouts: dict[str, Whereabouts]
    proposals: pa.Table
    report: Report


def ingest(
    paths: Iterable[Path | str],
    *,
    channel: str | None = None,
    video_id: str | None = None,
    platform: str | None = None,
    known: ArrowStream | None = None,
    keep_truncated: bool = False,
    chat_format: ChatFormat | None = None,
    progress: Callable[[str], None] | None = None,
) -> Ingest:
    """Recognise files by their content and group them into recordings; folders are searched to their bottom.

    Args:
        paths: Files and folders. A file named here must be usable; one found in a folder may be rejected.
        channel: The channel of all recordings, where the files do not say it or say it otherwise.
        video_id: The platform's id of the one recording that all these files are of.
        platform: Where that id is from; told from its shape if not given.
        known: Sources of earlier calls, whose recordings keep their ids when files are added.
        keep_truncated: Use media that are cut off as far as they go.
        chat_format: Tells which format of chat a text or table is of, or None; the two of Twitch are known without it.
        progress: Called with each file's name before it is read.

    Raises:
        UnusableFileError: A file named is missing, empty, cut off, or nothing this package knows.
        NothingUsableError: No file can be used.
    """
    found: dict[str, tuple[File, Path]] = {}
    infos: list[File] = []
    refused: list[Refused] = []
    for path, name, is_named in _walk(paths):
        if progress is not None:
            progress(name)
        item = _inspected(path, name, keep_truncated=keep_truncated, chat_format=chat_format)
        if isinstance(item, Refused):
            if is_named:
                raise UnusableFileError(item.name, item.cause)
            refused.append(item)
        elif item.role is None:
            infos.append(item)
        elif item.source_id in found:
            refused.append(Refused(name, "duplicate", f"the same bytes as {found[item.source_id][0].name}"))
        else:
            found[item.source_id] = (item, path)
    if not found:
        raise NothingUsableError(_nothing_usable(paths, infos, refused))
    earlier = [file for file in _known_files(known) if file.source_id not in found]
    placed = _keeping_ids([file for file, _ in found.values()], known)
    groups = match([*placed, *infos, *earlier], video_id=video_id, platform=platform)
    return _result([group for group in groups if _is_new(group, found)], found, refused, channel)


def _walk(paths: Iterable[Path | str]) -> Iterator[tuple[Path, str, bool]]:
    """Yield each file once with what to call it, and whether it was named itself."""
    seen: set[Path] = set()
    for given in map(Path, paths):
        if not given.exists():
            raise UnusableFileError(str(given), "no such file or folder")
        inside = sorted(path for path in given.rglob("*") if path.is_file()) if given.is_dir() else [given]
        for path in inside:
            below = path.relative_to(given) if given.is_dir() else Path(path.name)
            hidden = given.is_dir() and any(part.startswith(".") for part in below.parts)
            if not hidden and path.resolve() not in seen:
                seen.add(path.resolve())
                yield path, below.as_posix(), not given.is_dir()


def _inspected(path: Path, name: str, *, keep_truncated: bool, chat_format: ChatFormat | None) -> File | Refused:
    try:
        return inspect(path, name, keep_truncated=keep_truncated, chat_format=chat_format)
    except OSError as error:
        return Refused(name, "unreadable", f"cannot be read ({error.strerror or error})")


def _nothing_usable(paths: Iterable[Path | str], infos: Sequence[File], refused: Sequence[Refused]) -> str:
    where = ", ".join(Path(path).name or str(path) for path in paths) or "the paths given"
    if not infos and not refused:
        return f"{where}: there are no files"
    first = f"; the first, {refused[0].name}: {refused[0].cause}" if refused else ""
    return f"{where}: none of {len(infos) + len(refused)} files is a recording, captions or a chat export{first}"


def _known_files(known: ArrowStream | None) -> Iterator[File]:
    for row in [] if known is None else SOURCES.conform(known).to_pylist():
        stem, part = stem_and_part(row["name"])
        yield File(
            name=row["name"],
            folder="",
            stem=stem,
            part=part,
            role=SourceRole(row["role"]),
            said=Said(
                row["platform"],
                row["video_id"],
                "earlier" if row["video_id"] else "",
                row["channel"],
                broadcast_start=row["broadcast_start"],
            ),
            source_id=row["source_id"],
            sha256=row["sha256"],
            n_bytes=row["bytes"],
            container=row["container"],
            duration_ms=row["duration_ms"],
            start_ms=row["start_ms"],
            width=row["width"],
            height=row["height"],
            frame_rate=row["frame_rate"],
            status=SourceStatus(row["status"]),
            recording_id=row["recording_id"],
            earlier=True,
        )


def _keeping_ids(files: Sequence[File], known: ArrowStream | None) -> list[File]:
    """Give files that were ingested before the recording that they are in."""
    recordings = {file.source_id: file.recording_id for file in _known_files(known)}
    return [replace(file, recording_id=recordings.get(file.source_id)) for file in files]


def _is_new(group: Group, found: dict[str, tuple[File, Path]]) -> bool:
    return any(file.source_id in found for file in group.files)


def _result(
    groups: Sequence[Group], found: dict[str, tuple[File, Path]], refused: Sequence[Refused], channel: str | None
) -> Ingest:
    sources: list[SourceRow] = []
    proposals: list[dict[str, Any]] = []
    warnings: list[str] = []
    for group in groups:
        rows, notes = manifest_of(group, channel)
        sources += rows
        warnings += notes
        evidence = {file.source_id: (why, certain) for file, why, certain in group.members}
        for row in rows:
            why, certain = evidence[row["source_id"]]
            proposals.append({name: row.get(name) for name in PROPOSALS.names} | {"evidence": why, "certain": certain})
    if silent := sum(not group.holds(MEDIA_ROLES) for group in groups):
        warnings.append(f"{silent} of {len(groups)} recordings have neither sound nor picture here")
    rejects = REJECTS.table(
        {"recording_id": "", "stage": "ingest", "subject_id": item.name, "reason": item.reason, "detail": item.cause}
        for item in refused
    )
    proposals.sort(key=lambda row: (row["recording_id"], ROLES.index(SourceRole(row["role"])), row["part_index"]))
    counts = {
        "files": len(found) + len(refused),
        "recordings": len(groups),
        "sources": len(sources),
        "rejects": len(refused),
    }
    return Ingest(
        sources=SOURCES.table(sources),
        rejects=rejects,
        whereabouts={source_id: _whereabouts(path) for source_id, (_, path) in sorted(found.items())},
        proposals=pa.Table.from_pylist(proposals, schema=PROPOSALS),
        report=Report("ingest", counts, {}, tuple(sorted(warnings))),
    )


def _whereabouts(path: Path) -> Whereabouts:
    stat = path.stat()
    return {"path": str(path.resolve()), "size": stat.st_size, "mtime_ns": stat.st_mtime_ns}
