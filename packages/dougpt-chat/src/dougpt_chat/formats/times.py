"""Times as people's tools write them: clocks that run from the video's start, moments, and numbers of either kind.

A number tells by its size what it is: below 3 years of seconds it counts seconds of the video, above it is
a moment in seconds, milliseconds, microseconds or nanoseconds since 1970. A moment without a zone is UTC.
"""

import math
import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECONDS = 1_000_000  # a second
# h:mm:ss, m:ss, with or without a fraction; 1 day, 0:00:01 is how Python writes it.
CLOCK = re.compile(r"(-)?(?:(\d{1,4}) days?, )?(?:(\d{1,5}):)?(\d{1,5}):(\d\d)(?:[.,](\d{1,9}))?")
MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?"
    r"(?: ?(Z|[A-Z]{2,5}(?![A-Za-z])|(?:UTC|GMT)?[+-]\d\d(?::?\d\d)?))?"
)
OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2}):?(\d\d)?")
LONGEST_VIDEO_S = 1e8
UNITS_PER_S = ((1e11, 1), (1e14, 1_000), (1e17, 1_000_000), (1e20, 1_000_000_000))
# Beyond those that mail knows (UT, GMT and the North American ones): hours east of Greenwich.
ZONES = {"Z": 0, "UTC": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "CEST": 2, "MEZ": 1, "MESZ": 2, "EET": 2, "EEST": 3}
ZONES |= {"MSK": 3, "JST": 9, "KST": 9, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13}


def clock_seconds(text: str) -> float | None:
    """Return the seconds that a clock such as 1:02:03.5 or -0:17 shows, or None where it is none."""
    match = CLOCK.fullmatch(text.strip())
    if match is None:
        return None
    minus, days, hours, minutes, seconds, fraction = match.groups()
    total = ((int(days or 0) * 24 + int(hours or 0)) * 60 + int(minutes)) * 60 + int(seconds)
    whole = total + (float(f"0.{fraction}") if fraction else 0.0)
    return -whole if minus else whole


def zone_of(name: str) -> timezone | None:
    """Return the time zone that an abbreviation or an offset means, or None where that cannot be told."""
    name = name.strip()
    if name in ZONES:
        return timezone(timedelta(hours=ZONES[name]))
    if match := OFFSET.fullmatch(name):
        minutes = int(match[2]) * 60 + int(match[3] or 0)
        return timezone(timedelta(minutes=-minutes if match[1] == "-" else minutes)) if minutes < 24 * 60 else None
    parsed = parsedate_tz(f"Thu, 01 Jan 1970 00:00:00 {name}") if name.isalpha() else None
    seconds = (parsed[9] or 0) if parsed is not None else 0
    # Mail reads a zone that it does not know as 0, like UTC.
    return timezone(timedelta(seconds=seconds)) if seconds or name in {"UT", "GMT"} else None


def moment(text: str) -> datetime | None:
    """Return the moment that an ISO-like text names, or None where it names none."""
    match = MOMENT.fullmatch(text.strip())
    if match is None:
        return None
    date, time, fraction, zone_name = match.groups()
    zone = zone_of(zone_name) if zone_name else UTC
    if zone is None:
        return None
    try:
        return datetime.fromisoformat(f"{date}T{time}.{(fraction or '0')[:6]:0<6}").replace(tzinfo=zone)
    except ValueError:
        return None


def since_1970(number: float, units_per_s: int) -> datetime | None:
    """Return the moment so many units after 1970, or None where no calendar has it."""
    try:
        return EPOCH + timedelta(microseconds=round(number * MICROSECONDS / units_per_s))
    except (OverflowError, ValueError):
        return None


def time_of(value: object) -> tuple[float | None, datetime | None]:
    """Return what a value of a time column says: seconds of the video, or a moment; neither where it says nothing."""
    if isinstance(value, datetime):
        return None, value
    if isinstance(value, timedelta):
        return value.total_seconds(), None
    seconds, when = (clock_seconds(value), moment(value)) if isinstance(value, str) else (None, None)
    number = number_of(value)
    if number is None:
        return seconds, when
    if abs(number) < LONGEST_VIDEO_S:
        return number, None
    units = next((units for limit, units in UNITS_PER_S if abs(number) < limit), None)
    return None, None if units is None else since_1970(number, units)


def number_of(value: object) -> float | None:
    """Return a finite number from a number or its text, or None."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
