"""Logs of Chatterino: `# Start logging at 2024-05-04 20:00:07 CEST`, then `[20:00:12] name login: text`.

The clock is the recorder's own, to the second, in the zone that the header names; a zone that cannot be told
is taken for UTC, with a warning. Logs begin anew each day, and a clock that runs backwards by hours has
passed midnight. Lines that nobody wrote are passed over; time-outs and bans mark what came before as deleted.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone

from dougpt_chat.formats.message import Batch, ChatMessage, ExportHeader, ParseNotes, Removal
from dougpt_chat.formats.text_lines import NotAMessageError, head_lines, read_lines
from dougpt_chat.formats.times import zone_of
from dougpt_chat.opening import ExportBytes

NAME = "chatterino"
START = re.compile(r"# Start logging at (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) ?(.*)$")
STOP = re.compile(r"# Stop logging at ")
LINE = re.compile(r"(?:#\w+ )?\[(\d\d):(\d\d):(\d\d)\] (.*)$")
# The display name is there where it is not the login in other letters.
SAID = re.compile(r"(?:(\S*) )?(\w{1,25}): ?(.*)$")
REMOVED = re.compile(r"(\w+) has been (?:timed out|(?:permanently )?banned)\b")
BACKWARDS = timedelta(hours=12)


def refuse(head: bytes) -> str | None:
    """Say why `head` does not begin a log of Chatterino, or None where it does."""
    return None if any(START.match(line) for line in head_lines(head)[:5]) else "no line # Start logging at"


def parse(source: ExportBytes, notes: ParseNotes) -> Iterator[Batch]:
    """Yield the messages in the order of the file."""
    notes.header = ExportHeader(platform="twitch")
    return read_lines(source, notes, _Log().take)


class _Log:
    """Reads lines one after another, knowing the day."""

    def __init__(self) -> None:
        self._day: date | None = None
        self._zone = timezone.utc  # noqa: UP017 - the class, to which other zones belong too
        self._latest = timedelta()

    def take(self, row: int, text: str, notes: ParseNotes) -> ChatMessage | None:
        if match := START.match(text):
            self._begin(match[1], match[3].strip(), notes)
            return None
        if STOP.match(text):
            return None
        match = LINE.match(text)
        if match is None:
            raise NotAMessageError("the line does not read [time] name: text")
        sent_at = self._moment(timedelta(hours=int(match[1]), minutes=int(match[2]), seconds=int(match[3])))
        if removed := REMOVED.match(match[4]):
            notes.removals.append(Removal(row, login=removed[1]))
            return None
        said = SAID.match(match[4])
        if said is None:
            notes.passed_over["system_lines"] += 1
            return None
        return ChatMessage(row, [(said[3], None)], sent_at=sent_at, login=said[2], display_name=said[1] or said[2])

    def _begin(self, day: str, zone_name: str, notes: ParseNotes) -> None:
        try:
            self._day = date.fromisoformat(day)
        except ValueError:
            raise NotAMessageError("the log begins on a day that no calendar has") from None
        zone = zone_of(zone_name) if zone_name else None
        warning = f"the log's time zone {zone_name[:40]!r} is not known; its times are taken for UTC"
        if zone is None and warning not in notes.warnings:
            notes.warnings.append(warning)
        self._zone = zone or UTC
        self._latest = timedelta()

    def _moment(self, since_midnight: timedelta) -> datetime | None:
        if self._day is None:
            return None
        try:
            if self._latest - since_midnight > BACKWARDS:
                self._day += timedelta(days=1)
            self._latest = since_midnight
            return datetime(self._day.year, self._day.month, self._day.day, tzinfo=self._zone) + since_midnight
        except OverflowError:
            return None
