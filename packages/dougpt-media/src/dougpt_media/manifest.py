"""The rows of a recording's manifest: its id, its sources in order, their parts, and whether they are whole."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

from dougpt_schema import SourceStatus
from dougpt_schema import recording_id as id_of_video

from dougpt_media.match import MEDIA_ROLES, ROLES, File, Group, natural
from dougpt_media.probe import is_cut

EXPECTED_SLACK_S = 5.0
SAME_RENDITION_MS = 1_500


class SourceRow(TypedDict):
    """A row of the contract sources."""

    recording_id: str
    source_id: str
    role: str
    channel: str | None
    platform: str | None
    video_id: str | None
    sha256: str
    bytes: int
    name: str
    container: str
    duration_ms: int | None
    start_ms: int | None
    part_index: int
    part_start_ms: int
    width: int | None
    height: int | None
    frame_rate: float | None
    broadcast_start: datetime | None
    status: str


def manifest_of(group: Group, channel: str | None) -> tuple[list[SourceRow], list[str]]:
    """Return the sources of a recording and what to be warned of."""
    placed = [(file, file.role) for file in group.files if file.role is not None]
    placed.sort(key=lambda pair: (ROLES.index(pair[1]), pair[0].part or 0, natural(pair[0].name), pair[0].source_id))
    files = [file for file, _ in placed]
    recording = _recording_id(group, files)
    channel = channel or next((file.said.channel for file in group.files if file.said.channel), None)
    broadcast_start = _broadcast_start(group)
    part_of = parts(files)
    rows: list[SourceRow] = []
    warnings: list[str] = []
    for file, role in placed:
        status, evidence = _status(file, group, single=max(index for index, _ in part_of.values()) == 0)
        if evidence:
            warnings.append(f"{file.name} is {status}: {evidence}")
        part_index, part_start_ms = part_of[file.source_id]
        rows.append(
            {
                "recording_id": recording,
                "source_id": file.source_id,
                "role": role.value,
                "channel": channel,
                "platform": group.platform,
                "video_id": group.video_id,
                "sha256": file.sha256,
                "bytes": file.n_bytes,
                "name": file.name,
                "container": file.container,
                "duration_ms": file.duration_ms,
                "start_ms": file.start_ms,
                "part_index": part_index,
                "part_start_ms": part_start_ms,
                "width": file.width,
                "height": file.height,
                "frame_rate": file.frame_rate,
                "broadcast_start": broadcast_start,
                "status": status.value,
            }
        )
    return rows, warnings


def parts(files: Sequence[File]) -> dict[str, tuple[int, int]]:
    """Return each source's part, counted from 0, and where it begins in ms.

    Media numbered in their names are parts in that order. Several without numbers are parts in the order of
    their names, unless they are equally long: then they are one part in several renditions.
    """
    numbers = {file.source_id: file.part or 0 for file in files}
    for role in MEDIA_ROLES:
        same = [file for file in files if file.role is role]
        lengths = [file.duration_ms or 0 for file in same]
        if (
            not any(file.part for file in same)
            and max(lengths, default=0) - min(lengths, default=0) > SAME_RENDITION_MS
        ):
            numbers |= {file.source_id: number for number, file in enumerate(same, 1)}
    media = [file for file in files if file.role in MEDIA_ROLES]
    starts: dict[int, tuple[int, int]] = {}
    start_ms = 0
    for index, number in enumerate(sorted({numbers[file.source_id] for file in media})):
        starts[number] = index, start_ms
        start_ms += max(file.duration_ms or 0 for file in media if numbers[file.source_id] == number)
    return {source_id: starts.get(number, (0, 0)) for source_id, number in numbers.items()}


def _status(file: File, group: Group, *, single: bool) -> tuple[SourceStatus, str]:
    """Return whether a file is whole, by itself and against the length that an info.json tells."""
    told_ms = next((other.said.duration_ms for other in group.files if other.role is None), None)
    found_ms = file.duration_ms if file.role in MEDIA_ROLES and single else None
    if file.status is SourceStatus.OK and told_ms is not None and found_ms is not None:
        found_s, told_s = found_ms / 1000, told_ms / 1000
        if is_cut(found_s, told_s, slack_s=EXPECTED_SLACK_S):
            return SourceStatus.TRUNCATED, f"{found_s:.1f} of the {told_s:.1f} s that its info.json tells"
    return file.status, file.status_evidence


def _recording_id(group: Group, files: Sequence[File]) -> str:
    """Return the id an earlier ingest gave, else the video's, else that of the first source."""
    if kept := next((file.recording_id for file in files if file.recording_id), None):
        return kept
    if group.platform is not None and group.video_id is not None:
        return id_of_video(group.platform, group.video_id)
    return files[0].source_id


def _broadcast_start(group: Group) -> datetime | None:
    infos_first = sorted(group.files, key=lambda file: file.role is not None)
    return next((file.said.broadcast_start for file in infos_first if file.said.broadcast_start), None)
