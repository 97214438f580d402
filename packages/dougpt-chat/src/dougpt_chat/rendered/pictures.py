"""A video's picture to chat events: panels found, their rows followed and read, each message once.

A message's time is the first picture in which all of it is to be seen, known to the picture where the panel was in
view before.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from dougpt_schema import file_sha256
from dougpt_schema import source_id as id_of_source
from numpy.typing import NDArray

from dougpt_chat.clock import OCR, ChatClock
from dougpt_chat.collect import collect
from dougpt_chat.events import Origin, Staging, all_events
from dougpt_chat.formats.message import Batch, ChatMessage, RejectedRecord
from dougpt_chat.read import ChatRead
from dougpt_chat.rejects import rejects_table
from dougpt_chat.rendered.carried import without_carried
from dougpt_chat.rendered.engines import load_engine
from dougpt_chat.rendered.follow import Followed, track_rows
from dougpt_chat.rendered.frames import Region, Video
from dougpt_chat.rendered.intervals import Interval, intervals_of
from dougpt_chat.rendered.messages import Read, by_time
from dougpt_chat.rendered.panel import Panel, find_panels
from dougpt_chat.rendered.read_rows import ReadRows, read_rows
from dougpt_chat.rendered.row_text import RowText
from dougpt_chat.rendered.rows import Row
from dougpt_chat.rendered.seen import PictureProgress, SeenRow, Tell
from dougpt_chat.report import Counts, PanelReport, RenderedReport
from dougpt_chat.settings import ChatSettings, RenderedSettings

ORIGIN = "rendered"
# What stood there when the panel was first seen came at an unknown time before; this is said of it.
BEFORE_MS = 60_000


def read_pictures(
    path: Path,
    *,
    recording_id: str,
    key: bytes,
    region: Region | None,
    engine: str,
    settings: RenderedSettings,
    chat_settings: ChatSettings,
    roster: Iterable[str],
    source_id: str | None,
    progress: Tell | None,
) -> ChatRead:
    """Read the chat that a video shows; see `read_rendered_chat`."""
    video = Video(path)
    # The engine is loaded meanwhile.
    loading = ThreadPoolExecutor(1).submit(load_engine, engine, threads=settings.threads, model=settings.model or None)
    panels = _panels(video, region)
    followed = Followed()

    def tell(pictures: int, at_ms: int) -> None:
        if loading.done():
            loading.result()  # what went wrong is said at once
        if progress is not None:
            progress(PictureProgress(pictures, at_ms, video.duration_ms))

    sheet = _Sheet({panel.panel_id: panel for panel in panels})
    rows = sheet.noting(track_rows(video, panels, followed, tell))
    lexicon = (*settings.lexicon, *chat_settings.emotes)
    found = read_rows(
        rows,
        loading.result,
        min_confidence=settings.min_confidence,
        roster=roster,
        lexicon=lexicon,
        tell=sheet.note_text,
    )
    intervals = {
        panel.panel_id: intervals_of(followed.shown[panel.panel_id], _times_of(found.messages, panel.panel_id))
        for panel in panels
    }
    messages = without_carried(by_time(found.messages, followed.downward), intervals)

    source_id = source_id or id_of_source(file_sha256(path))
    staging = Staging(
        collect([Batch([_message(row, one) for row, one in enumerate(messages)])]),
        _clock(messages),
        Origin(recording_id, source_id, ORIGIN, key),
        chat_settings,
        confidence=np.array([one.confidence for one in messages], dtype=np.float32),
    )
    events, raw_texts = all_events(staging)
    rejected = _rejected(found)
    reasons = Counter(record.reason for record in rejected)
    return ChatRead(
        events=events,
        rejects=rejects_table(rejected, recording_id, source_id),
        names=staging.names,
        report=RenderedReport(
            engine=loading.result().name,
            counts=Counts(
                messages=len(found.messages) + len(rejected),
                events=events.num_rows,
                duplicates=len(found.messages) - events.num_rows,
                rejects=dict(sorted(reasons.items())),
            ),
            kinds=dict(sorted(staging.kinds.items())),
            size=video.size,
            region=region,
            panels=tuple(PanelReport(panel.region, *times) for panel in panels for times in intervals[panel.panel_id]),
            rows=followed.rows,
            brief_rows=followed.brief,
            compared=followed.compared,
            decoded=video.decoded,
            seconds=video.end_ms / 1000,
            broken_packets=video.broken_packets,
            truncated=video.stopped,
            visible_at_start=sum(one.unseen_ms is None for one in messages),
            repaired=dict(sorted(found.repaired.items())),
            warnings=tuple(_warnings(video, panels, events.num_rows, reasons)),
        ),
        raw_texts=raw_texts,
        name_hashes=staging.name_hashes,
        rows=sheet.rows(found),
    )


@dataclass(frozen=True, slots=True)
class _Sheet:
    """Where each row of text stood and what was read in it, for a person to check."""

    panels: dict[int, Panel]
    seen: dict[int, SeenRow] = field(default_factory=dict)

    def noting(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The same rows; where each stood is noted."""
        for row in rows:
            left, top, width, _ = self.panels[row.panel_id].region
            box = (left, top + row.stood_px, width, row.height_px)
            self.seen[row.row_id] = SeenRow(
                row.first_full_ms,
                box,
                "",
                0.0,
                used=False,
                last_ms=row.last_ms,
                ribbon_px=row.top_px,
                panel=row.panel_id,
            )
            yield row

    def note_text(self, text: RowText) -> None:
        """Note what was read in a row, and between which columns it stands."""
        seen = self.seen[text.row_id]
        if text.pieces:
            left, top, _, height = seen.box
            first, last = min(piece.left for piece in text.pieces), max(piece.right for piece in text.pieces)
            words = " ".join(piece.text for piece in text.pieces)
            box = (left + first, top, last - first, height)
            self.seen[text.row_id] = replace(seen, box=box, text=words, score=text.score)

    def rows(self, found: ReadRows) -> tuple[SeenRow, ...]:
        """All rows, in order: how sure the message of each is, or why it is in none."""
        sure = {row_id: one.confidence for one in found.messages for row_id in one.row_ids}
        why = {one.row_id: one.reason for one in found.unread}
        return tuple(
            replace(seen, used=True, score=sure[row_id]) if row_id in sure else replace(seen, reason=why[row_id])
            for row_id, seen in self.seen.items()
        )


