"""A usable file with what it says of its recording, and the files of one recording together."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from dougpt_schema import SourceRole, SourceStatus

from dougpt_media.evidence import Said
from dougpt_media.streams import Stream
from dougpt_media.told import Stretch

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

    @property
    def media(self) -> list[File]:
        """Those that can be heard or seen."""
        return [file for file in self.files if file.role in MEDIA_ROLES]

    def may_be(self, other: "Group") -> bool:
        """Return whether they can be one: not with an id each. Platforms may differ: edits have a stream's chat."""
        return self.video_id is None or other.video_id is None


def natural(name: str) -> list[tuple[int, str]]:
    """Return a sorting key under which part 2 comes before part 10."""
    return [(int(piece), "") if piece.isdigit() else (-1, piece) for piece in re.split(r"(\d+)", name.casefold())]
