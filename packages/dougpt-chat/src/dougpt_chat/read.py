"""A chat export to events on one clock, nothing lost: what could not be used is counted and returned."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from dougpt_schema import REJECTS, file_sha256
from dougpt_schema import source_id as id_of_source

from dougpt_chat.authors import DEFAULT_KEY
from dougpt_chat.clock import ChatClock, tell_time
from dougpt_chat.collect import collect, with_removals
from dougpt_chat.errors import TruncatedExportError
from dougpt_chat.events import Origin, Staged, stage_events
from dougpt_chat.formats import choose_format
from dougpt_chat.formats.message import ExportHeader, ParseNotes, RejectedRecord
from dougpt_chat.opening import ExportBytes
from dougpt_chat.quality import judge
from dougpt_chat.report import AnyReport, ChatReport, Counts
from dougpt_chat.settings import ChatSettings

STAGE = "chat"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ChatRead:
    """A chat, read.

    Attributes:
        events: A `chat_events` table, under pseudonyms.
        rejects: A `rejects` table.
        names: author, login, display_name; for the secret folder, never to be handed on.
        report: What reading found out, without names.
        raw_texts: recording_id, event_id, text where the staged text differs; secret like `names`.
        name_hashes: Keyed hashes of the authors' names (not the owner's), for `bare_names.name_tester`.
    """

    events: pa.Table
    rejects: pa.Table
    names: pa.Table
    report: AnyReport
    raw_texts: pa.Table
    name_hashes: list[str]


def read_chat(
    path: Path | str,
    *,
    recording_id: str,
    key: bytes = DEFAULT_KEY,
    broadcast_start: datetime | None = None,
    format: str = "auto",  # noqa: A002 - the promised name
    settings: ChatSettings | None = None,
    allow_truncated: bool = False,
    source_id: str | None = None,
) -> ChatRead:
    """Read a chat export.

    Args:
        path: The file, plain or gzip; its name does not matter.
        recording_id: The recording that the events belong to.
        key: The pseudonym key, 1 to 64 bytes.
        broadcast_start: When the recording began, for exports that know only the time of day; naive is UTC.
        format: A name in `dougpt_chat.formats.FORMATS`, or auto to recognise it by content.
        settings: How to read.
        allow_truncated: Keep the complete messages of a file that was cut off; the same as the setting.
        source_id: The file's id, where it is known; computed from its bytes otherwise.

    Raises:
        ValueError: An unknown format name or a key of a wrong length.
        UnreadableExportError: The file cannot be opened, or is empty.
        UnknownFormatError: No format fits; the error says why each was refused.
        BrokenExportError: The format fits and the document is of another shape.
        TruncatedExportError: The file ends early, and that was not allowed.
    """
    settings = settings or ChatSettings()
    source = ExportBytes(path)
    chosen = choose_format(source, format, settings.columns)
    notes = ParseNotes(columns=settings.columns)
    collected = collect(chosen.parse(source, notes))
    messages, rejected = collected.messages, collected.rejected
    n_records = messages.num_rows + len(rejected)
    if notes.cut is not None and notes.cut.certain and not (allow_truncated or settings.allow_truncated):
        raise TruncatedExportError(str(path), messages.num_rows, notes.cut.at_byte, notes.cut.cause)

    source_id = source_id or id_of_source(file_sha256(path))
    header = notes.header
    start = broadcast_start or header.created_at
    start_ms = None if start is None else _epoch_ms(start)
    clock = _clock(messages, start_ms)
    if notes.removals:
        messages = with_removals(messages, notes.removals)
    timed_N = clock.source != ""
    rejected += [
        RejectedRecord(row["row"], "no_time", "neither an offset nor a time with a known start", row["id"])
        for row in messages.filter(pa.array(~timed_N)).select(["row", "id"]).to_pylist()
    ]
    staged = stage_events(
        messages.filter(pa.array(timed_N)),
        _only(clock, timed_N),
        Origin(recording_id, source_id, chosen.NAME, key),
        settings,
        owners=header.owner_names,
        emotes=header.emotes,
    )
    reasons = Counter(record.reason for record in rejected)
    counts = Counts(n_records, staged.events.num_rows, staged.duplicates, dict(sorted(reasons.items())))
    return ChatRead(
        events=staged.events,
        rejects=rejects_table(rejected, recording_id, source_id),
        names=staged.names,
        report=_report(chosen.NAME, notes, staged, clock, counts=counts, start_ms=start_ms),
        raw_texts=staged.raw_texts,
        name_hashes=staged.name_hashes,
    )


def probe_chat(path: Path | str, *, format: str = "auto") -> tuple[str, ExportHeader]:  # noqa: A002 - as above
    """Return the format of an export and what its header says of the video, reading the file once.

    Raises:
        The errors of `read_chat`, but for a file that is cut off.
    """
    source = ExportBytes(path)
    chosen = choose_format(source, format)
    notes = ParseNotes()
    for _ in chosen.parse(source, notes):
        pass
    return chosen.NAME, notes.header


def rejects_table(rejected: list[RejectedRecord], recording_id: str, source_id: str) -> pa.Table:
    """Return records that could not be used as a `rejects` table."""
    return REJECTS.table(
        {
            "recording_id": recording_id,
            "stage": STAGE,
            "source_id": source_id,
            "source_row": record.row,
            "subject_id": record.id,
            "reason": record.reason,
            "detail": record.detail,
        }
        for record in rejected
    )


def value_counts(column: pa.ChunkedArray) -> dict[str, int]:
    """Return how often each value stands in a column, by value."""
    return dict(sorted((pair["values"], pair["counts"]) for pair in pc.value_counts(column).to_pylist()))


def _clock(messages: pa.Table, start_ms: int | None) -> ChatClock:
    sent_us = pc.cast(messages["sent_at"], pa.int64())
    sent_ms_N = np.floor(pc.cast(sent_us, pa.float64(), safe=False).to_numpy() / 1000)
    return tell_time(messages["offset_s"].to_numpy(), sent_ms_N, start_ms)


def _epoch_ms(moment: datetime) -> int:
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - EPOCH) // timedelta(milliseconds=1)


def _only(clock: ChatClock, rows_N: np.ndarray) -> ChatClock:
    """The times of some messages."""
    return replace(
        clock,
        offset_ms=clock.offset_ms[rows_N],
        precision_ms=clock.precision_ms[rows_N],
        source=clock.source[rows_N],
        segment=clock.segment[rows_N],
    )


def _report(
    origin: str, notes: ParseNotes, staged: Staged, clock: ChatClock, *, counts: Counts, start_ms: int | None
) -> ChatReport:
    events, header = staged.events, notes.header
    quality = judge(events, clock, length_ms=header.length_ms, start_ms=start_ms)
    return ChatReport(
        origin=origin,
        version=header.version,
        platform=header.platform,
        video_id=header.video_id,
        counts=counts,
        kinds=value_counts(events["kind"]),
        offset_sources=value_counts(events["offset_source"]),
        authors=pc.count_distinct(events["author"]).as_py(),
        slope=clock.slope,
        copied_times=clock.is_copied,
        segments=clock.segments,
        repairs={kind: count for kind, count in sorted(notes.repairs.items()) if count},
        passed_over=dict(sorted(notes.passed_over.items())),
        truncated=notes.cut is not None,
        cut=None if notes.cut is None else f"byte {notes.cut.at_byte}: {notes.cut.cause}",
        lossy=quality.lossy,
        partial=quality.partial,
        warnings=(*notes.warnings, *quality.warnings),
    )
