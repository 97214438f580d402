"""Several files of one broadcast: which part each is, and where it begins on the recording's clock.

Parts follow one another without a break, unless their names or metadata tell when each began: then a break between
two of them is kept, and is a stretch of the recording that nobody can hear.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from dougpt_media.evidence import series_and_time
from dougpt_media.files import MEDIA_ROLES, File

SAME_RENDITION_MS = 1_500
CLOCK_SLACK_MS = 2_000  # times in names are whole seconds, and a recorder takes a moment to begin
LONGEST_OVERLAP_MS = 60_000
LONGEST_BREAK_MS = 6 * 3_600_000
NO_TIME = datetime.min.replace(tzinfo=UTC)

type Key = tuple[datetime, int]


@dataclass(slots=True)
class Parts:
    """Each source's part, counted from 0, and where it begins in ms; and what is odd about their times."""

    of: dict[str, tuple[int, int]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    end_ms: int = 0

    @property
    def count(self) -> int:
        """How many parts there are."""
        return 1 + max((index for index, _ in self.of.values()), default=0)


def parts(files: Sequence[File], began: Mapping[str, datetime] | None = None) -> Parts:
    """Place the sources of a recording.

    Media with numbers or times in their names are parts in that order. Several without are parts in the order of
    their names, unless they are equally long: then they are one part in several renditions.

    Args:
        files: The sources, in the order of their names.
        began: When a part began, by each source of it, where metadata tell it of every part: better than names.
    """
    keys = {file.source_id: _key(file, (began or {}).get(file.source_id)) for file in files}
    for role in MEDIA_ROLES:
        same = [file for file in files if file.role is role]
        unmarked = all(keys[file.source_id] == (NO_TIME, 0) for file in same)
        lengths = [file.duration_ms or 0 for file in same]
        if unmarked and max(lengths, default=0) - min(lengths, default=0) > SAME_RENDITION_MS:
            keys |= {file.source_id: (NO_TIME, number) for number, file in enumerate(same, 1)}
    media = [file for file in files if file.role in MEDIA_ROLES]
    placed, starts = Parts(), dict[Key, tuple[int, int]]()
    known = sorted({keys[file.source_id] for file in media})
    for index, key in enumerate(known):
        inside = [file for file in media if keys[file.source_id] == key]
        before = known[max(index - 1, 0)]
        start_ms = _start_ms(key, before, starts[before][1], placed, inside[0]) if index else 0
        starts[key] = index, start_ms
        placed.end_ms = max(placed.end_ms, start_ms + max(file.duration_ms or 0 for file in inside))
    placed.of = {source_id: starts.get(key, (0, 0)) for source_id, key in keys.items()}
    return placed


def _key(file: File, told: datetime | None) -> Key:
    """Return what orders the parts: when they began, where that is told, and their number."""
    named = series_and_time(file.stem)[1]
    return told or (NO_TIME if named is None else named.replace(tzinfo=UTC)), file.part or 0


def _start_ms(key: Key, before: Key, before_ms: int, placed: Parts, file: File) -> int:
    """Return where a part begins: as long after the last one began as their times tell, else where that one ended.

    Each time is compared with the one before and not with the first, since clocks drift apart over hours.
    """
    if NO_TIME in {key[0], before[0]} or key[0] == before[0]:
        return placed.end_ms
    told_ms = before_ms + (key[0] - before[0]) // timedelta(milliseconds=1)
    apart_ms = told_ms - placed.end_ms
    if abs(apart_ms) <= CLOCK_SLACK_MS:
        return placed.end_ms
    if -LONGEST_OVERLAP_MS <= apart_ms <= LONGEST_BREAK_MS:
        return told_ms
    what = f"{apart_ms / 1000:.0f} s after" if apart_ms > 0 else f"{-apart_ms / 1000:.0f} s before"
    placed.warnings.append(f"{file.name}: by what is told it begins {what} the part before ends; taken as going on")
    return placed.end_ms
