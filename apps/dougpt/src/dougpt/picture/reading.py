"""Chat read from the picture of a recording's videos, and the page that shows what was read."""

from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
from dougpt_chat import ChatRead, PictureProgress, merge_exports, read_rendered_chat
from dougpt_media.progress import Progress
from dougpt_schema import ANCHORS, CHAT_EVENTS, atomic_write
from pyarrow import compute as pc

from dougpt.execute import Task
from dougpt.picture.choice import roster_of, videos_of
from dougpt.project import Source
from dougpt.telling import Telling
from dougpt.terminal import note


def read_picture(task: Task) -> ChatRead | None:
    """Read the chat that a recording's videos show, on its clock, and draw the page of it; None unless asked for."""
    videos = videos_of(task.project.recordings[task.subject], task.settings)
    if not videos:
        return None
    from dougpt_chat import contact_sheet  # noqa: PLC0415 - an extra

    with Telling(f"chat {task.subject}") as telling:
        read = [_read(task, video, telling) for video in videos]
    path = task.project.workspace.picture_page(task.subject)
    path.parent.mkdir(parents=True, exist_ok=True)
    for number, (video, chat) in enumerate(zip(videos, read, strict=True), 1):
        page = path if len(videos) == 1 else path.with_stem(f"{path.stem}-{number}")
        atomic_write(page, contact_sheet(video.verified(), chat, str(video.row["name"])).encode())
        note(f"chat {task.subject}: what was read of the picture, to be checked: {page}")
    placed = [_placed(chat, video) for chat, video in zip(read, videos, strict=True)]
    return placed[0] if len(placed) == 1 else merge_exports(placed)


def anchors_of(read: ChatRead | None, events: pa.Table | None) -> pa.Table:
    """Return when messages of an export were on screen; none where nothing was read or nothing was exported."""
    if read is None or events is None:
        return ANCHORS.empty()
    from dougpt_chat import anchor  # noqa: PLC0415 - an extra

    return anchor(read.events, events)


def _read(task: Task, video: Source, telling: Telling) -> ChatRead:
    def tell(progress: PictureProgress) -> None:
        told = Progress("reading the picture", progress.done_ms, max(progress.total_ms, progress.done_ms))
        telling(told, more=f", {progress.pictures} frames")

    picture = task.settings.picture
    left, top, width, height = picture.region or (0, 0, 0, 0)
    return read_rendered_chat(
        video.verified(),
        recording_id=task.subject,
        key=task.project.key,
        region=(left, top, width, height) if picture.region else None,
        engine=picture.engine,
        settings=task.settings.rendered,
        chat_settings=task.settings.chat,
        roster=_people(task),
        source_id=video.source_id,
        progress=tell,
    )


def _people(task: Task) -> set[str]:
    """What the people are called who may write here, by the exports that the settings name."""
    files = [task.project.workspace.names_file(name) for name in roster_of(task.project, task.subject)]
    people = (row for file in files for row in pq.ParquetFile(file).read(["login", "display_name"]).to_pylist())
    return {person["display_name"] or person["login"] for person in people}


def _placed(chat: ChatRead, video: Source) -> ChatRead:
    """Put the events of a part where it stands in the recording."""
    start_ms = int(video.row["part_start_ms"])
    if not start_ms:
        return chat
    moved = pc.add(chat.events["offset_ms"], start_ms)
    place = chat.events.schema.get_field_index("offset_ms")
    events = chat.events.set_column(place, CHAT_EVENTS.schema.field("offset_ms"), moved)
    return replace(chat, events=events)
