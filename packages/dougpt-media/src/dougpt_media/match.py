"""Which files belong to one recording, with the evidence for each, for a person to confirm.

An id decides: from yt-dlp's info.json, a chat export's header, an address inside the file, or the name.
Files without one follow the file of the same name. What is left over is matched by length, and at last by
being the only candidate, which is never called certain.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from dougpt_schema import SourceRole, SourceStatus

from dougpt_media.evidence import Said, platform_of

SAME_LENGTH_MS = 2_000
SAME_LENGTH_SHARE = 0.005
MEDIA_ROLES = (SourceRole.VIDEO, SourceRole.AUDIO)
ROLES = (*MEDIA_ROLES, SourceRole.CAPTIONS, SourceRole.CHAT)


@dataclass(frozen=True, slots=True)
class File:
    """A usable file: what it is, and what it says of its recording.

    `folder` is where it lies on this machine, to be compared and never stored.
    `role` is None for an info.json, which only says something about others. `recording_id` is given for files
    that an earlier ingest has placed; `earlier` are those of them that are not given again.
    """

    name: str
    folder: str
    stem: str
    part: int | None
    role: SourceRole | None
    said: Said
    source_id: str = ""
    sha256: str = ""
    n_bytes: int = 0
    container: str = ""
    duration_ms: int | None = None
    start_ms: int | None = None
    width: int | None = None
    height: int | None = None
    frame_rate: float | None = None
    status: SourceStatus = SourceStatus.OK
    status_evidence: str = ""
    recording_id: str | None = None
    earlier: bool = False


@dataclass(slots=True)
class Group:
    """The files of one recording, each with why it is there and whether that is certain."""

    platform: str | None
    video_id: str | None
    members: list[tuple[File, str, bool]] = field(default_factory=list)

    @property
    def files(self) -> list[File]:
        """The files alone."""
        return [file for file, _, _ in self.members]

    def holds(self, roles: Iterable[SourceRole]) -> bool:
        """Return whether there is a file of one of the roles."""
        return any(file.role in set(roles) for file in self.files)


def match(files: Sequence[File], *, video_id: str | None = None, platform: str | None = None) -> list[Group]:
    """Group `files` into recordings; with `video_id`, all that are not of an earlier ingest are of that one."""
    # Folders only tell files of one name apart; their own names must not decide anything.
    ordered = sorted(files, key=lambda file: (natural(file.name), file.source_id))
    if video_id is not None:
        told = next((file.said.platform for file in ordered if file.said.video_id == video_id), None)
        platform = platform or told or platform_of(video_id)
        ordered = [file if file.earlier else _with_id(file, platform, video_id, "given") for file in ordered]
    else:
        ordered = [_with_id_of_another(file, ordered) for file in ordered]
    groups = _by_id_and_name(ordered)
    _adopt_leftovers(groups)
    return [group for group in groups if group.holds(ROLES)]


def natural(name: str) -> list[tuple[int, str]]:
    """Return a sorting key under which part 2 comes before part 10."""
    return [(int(piece), "") if piece.isdigit() else (-1, piece) for piece in re.split(r"(\d+)", name.casefold())]


def _with_id_of_another(file: File, files: Sequence[File]) -> File:
    """Give a file without an id that of a file of the same name, or one known here that its name contains."""
    if file.said.video_id is not None or file.earlier:
        return file
    namesakes = [
        other for other in files if (other.folder, other.stem) == (file.folder, file.stem) and other.said.video_id
    ]
    if len({(other.said.platform, other.said.video_id) for other in namesakes}) == 1:
        other = namesakes[0]
        return _with_id(file, other.said.platform, other.said.video_id, f"same name as {other.name}")
    for other in files:
        if other.said.video_id and re.search(rf"(?<![\w-])v?{re.escape(other.said.video_id)}(?![\w-])", file.name):
            return _with_id(file, other.said.platform, other.said.video_id, f"its name has the id of {other.name}")
    return file


def _with_id(file: File, platform: str | None, video_id: str | None, evidence: str) -> File:
    return replace(file, said=replace(file.said, platform=platform, video_id=video_id, id_evidence=evidence))


def _by_id_and_name(files: Sequence[File]) -> list[Group]:
    """Put files together that share a recording of an earlier ingest, an id, or folder and name."""
    groups: list[Group] = []
    homes: dict[tuple[str | None, ...], Group] = {}
    for file in sorted(files, key=lambda file: file.recording_id is None):
        keys = _keys(file)
        group = next((homes[key] for key in keys if key in homes), None)
        if group is None:
            group = Group(None, None)
            groups.append(group)
        if group.video_id is None:
            group.platform, group.video_id = file.said.platform, file.said.video_id
        for key in keys:
            homes.setdefault(key, group)
        group.members.append((file, _evidence(file, group), True))
    return groups


def _keys(file: File) -> list[tuple[str | None, ...]]:
    keys: list[tuple[str | None, ...]] = []
    if file.recording_id is not None:
        keys.append(("recording", file.recording_id))
    if file.said.video_id is not None:
        keys.append(("id", file.said.platform, file.said.video_id))
    elif not file.earlier:
        keys.append(("name", file.folder, file.stem))
    return keys


def _evidence(file: File, group: Group) -> str:
    if file.said.id_evidence:
        return file.said.id_evidence
    if file.recording_id is not None:
        return "earlier"
    return f"same name as {group.files[0].name}" if group.members else "new"


def _adopt_leftovers(groups: list[Group]) -> None:
    """Move captions and chats without a recording to the one that fits."""
    leftovers = [
        group
        for group in groups
        if group.holds(ROLES) and not group.holds(MEDIA_ROLES) and not any(file.recording_id for file in group.files)
    ]
    for leftover in leftovers:
        roles = {file.role for file in leftover.files if file.role is not None}
        hosts = [
            group
            for group in groups
            if group.holds(MEDIA_ROLES) and not group.holds(roles) and _ids_agree(group, leftover)
        ]
        rivals = [other for other in leftovers if other in groups and other is not leftover and other.holds(roles)]
        if choice := _choice(leftover, hosts, rivals):
            host, evidence, certain = choice
            host.platform, host.video_id = host.platform or leftover.platform, host.video_id or leftover.video_id
            host.members += [(file, evidence, certain) for file in leftover.files]
            groups.remove(leftover)


def _choice(leftover: Group, hosts: Sequence[Group], rivals: Sequence[Group]) -> tuple[Group, str, bool] | None:
    """Return the recording that a leftover belongs to, why, and whether that is certain."""
    named = [host for host in hosts if _stems(host) & _stems(leftover)]
    if len(named) == 1:
        return named[0], f"same name as {named[0].files[0].name}", True
    if lengths := _lengths(leftover):
        alike = [host for host in hosts if _same_length(host, lengths)]
        return (alike[0], "same length", True) if len(alike) == 1 else None
    near = [host for host in hosts if _folders(host) & _folders(leftover)]
    if len(near) == 1 and not any(_folders(rival) & _folders(leftover) for rival in rivals):
        return near[0], "alone with it in its folder", False
    if len(hosts) == 1 and not rivals:
        return hosts[0], "the only recording that lacks it", False
    return None


def _stems(group: Group) -> set[str]:
    return {file.stem for file in group.files}


def _folders(group: Group) -> set[str]:
    return {file.folder for file in group.files}


def _ids_agree(host: Group, guest: Group) -> bool:
    """Two recordings of one platform with different ids differ; an edit elsewhere may well have a stream's chat."""
    return host.video_id is None or guest.video_id is None


def _lengths(group: Group) -> list[int]:
    lengths = [file.said.duration_ms or file.duration_ms for file in group.files]
    return [length for length in lengths if length]


def _same_length(host: Group, lengths: Sequence[int]) -> bool:
    media_ms = sum(length for file in host.files if file.role in MEDIA_ROLES and (length := file.duration_ms))
    return any(abs(media_ms - ms) <= max(SAME_LENGTH_MS, SAME_LENGTH_SHARE * ms) for ms in lengths)
