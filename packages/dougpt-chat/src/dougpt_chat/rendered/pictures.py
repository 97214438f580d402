"""Pictures are read a few times a second and add up to a log of messages.

This is the plain way, detecting and recognising all text in every picture that is looked at. It takes
one to two CPU seconds a picture, and knows a message's time to half the distance of two pictures.
"""

from collections import Counter
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path

import numpy as np
import pyarrow as pa
from dougpt_schema import file_sha256
from dougpt_schema import source_id as id_of_source

from dougpt_chat.clock import OCR, ChatClock
from dougpt_chat.collect import collect
from dougpt_chat.events import Origin, Staging, all_events
from dougpt_chat.formats.message import Batch, ChatMessage, RejectedRecord
from dougpt_chat.read import ChatRead
from dougpt_chat.rejects import rejects_table
from dougpt_chat.rendered.engine import TextEngine, load_engine
from dougpt_chat.rendered.frames import Picture, Video
from dougpt_chat.rendered.grouping import group_lines
from dougpt_chat.rendered.log import ChatLog, Logged
from dougpt_chat.rendered.seen import PictureProgress, SeenRow, Tell
from dougpt_chat.report import Counts, RenderedReport
from dougpt_chat.settings import ChatSettings, RenderedSettings

ORIGIN = "rendered"


@dataclass(slots=True)
class Watching:
    """What the pictures seen so far added up to."""

    log: ChatLog
    pictures: int = 0
    readings: int = 0
    rejected: list[RejectedRecord] = field(default_factory=list)
    rows: list[SeenRow] = field(default_factory=list)

    def see(self, picture: Picture, engine: TextEngine, min_confidence: float, origin: tuple[int, ...]) -> None:
        """Read a picture; what belongs to no message is noted with the picture's number and time."""
        lines = engine.read_lines(picture.image_HWC)
        for line in lines:
            left, top = line.left + origin[0], line.top + origin[1]
            box = (left, top, line.right - line.left, line.height)
            self.rows.append(SeenRow(picture.at_ms, box, line.text, line.score, line.score >= min_confidence))
        grouped = group_lines(lines, min_confidence)
        above = self.log.add(picture.at_ms, grouped.readings)
        self.readings += len(grouped.readings) + grouped.orphans + grouped.uncertain
        for reason, count in (("no_name", grouped.orphans), ("uncertain", grouped.uncertain), ("scrolled_off", above)):
            self.rejected += [RejectedRecord(self.pictures, reason, f"in the picture at {picture.at_ms} ms")] * count
        self.pictures += 1


def read_pictures(
    path: Path,
    *,
    recording_id: str,
    key: bytes,
    region: tuple[int, int, int, int] | None,
    engine: str,
    settings: RenderedSettings,
    chat_settings: ChatSettings,
    source_id: str | None,
    progress: Tell | None,
) -> ChatRead:
    """Read the chat that a video shows; see `read_rendered_chat`."""
    video = Video(path, frames_per_s=settings.frames_per_s, region=region)
    reader = load_engine(engine, threads=settings.threads)
    watching = Watching(ChatLog(settings.min_similarity))
    for picture in video:
        watching.see(picture, reader, settings.min_confidence, (region or (0, 0))[:2])
        if progress is not None:
            progress(PictureProgress(video.decoded, picture.at_ms, video.duration_ms))

    source_id = source_id or id_of_source(file_sha256(path))
    logged = watching.log.messages
    staging = Staging(
        collect([Batch([_message(row, one) for row, one in enumerate(logged)])]),
        _clock(logged, ceil(1000 / settings.frames_per_s)),
        Origin(recording_id, source_id, ORIGIN, key),
        chat_settings,
        confidence=np.array([one.best.score for one in logged], dtype=np.float32),
    )
    events, raw_texts = all_events(staging)
    reasons = Counter(record.reason for record in watching.rejected)
    repeated = watching.readings - events.num_rows - reasons.total()
    return ChatRead(
        events=events,
        rejects=rejects_table(watching.rejected, recording_id, source_id),
        names=staging.names,
        report=RenderedReport(
            engine=engine,
            counts=Counts(watching.readings, events.num_rows, repeated, dict(sorted(reasons.items()))),
            kinds=dict(sorted(staging.kinds.items())),
            size=video.size,
            region=region,
            pictures=watching.pictures,
            decoded=video.decoded,
            broken_packets=video.broken_packets,
            truncated=video.stopped,
            visible_at_start=sum(one.unseen_ms is None for one in logged),
            warnings=tuple(_warnings(video, region, events, reasons)),
        ),
        raw_texts=raw_texts,
        name_hashes=staging.name_hashes,
        rows=tuple(watching.rows),
    )


def _message(row: int, logged: Logged) -> ChatMessage:
    best = logged.best
    return ChatMessage(row=row, fragments=[(best.text, None)], display_name=best.name)


def _clock(logged: list[Logged], step_ms: int) -> ChatClock:
    """The middle between the last picture without a message and the first with it, and half their distance."""
    seen_N = np.array([one.seen_ms for one in logged], dtype=np.int64)
    unseen_N = np.array([one.seen_ms if one.unseen_ms is None else one.unseen_ms for one in logged], dtype=np.int64)
    half_N = (seen_N - unseen_N + 1) // 2
    return ChatClock(
        offset_ms=seen_N - half_N,
        precision_ms=np.where(half_N > 0, half_N, step_ms).astype(np.int32),
        source_code=np.full(len(logged), OCR, dtype=np.int8),
        segment=np.zeros(len(logged), dtype=np.int16),
        segments=(),
        slope=None,
    )


def _warnings(
    video: Video, region: tuple[int, int, int, int] | None, events: pa.Table, reasons: Counter[str]
) -> list[str]:
    warnings: list[str] = []
    if region is None:
        warnings.append(
            f"no region was given: the whole picture was read, lines like `name:` were taken for chat, "
            f"and {reasons['no_name']} other readings were left out"
        )
    if events.num_rows == 0:
        warnings.append("no chat message was read in the picture")
    if video.broken_packets or video.stopped:
        end = ", and it could not be read to its end" if video.stopped else ""
        warnings.append(f"{video.broken_packets} packets of the video are broken{end}")
    return warnings
