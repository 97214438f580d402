"""Values in other people's JSON, taken only where they make sense: anything else is as good as absent."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

LONGEST_S = 10_000_000  # four months; no recording is longer, and sums of such lengths stay far inside 64 bits
LATEST_S = 4_102_444_800  # the year 2100
LONGEST_ID = 200
DURATION = re.compile(r"(?:(\d{1,6})h)?(?:(\d{1,8})m)?(?:(\d{1,9})s)?")

type Stretch = tuple[int, int]


def an_object(value: object) -> dict[str, object]:
    """Return a JSON object, an empty one where it is none."""
    return value if isinstance(value, dict) else {}


def a_list(value: object) -> list[object]:
    """Return a JSON list, an empty one where it is none."""
    return value if isinstance(value, list) else []


def an_id(value: object) -> str | None:
    """Return a platform's id of a video: a short text without control characters, or a whole number."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    if isinstance(value, int) and not 0 <= value < 1 << 64:
        return None
    text = str(value).strip()
    return text if 0 < len(text) <= LONGEST_ID and text.isprintable() else None


def a_name(*values: object) -> str | None:
    """Return the first of `values` that is a name, as names are compared."""
    for value in values:
        if isinstance(value, str) and (name := an_id(value)):
            return name.removeprefix("@").casefold()
    return None


def seconds(value: object) -> float | None:
    """Return a time from 0 to what a recording may last."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= LONGEST_S else None


def length_ms(*values: object) -> int | None:
    """Return the first of `values` that is a length: a number of seconds, or text such as 3h8m33s."""
    for value in values:
        length_s = _spelled(value) if isinstance(value, str) else seconds(value)
        if length_s is not None and 0 < length_s <= LONGEST_S:
            return round(length_s * 1000)
    return None


def moment(value: object) -> datetime | None:
    """Return a time of day, given in ISO 8601 or in seconds since 1970, in whole milliseconds."""
    if isinstance(value, bool):
        return None
    try:
        if isinstance(value, int | float):
            found = datetime.fromtimestamp(value, UTC) if 0 <= value <= LATEST_S else None
        else:
            found = datetime.fromisoformat(value) if isinstance(value, str) else None
        if found is None:
            return None
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found.replace(microsecond=found.microsecond // 1000 * 1000)


def stretches(segments: Iterable[object]) -> tuple[tuple[Stretch, ...], int]:
    """Read Twitch's `{"offset": s, "duration": s}`: the stretches in ms, joined and in order, and how many are none."""
    found: list[Stretch] = []
    unreadable = 0
    for segment in map(an_object, segments):
        offset_s, length_s = seconds(segment.get("offset")), seconds(segment.get("duration"))
        if offset_s is None or not length_s:
            unreadable += 1
        else:
            found.append((round(offset_s * 1000), round((offset_s + length_s) * 1000)))
    return joined(found), unreadable


def joined(found: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """Return stretches in order, those that touch or overlap made one, and empty ones left out."""
    whole: list[Stretch] = []
    for from_ms, to_ms in sorted(stretch for stretch in found if stretch[0] < stretch[1]):
        if whole and from_ms <= whole[-1][1]:
            whole[-1] = whole[-1][0], max(whole[-1][1], to_ms)
        else:
            whole.append((from_ms, to_ms))
    return tuple(whole)


def _spelled(text: str) -> float | None:
    match = DURATION.fullmatch(text)
    if not match or not match[0]:
        return None
    hours, minutes, rest_s = (int(part or 0) for part in match.groups())
    return (hours * 60 + minutes) * 60 + rest_s
