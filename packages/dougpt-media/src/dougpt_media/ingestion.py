"""Files and folders to recordings: what each file is, which recording it belongs to, and whether it is whole."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypedDict

import pyarrow as pa
from dougpt_schema import REJECTS, SOURCES, ArrowStream, DougptError, SourceRole, SourceStatus

from dougpt_media.evidence import EARLIER, Said, stem_and_part
from dougpt_media.files import MEDIA_ROLES, ROLES, File, Group
from dougpt_media.identity import changed_identities
from dougpt_media.inspection import ChatFormat, Refused, inspect
from dougpt_media.manifest import SourceRow, manifest_of
from dougpt_media.match import match
from dougpt_media.progress import FileProgress, TellShare
from dougpt_media.report import Report
from dougpt_media.walking import Found, UnusableFileError, walk
from dougpt_media.wholeness import own_status

CAUSES_TOLD = 5
"""Of how many files an error says why they cannot be used."""
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
    places: Mapping[str, Whereabouts] | None = None,
    progress: Callable[[FileProgress], None] | None = None,
) -> Ingest:
    """Recognise files by their content and group them into recordings; folders are searched to their bottom.

    Metadata among the files (yt-dlp's info.json, Twitch's description of a video) are no sources: they tell ids,
    lengths and muted stretches of recordings among the files or known from earlier calls.

    Args:
        paths: Files and folders. A file named here must be usable; one found in a folder may be rejected.
        channel: The channel of all recordings, where the files do not say it or say it otherwise.
        video_id: The platform's id of the one recording that all these files are of.
        platform: Where that id is from; told from its shape if not given.
        known: Sources of earlier calls, whose recordings keep their ids when files are added.
        keep_truncated: Use media that are cut off as far as they go.
        chat_format: Tells which format of chat a text or table is of, or None; the two of Twitch are known without it.
        places: Where known sources lay, by their id: one that still lies there with the same size and time of change is
            not read again.
        progress: Called before each file and while it is read.

    Raises:
        UnusableFileError: A file named is missing, empty, cut off, or nothing this package knows.
        NothingUsableError: No file can be used.
    """
    known_rows = [] if known is None else SOURCES.conform(known).to_pylist()
    earlier = list(_known_files(known_rows))
    reader = _Reader(
        known={file.source_id: file for file in earlier},
        by_place={place["path"]: (source_id, place) for source_id, place in (places or {}).items()},
        keep_truncated=keep_truncated,
        chat_format=chat_format,
        progress=progress,
    )
    reader.read_all(list(walk(paths)))
    found = reader.found
    placed = [_as_known(file, reader.known.get(file.source_id)) for file, _ in found.values()]
    rest = [file for file in earlier if file.source_id not in found]
    groups = match([*placed, *reader.infos, *rest], video_id=video_id, platform=platform)
    groups = [group for group in groups if any(not file.earlier for file in group.files)]
    if not groups:
        raise NothingUsableError(_nothing_usable(paths, reader.infos, reader.refused))
    return _result(groups, found, reader.refused, channel, known_rows)


@dataclass(slots=True)
class _Reader:
    """Looks at files one after the other and keeps what they are."""

    known: dict[str, File]
    by_place: dict[str, tuple[str, Whereabouts]]
    keep_truncated: bool
    chat_format: ChatFormat | None
    progress: Callable[[FileProgress], None] | None
    found: dict[str, tuple[File, Whereabouts]] = field(default_factory=dict)
    infos: list[File] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)

    def read_all(self, files: Sequence[Found]) -> None:
        """Look at every file; one that was named and cannot be used ends it."""
        total, done = sum(file.size for file in files), 0
        for number, file in enumerate(files, 1):
            tell = self._teller(FileProgress(file.name, number, len(files), done, total), file.size)
            item = Refused(file.name, "unreadable", file.cause) if file.cause else self._read(file, tell)
            if isinstance(item, Refused) and file.is_named:
                raise UnusableFileError(item.name, item.cause)
            if isinstance(item, Refused):
                self.refused.append(item)
            done += file.size

    def _teller(self, start: FileProgress, size: int) -> TellShare | None:
        progress = self.progress
        if progress is None:
            return None
        progress(start)
        return lambda share: progress(replace(start, done_bytes=start.done_bytes + int(share * size)))

    def _read(self, file: Found, tell: TellShare | None) -> Refused | None:
        where: Whereabouts = {"path": str(file.path.resolve()), "size": file.size, "mtime_ns": file.mtime_ns}
        source_id, place = self.by_place.get(where["path"], ("", None))
        before = self.known.get(source_id) if place == where else None
        try:
            item = self._inspected(file, before, tell)
            facts = file.path.stat()
        except OSError as error:
            return Refused(file.name, "unreadable", f"cannot be read ({error.strerror or error})")
        if isinstance(item, Refused):
            return item
        if (facts.st_size, facts.st_mtime_ns) != (file.size, file.mtime_ns):
            return Refused(file.name, "changing", "it changed while it was read: is it still being written?")
        if item.role is None:
            self.infos.append(item)
        elif item.source_id in self.found:
            return Refused(file.name, "duplicate", f"the same bytes as {self.found[item.source_id][0].name}")
        else:
            self.found[item.source_id] = (item, where)
        return None

    def _inspected(self, file: Found, before: File | None, tell: TellShare | None) -> File | Refused:
        if before is not None and before.role in MEDIA_ROLES and before.name == file.path.name:
            return replace(before, folder=str(file.path.resolve().parent), earlier=False)
        return inspect(
            file.path,
            file.name,
            keep_truncated=self.keep_truncated,
            chat_format=self.chat_format,
            sha256=None if before is None else before.sha256,
            tell=tell,
        )


def _nothing_usable(paths: Iterable[Path | str], infos: Sequence[File], refused: Sequence[Refused]) -> str:
    where = ", ".join(Path(path).name or str(path) for path in paths) or "the paths given"
    if not infos and not refused:
        return f"{where}: there are no files"
    causes = "".join(f"; {one.name}: {one.cause}" for one in refused[:CAUSES_TOLD])
    more = f"; and {len(refused) - CAUSES_TOLD} more" if len(refused) > CAUSES_TOLD else ""
    return f"{where}: none of {len(infos) + len(refused)} files is a recording, captions or a chat export{causes}{more}"


def _known_files(rows: Iterable[dict[str, Any]]) -> Iterator[File]:
    for row in rows:
        stem, part = stem_and_part(row["name"])
        status, evidence = own_status(SourceStatus(row["status"]), row["status_evidence"] or "")
        yield File(
            name=row["name"],
            folder="",
            stem=stem,
            part=part,
            role=SourceRole(row["role"]),
            said=Said(
                row["platform"],
                row["video_id"],
                EARLIER if row["video_id"] else "",
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
            status=status,
            status_evidence=evidence,
            streams=None if row["streams"] is None else tuple(row["streams"]),
            recording_id=row["recording_id"],
            told_ms=row["told_duration_ms"],
            muted=None if row["muted"] is None else tuple((one["from_ms"], one["to_ms"]) for one in row["muted"]),
            earlier=True,
        )


def _as_known(file: File, before: File | None) -> File:
    """Give a file that was ingested before the recording that it is in, and what was told of it."""
    if before is None:
        return file
    return replace(file, recording_id=before.recording_id, told_ms=before.told_ms, muted=before.muted)


def _result(
    groups: Sequence[Group],
    found: dict[str, tuple[File, Whereabouts]],
    refused: Sequence[Refused],
    channel: str | None,
    known: Sequence[dict[str, Any]],
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
    warnings += changed_identities(known, sources)
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
        whereabouts={source_id: place for source_id, (_, place) in sorted(found.items())},
        proposals=pa.Table.from_pylist(proposals, schema=PROPOSALS),
        report=Report("ingest", counts, {}, tuple(sorted(warnings))),
    )
