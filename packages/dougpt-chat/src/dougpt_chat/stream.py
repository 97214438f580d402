"""A chat export of any size to events on one clock: read once, put aside, and handed on piece by piece.

What was found out about all messages together (times, people, repetitions) takes some tens of bytes a message; the
messages themselves are in memory a few thousand at a time.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow as pa
from dougpt_schema import file_sha256
from dougpt_schema import source_id as id_of_source
from numpy.typing import NDArray

from dougpt_chat.authors import DEFAULT_KEY
from dougpt_chat.clock import SOURCES, ChatClock, tell_time
from dougpt_chat.collect import Collected, collect
from dougpt_chat.errors import TruncatedExportError
from dougpt_chat.events import Origin, Staging
from dougpt_chat.formats import choose_format
from dougpt_chat.formats.message import ParseNotes, RejectedRecord
from dougpt_chat.formats.times import EPOCH
from dougpt_chat.opening import ExportBytes
from dougpt_chat.quality import is_lossy, judge
from dougpt_chat.rejects import rejects_table
from dougpt_chat.report import ChatReport, Counts
from dougpt_chat.residuals import residuals_of
from dougpt_chat.room import ROOM, Room
from dougpt_chat.settings import ChatSettings


class ChatStream:
    """An export that was read and timed, and whose events can be had once, in order; made by `stream_chat`.

    Attributes:
        rejects: A `rejects` table.
        staging: Names and name hashes, and what makes the events.
    """

    def __init__(
        self,
        collected: Collected,
        notes: ParseNotes,
        origin: Origin,
        settings: ChatSettings,
        *,
        broadcast_start: datetime | None = None,
        room: Room = ROOM,
    ) -> None:
        self._collected, self._notes, self._origin, self._room = collected, notes, origin, room
        start = broadcast_start or notes.header.created_at
        self._start_ms = None if start is None else _epoch_ms(start)
        self._clock = tell_time(collected.offset_s_N, collected.sent_ms_N, self._start_ms)
        self._residuals = residuals_of(self._clock, collected.offset_s_N, collected.sent_ms_N)
        self.staging = Staging(
            collected,
            self._clock,
            origin,
            settings,
            owners=notes.header.owner_names,
            emotes=notes.header.emotes,
            removals=notes.removals,
        )
        self._lossy = is_lossy(_seconds(collected, self._clock)[self.staging.kept_N])
        # Of no more use, and large.
        collected.keys_NK, collected.offset_s_N = np.zeros((0, 2), dtype=np.uint64), np.zeros(0)
        rejected = collected.rejected + [
            RejectedRecord(row, "no_time", "neither an offset nor a time with a known start", message_id)
            for row, message_id in self.staging.untimed()
        ]
        self._reasons = Counter(record.reason for record in rejected)
        self.rejects = rejects_table(rejected, origin.recording_id, origin.source_id)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give back what was put aside on disk."""
        self._collected.rows.close()

    def events(self, on_raw_texts: Callable[[pa.Table], object] | None = None) -> Iterator[pa.Table]:
        """Yield the events in order, some thousands at a time; `dougpt_schema.write_pieces` checks and writes them.

        Args:
            on_raw_texts: Is given the raw texts of each piece: recording_id, event_id, text where the staged one
                differs. They belong into a secret folder.
        """
        return self.staging.pieces(on_raw_texts, self._room)

    def report(self) -> ChatReport:
        """Return what reading found out, without names; call it once all events were yielded."""
        staging, clock, notes = self.staging, self._clock, self._notes
        header, kept_N = notes.header, staging.kept_N
        quality = judge(
            clock.offset_ms[kept_N],
            clock,
            lossy=self._lossy,
            length_ms=header.length_ms,
            start_ms=self._start_ms,
            cut=notes.cut,
        )
        n_events = int(kept_N.sum())
        return ChatReport(
            origin=self._origin.format,
            version=header.version,
            platform=header.platform,
            video_id=header.video_id,
            counts=Counts(
                messages=len(self._collected) + len(self._collected.rejected),
                events=n_events,
                duplicates=staging.duplicates,
                rejects=dict(sorted(self._reasons.items())),
            ),
            kinds=dict(sorted(staging.kinds.items())),
            offset_sources=_sources(clock.source_code[kept_N]),
            authors=staging.authors,
            slope=clock.slope,
            copied_times=clock.is_copied,
            segments=clock.segments,
            repairs={kind: count for kind, count in sorted(notes.repairs.items()) if count},
            removals=len(notes.removals),
            passed_over=dict(sorted(notes.passed_over.items())),
            truncated=notes.cut is not None,
            cut=None if notes.cut is None else f"byte {notes.cut.at_byte}: {notes.cut.cause}",
            lossy=quality.lossy,
            partial=quality.partial,
            residuals=self._residuals,
            warnings=(*notes.warnings, *quality.warnings),
        )


def stream_chat(
    path: Path | str,
    *,
    recording_id: str,
    key: bytes = DEFAULT_KEY,
    broadcast_start: datetime | None = None,
    format: str = "auto",  # noqa: A002 - as in read_chat
    settings: ChatSettings | None = None,
    allow_truncated: bool = True,
    source_id: str | None = None,
    room: Room = ROOM,
) -> ChatStream:
    """Read a chat export of any size; close the stream, or use it in a `with`. It raises what `read_chat` raises.

    Args:
        path: The file, as in `read_chat`, like all the others.
        recording_id: The recording.
        key: The pseudonym key.
        broadcast_start: When the recording began.
        format: A format's name, or auto.
        settings: How to read.
        allow_truncated: Give what is whole of a file that was cut off; refuse it otherwise.
        source_id: The file's id.
        room: How much is held in memory, and where the rest waits.
    """
    settings = settings or ChatSettings()
    source = ExportBytes(path, room.block_bytes)
    chosen = choose_format(source, format, settings.columns)
    notes = ParseNotes(columns=settings.columns)
    collected = collect(chosen.parse(source, notes), room)
    if notes.cut is not None and notes.cut.certain and not allow_truncated:
        raise TruncatedExportError(str(path), len(collected), notes.cut.at_byte, notes.cut.cause)
    origin = Origin(recording_id, source_id or id_of_source(file_sha256(path)), chosen.NAME, key)
    return ChatStream(collected, notes, origin, settings, broadcast_start=broadcast_start, room=room)


def _seconds(collected: Collected, clock: ChatClock) -> NDArray[np.int64]:
    """The second of each message, as written where it is."""
    written_N = np.isfinite(collected.offset_s_N)
    seconds_N = np.where(written_N, np.nan_to_num(collected.offset_s_N), clock.offset_ms / 1000)
    return np.floor(seconds_N).astype(np.int64)


def _sources(code_N: np.ndarray) -> dict[str, int]:
    counts = np.bincount(code_N, minlength=len(SOURCES)).tolist()
    return {str(name): count for name, count in sorted(zip(SOURCES, counts, strict=True)) if count}


def _epoch_ms(moment: datetime) -> int:
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - EPOCH) // timedelta(milliseconds=1)