def _panels(video: Video, region: Region | None) -> list[Panel]:
    if region is None:
        return find_panels(video)
    video.require_inside(region)
    return [Panel(0, region, 0, None)]


def _times_of(messages: list[Read], panel_id: int) -> list[Interval]:
    return [(one.first_full_ms, one.last_ms) for one in messages if one.panel_id == panel_id]


def _message(row: int, read: Read) -> ChatMessage:
    return ChatMessage(row=row, fragments=list(read.fragments), display_name=read.name)


def _clock(messages: list[Read]) -> ChatClock:
    """The first picture with all of a message; it came after the last without it, an unknown while ago if none is.

    Messages of one picture are a millisecond apart, which keeps their order.
    """
    seen_N = np.array([one.first_full_ms for one in messages], dtype=np.int64)
    unseen_N = np.array([-1 if one.unseen_ms is None else one.unseen_ms for one in messages], dtype=np.int64)
    precision_N = np.where(unseen_N < 0, BEFORE_MS, np.maximum(seen_N - unseen_N, 1))
    return ChatClock(
        offset_ms=seen_N + _place_among_equals(seen_N),
        precision_ms=precision_N.astype(np.int32),
        source_code=np.full(len(messages), OCR, dtype=np.int8),
        segment=np.zeros(len(messages), dtype=np.int16),
        segments=(),
        slope=None,
    )


def _place_among_equals(sorted_N: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each of sorted numbers, how many equal ones stand before it."""
    return np.arange(len(sorted_N)) - np.searchsorted(sorted_N, sorted_N, side="left")


def _rejected(found: ReadRows) -> list[RejectedRecord]:
    return [
        RejectedRecord(one.row_id, one.reason, f"a row of panel {one.panel_id}, from {one.first_full_ms} ms on")
        for one in found.unread
    ]


def _warnings(video: Video, panels: list[Panel], events: int, reasons: Counter[str]) -> list[str]:
    warnings: list[str] = []
    if not panels:
        warnings.append("no chat panel was found in the picture: nothing scrolls in it as chat does; give its region")
    if events == 0:
        warnings.append("no chat message was read in the picture")
    if reasons.total() > max(events, 1):
        nameless = reasons["no_name"] > reasons.total() / 2
        why = ": no name is told from what is said, by a colon or a colour of its own" if nameless else ""
        warnings.append(f"{reasons.total()} rows of text belong to no message, more than there are messages{why}")
    if video.broken_packets or video.stopped:
        end = ", and it could not be read to its end" if video.stopped else ""
        warnings.append(f"{video.broken_packets} packets of the video are broken{end}")
    return warnings
