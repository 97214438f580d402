"""Which files belong to one recording, with the evidence for each, for a person to confirm.

An id decides: from yt-dlp's info.json, a chat export's header, an address inside the file, or the name.
Files without one follow the file of the same name. What is left over is matched by length, and at last by
being the only candidate, which is never called certain.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from dougpt_schema import SourceRole, SourceStatus

from dougpt_media.evidence import ID_IN_NAME, Said, platform_of, series_and_time
from dougpt_media.streams import Stream
from dougpt_media.told import Stretch

SAME_LENGTH_MS = 2_000
SAME_LENGTH_SHARE = 0.005
LONGEST_BREAK_S = 900  # a broadcast that drops out is back within a quarter of an hour, or is another one
LONGEST_OVERLAP_S = 60
SURE_BREAK_S = 120
MEDIA_ROLES = (SourceRole.VIDEO, SourceRole.AUDIO)
ROLES = (*MEDIA_ROLES, SourceRole.CAPTIONS, SourceRole.CHAT)


@dataclass(frozen=True, slots=True)
class File:
    """A usable file: what it is, and what it says of its recording.

    `folder` is where it lies on this machine, to be compared and never stored.
    `role` is None for metadata, which only say something about others. `recording_id`, `told_ms` (the length of the
    whole video) and `muted` (on the file's clock) are given for files that an earlier ingest has placed; `earlier` are
    those of them that are not given again.
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
    streams: tuple[Stream, ...] | None = None
    recording_id: str | None = None
    told_ms: int | None = None
    muted: tuple[Stretch, ...] | None = None
    earlier: bool = False

    @property
    def marks(self) -> tuple[str, str, int | None]:
        """What it shares with other files about the same part of the same recording."""
        return self.folder, self.stem, self.part


@dataclass(slots=True, eq=False)
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
        wanted = frozenset(roles)
        return any(file.role in wanted for file, _, _ in self.members)


def match(files: Sequence[File], *, video_id: str | None = None, platform: str | None = None) -> list[Group]:
    """Group `files` into recordings; with `video_id`, all that are not of an earlier ingest are of that one."""
    # Folders only tell files of one name apart; their own names must not decide anything.
    ordered = sorted(files, key=lambda file: (natural(file.name), file.source_id))
    if video_id is not None:
        told = next((file.said.platform for file in ordered if file.said.video_id == video_id), None)
        platform = platform or told or platform_of(video_id)
        ordered = [file if file.earlier else _with_id(file, platform, video_id, "given") for file in ordered]
    else:
        ordered = _with_ids_of_others(ordered)
    groups = _by_id_and_name(ordered)
    _join_series(groups)
    _join_numbered(groups)
    _adopt_leftovers(groups)
    return [group for group in groups if group.holds(ROLES)]


def natural(name: str) -> list[tuple[int, str]]:
    """Return a sorting key under which part 2 comes before part 10."""
    return [(int(piece), "") if piece.isdigit() else (-1, piece) for piece in re.split(r"(\d+)", name.casefold())]


def _with_ids_of_others(files: Sequence[File]) -> list[File]:
    """Give files without an id that of a file of the same name, or one known here that their names contain."""
    namesakes: dict[tuple[str, str], list[File]] = {}
    by_id: dict[str, File] = {}
    for file in files:
        if file.said.video_id:
            by_id.setdefault(file.said.video_id, file)
            if file.said.id_evidence != ID_IN_NAME:
                namesakes.setdefault((file.folder, file.stem), []).append(file)
    return [_with_id_of_another(file, namesakes.get((file.folder, file.stem), []), by_id) for file in files]


def _with_id_of_another(file: File, namesakes: Sequence[File], by_id: Mapping[str, File]) -> File:
    guessed = file.said.id_evidence == ID_IN_NAME
    if (file.said.video_id is not None and not guessed) or file.earlier:
        return file
    if len({(other.said.platform, other.said.video_id) for other in namesakes}) == 1:
        other = namesakes[0]
        return _with_id(file, other.said.platform, other.said.video_id, f"same name as {other.name}")
    if guessed:
        return file
    words = (word for run in re.findall(r"[\w-]+", file.name) for word in (run, run.removeprefix("v")))
    if known := next((by_id[word] for word in words if word in by_id), None):
        return _with_id(file, known.said.platform, known.said.video_id, f"its name has the id of {known.name}")
    return file


def _with_id(file: File, platform: str | None, video_id: str | None, evidence: str) -> File:
    said = replace(file.said, platform=platform, video_id=video_id, id_evidence=evidence)
    if file.said.video_id not in {None, video_id}:
        # Lengths and mutes of another video say nothing of this one.
        said = replace(said, duration_ms=None, crop=None, muted=None)
    return replace(file, said=said)


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


def _join_series(groups: list[Group]) -> None:
    """Join recordings in one folder whose names differ by the time alone, where one begins as the other ends."""
    series: dict[str, list[tuple[datetime, Group]]] = {}
    for group in groups:
        for name, began in sorted({series_and_time(file.stem) for file in _media(group)}, key=str)[:1]:
            if began is not None:
                series.setdefault(name, []).append((began, group))
    for timed in series.values():
        timed.sort(key=lambda pair: (pair[0], pair[1].files[0].source_id))
        ends: list[tuple[datetime, Group]] = []  # where each recording so far has ended, by the clock of the names
        for began, group in timed:
            end = began + timedelta(milliseconds=max(file.duration_ms or 0 for file in _media(group)))
            place = next((at for at in reversed(range(len(ends))) if _goes_on(ends[at], began, group)), None)
            if place is None:
                ends.append((end, group))
                continue
            ended, host = ends[place]
            apart_s = (began - ended).total_seconds()
            why = f"begins {apart_s:.0f} s after {_media(host)[-1].name} ends"
            host.members += [(file, _joined(why, old), abs(apart_s) <= SURE_BREAK_S) for file, old, _ in group.members]
            host.platform, host.video_id = host.platform or group.platform, host.video_id or group.video_id
            groups.remove(group)
            ends[place] = max(ended, end), host


def _join_numbered(groups: list[Group]) -> None:
    """Join a part to the recording of an earlier ingest that has other parts of its name, the only one that does."""
    earlier = [group for group in groups if any(file.earlier for file in group.files)]
    for group in [group for group in groups if not any(file.recording_id for file in group.files)]:
        if not all(file.part for file in _media(group)):
            continue
        hosts = [host for host in earlier if _lacks_part(host, group)]
        if len(hosts) == 1:
            (host,) = hosts
            why = f"another part of {_media(host)[0].name}"
            host.members += [(file, why, False) for file in group.files]
            groups.remove(group)


def _lacks_part(host: Group, group: Group) -> bool:
    """Return whether all media of both are numbered parts of one name, none of them the same."""
    there, new = ({(file.stem, file.part) for file in _media(one)} for one in (host, group))
    stems, numbers = {stem for stem, _ in there | new}, [number for _, number in (*there, *new)]
    numbered = bool(there and new) and None not in numbers and len(set(numbers)) == len(numbers)
    return numbered and len(stems) == 1 and _ids_agree(host, group)


def _joined(why: str, old: str) -> str:
    return old if old == "earlier" else why


def _goes_on(before: tuple[datetime, Group], began: datetime, group: Group) -> bool:
    """Return whether a recording that began then can be the next part of one that ended before."""
    ended, host = before
    apart_s = (began - ended).total_seconds()
    recordings = {file.recording_id for file in (*host.files, *group.files) if file.recording_id}
    ids = {(one.platform, one.video_id) for one in (host, group) if one.video_id}
    folders = {file.folder for one in (host, group) for file in _media(one) if not file.earlier}
    near = -LONGEST_OVERLAP_S <= apart_s <= LONGEST_BREAK_S
    return near and len(recordings) < 2 and len(ids) < 2 and len(folders) < 2


def _media(group: Group) -> list[File]:
    return [file for file in group.files if file.role in MEDIA_ROLES]


@dataclass(frozen=True, slots=True, eq=False)
class _Traits:
    """What a group is compared by, told once and not for every other group."""

    group: Group
    roles: frozenset[SourceRole]
    stems: frozenset[str]
    folders: frozenset[str]
    lengths: tuple[int, ...]
    media_ms: int

    @classmethod
    def of(cls, group: Group) -> "_Traits":
        """Look at a group."""
        files = group.files
        return cls(
            group,
            frozenset(file.role for file in files if file.role is not None),
            frozenset(file.stem for file in files),
            frozenset(file.folder for file in files),
            tuple(_lengths(group)),
            sum(file.duration_ms or 0 for file in files if file.role in MEDIA_ROLES),
        )


def _adopt_leftovers(groups: list[Group]) -> None:
    """Move captions and chats without a recording to the one that fits."""
    known = [_Traits.of(group) for group in groups if group.holds(ROLES)]
    hosts = {id(one.group): one for one in known if one.roles & set(MEDIA_ROLES)}
    placed = {id(group) for group in groups if any(file.recording_id for file in group.files)}
    leftovers = {id(one.group): one for one in known if id(one.group) not in hosts and id(one.group) not in placed}
    for leftover in list(leftovers.values()):
        guest = leftover.group
        possible = [one for one in hosts.values() if not one.roles & leftover.roles and _ids_agree(one.group, guest)]
        rivals = (one for one in leftovers.values() if one is not leftover and one.roles & leftover.roles)
        if choice := _choice(leftover, possible, rivals):
            host, evidence, certain = choice
            host.platform, host.video_id = host.platform or guest.platform, host.video_id or guest.video_id
            host.members += [(file, evidence, certain) for file in guest.files]
            hosts[id(host)] = _Traits.of(host)
            del leftovers[id(guest)]
            groups.remove(guest)


def _choice(leftover: _Traits, hosts: Sequence[_Traits], rivals: Iterator[_Traits]) -> tuple[Group, str, bool] | None:
    """Return the recording that a leftover belongs to, why, and whether that is certain."""
    named = [host.group for host in hosts if not host.stems.isdisjoint(leftover.stems)]
    if len(named) == 1:
        return named[0], f"same name as {named[0].files[0].name}", True
    if leftover.lengths:
        alike = [host.group for host in hosts if _same_length(host, leftover.lengths)]
        return (alike[0], "same length", True) if len(alike) == 1 else None
    near = [host.group for host in hosts if not host.folders.isdisjoint(leftover.folders)]
    if len(near) != 1 and len(hosts) != 1:
        return None
    others = list(rivals)
    if len(near) == 1 and all(other.folders.isdisjoint(leftover.folders) for other in others):
        return near[0], "alone with it in its folder", False
    if len(hosts) == 1 and not others:
        return hosts[0].group, "the only recording that lacks it", False
    return None


def _ids_agree(host: Group, guest: Group) -> bool:
    """Two recordings of one platform with different ids differ; an edit elsewhere may well have a stream's chat."""
    return host.video_id is None or guest.video_id is None


def _lengths(group: Group) -> list[int]:
    crops = [file.said.crop[1] - file.said.crop[0] for file in group.files if file.said.crop and file.said.duration_ms]
    lengths = [file.said.duration_ms or file.duration_ms for file in group.files]
    return [length for length in (*lengths, *crops) if length]


def _same_length(host: _Traits, lengths: Sequence[int]) -> bool:
    return any(abs(host.media_ms - ms) <= max(SAME_LENGTH_MS, SAME_LENGTH_SHARE * ms) for ms in lengths)
