"""The rows of a recording's manifest: its id, its sources in order, their parts, and whether they are whole."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

from dougpt_schema import recording_id as id_of_video

from dougpt_media.files import MEDIA_ROLES, ROLES, File, Group, natural
from dougpt_media.parts import Parts, parts
from dougpt_media.streams import Stream
from dougpt_media.told import Stretch, joined
from dougpt_media.wholeness import wholeness


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
    status_evidence: str | None
    told_duration_ms: int | None
    streams: list[Stream] | None
    muted: list[dict[str, int]] | None


def manifest_of(group: Group, channel: str | None) -> tuple[list[SourceRow], list[str]]:
    """Return the sources of a recording and what to be warned of."""
    placed = [(file, file.role) for file in group.files if file.role is not None]
    placed.sort(key=lambda pair: (ROLES.index(pair[1]), pair[0].part or 0, natural(pair[0].name), pair[0].source_id))
    files = [file for file, _ in placed]
    recording = _recording_id(group, files)
    channel = channel or next((file.said.channel for file in group.files if file.said.channel), None)
    broadcast_start = _broadcast_start(group)
    media = [file for file in files if file.role in MEDIA_ROLES]
    placed_parts = parts(files, _began(group, files))
    whole = wholeness(_sources_and_metadata(group, files), placed_parts)
    muted = _muted(group, media, placed_parts, whole.media_start_ms)
    rows: list[SourceRow] = []
    warnings = [*placed_parts.warnings, *whole.warnings, *_renditions(media, placed_parts)]
    warnings += [f"{file.name}: {said}" for file in group.files for said in file.said.notes]
    for file, role in placed:
        status, evidence = whole.of.get(file.source_id, (file.status, file.status_evidence))
        if evidence:
            warnings.append(f"{file.name} is {status}: {evidence}")
        part_index, part_start_ms = placed_parts.of[file.source_id]
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
                "status_evidence": evidence or None,
                "told_duration_ms": whole.told_ms if role in MEDIA_ROLES else None,
                "streams": None if file.streams is None else list(file.streams),
                "muted": _rows_of(muted.get(file.source_id)),
            }
        )
    return rows, warnings


def _began(group: Group, files: Sequence[File]) -> dict[str, datetime]:
    """Return when the part of each source began, where metadata of its own name tell it of every medium."""
    infos = {file.marks: file.said.broadcast_start for file in group.files if file.role is None}
    told = {marks: start for marks, start in infos.items() if start is not None}
    of_every_one = all(file.marks in told for file in files if file.role in MEDIA_ROLES)
    several = len(set(told.values())) > 1
    return (
        {file.source_id: told[file.marks] for file in files if file.marks in told} if of_every_one and several else {}
    )


def _renditions(media: Sequence[File], placed: Parts) -> list[str]:
    """Return which media of one part are heard, where several could be: the first of them."""
    warnings = []
    for index in range(placed.count):
        same = [file.name for file in media if placed.of[file.source_id][0] == index and _has_sound(file)]
        if len(same) > 1:
            among = f"{', '.join(same[:-1])} and {same[-1]}"
            warnings.append(f"{among} are renditions of one part, by name and length: {same[0]} is the one heard")
    return warnings


def _has_sound(file: File) -> bool:
    return file.streams is None or any(stream["kind"] == "audio" for stream in file.streams)


def _muted(group: Group, media: Sequence[File], placed: Parts, start_ms: int) -> dict[str, tuple[Stretch, ...] | None]:
    """Return the muted stretches of each medium on its own clock; `start_ms` is where in the video the media begin."""
    told = [file.said.muted for file in group.files if file.said.muted is not None]
    if not told:
        return {file.source_id: file.muted for file in media}
    whole = joined(stretch for stretches in told for stretch in stretches)
    muted: dict[str, tuple[Stretch, ...] | None] = {}
    for file in media:
        before_ms, length_ms = start_ms + placed.of[file.source_id][1], file.duration_ms or 0
        cut = ((max(0, a - before_ms), min(length_ms, b - before_ms)) for a, b in whole)
        muted[file.source_id] = joined(cut)
    return muted


def _rows_of(stretches: Sequence[Stretch] | None) -> list[dict[str, int]] | None:
    return None if stretches is None else [{"from_ms": from_ms, "to_ms": to_ms} for from_ms, to_ms in stretches]


def _sources_and_metadata(group: Group, sources: Sequence[File]) -> list[File]:
    return [*sources, *(file for file in group.files if file.role is None)]


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
