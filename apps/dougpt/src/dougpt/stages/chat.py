"""Chat exports of one recording, or its picture, to events under pseudonyms; names go to secret/ and nowhere else.

One export, of whatever size, is handed on piece by piece; several are merged in memory. Where there is an export,
what the picture shows only tells when the messages of the export were on screen.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
from dougpt_chat import ChatRead, Room, forget_author, forget_names, merge_exports, names_of, read_chat, stream_chat
from dougpt_chat.events import RAW_TEXTS
from dougpt_chat.report import AnyReport
from dougpt_chat.spill import Spill
from dougpt_schema import ANCHORS, CHAT_EVENTS, REJECTS, DougptError, SourceRole, atomic_write
from pyarrow import compute as pc

from dougpt.execute import Task, told
from dougpt.light_arrow import hold_little
from dougpt.picture.reading import anchors_of, read_picture
from dougpt.project import Source
from dougpt.workspace import to_json

PRODUCER = "dougpt-chat"


class NoChatError(DougptError):
    """A recording has no chat export, and no picture to read one from."""


@dataclass(slots=True)
class Chat:
    """The chat of a recording on its way to disk.

    Attributes:
        events: In order, in pieces.
        rejects: What could not be used.
        names: Who is behind the pseudonyms.
        name_hashes: To test for names with.
        raw_texts: Batches of texts as they were written; complete once all events came.
        report: Gives the report, once all events came.
        picture: What was read of the picture beside an export.
        forgotten: The events left out, by the pseudonym of their author.
        anchors: How many events of the export were seen in the picture.
    """

    events: Iterable[pa.Table]
    rejects: pa.Table
    names: pa.Table
    name_hashes: list[str]
    raw_texts: Spill
    report: Callable[[], AnyReport]
    picture: ChatRead | None = None
    forgotten: dict[str, list[str]] = field(default_factory=dict)
    anchors: int = 0


def run(task: Task) -> str:
    """Write events and rejects of a recording, and its side tables under secret/."""
    project, recording = task.project, task.project.recordings[task.subject]
    sources = recording.of(SourceRole.CHAT)
    picture = read_picture(task)
    if not sources and picture is None:
        raise NoChatError(
            f"{recording.title}: the recording {recording.recording_id} has no chat export{_instead(task)}"
        )
    hold_little()
    secret = project.workspace.names_file(task.subject).parent
    secret.mkdir(parents=True, exist_ok=True)
    how: dict[str, Any] = {
        "recording_id": recording.recording_id,
        "key": project.key,
        "broadcast_start": recording.broadcast_start,
        "settings": project.settings.chat,
        "allow_truncated": project.settings.chat.allow_truncated,
    }
    room = Room(folder=secret)
    with Spill(RAW_TEXTS, room) as raw_texts:
        if len(sources) == 1:
            (source,) = sources
            with stream_chat(source.verified(), source_id=source.source_id, room=room, **how) as stream:
                events = stream.events(lambda table: _put_aside(table, raw_texts))
                names, hashes = stream.staging.names, stream.staging.name_hashes
                return _write(task, Chat(events, stream.rejects, names, hashes, raw_texts, stream.report, picture))
        beside = picture if sources else None
        read = picture if picture is not None and beside is None else _merged(sources, how)
        _put_aside(read.raw_texts, raw_texts)
        chat = Chat([read.events], read.rejects, read.names, read.name_hashes, raw_texts, lambda: read.report, beside)
        return _write(task, chat)


def _instead(task: Task) -> str:
    if task.project.recordings[task.subject].of(SourceRole.VIDEO):
        return f"; if its video shows one: dougpt chat --from-video --only {task.subject}"
    return " and no video to read one from" if task.settings.picture.from_video else ""


def _merged(sources: tuple[Source, ...], how: dict[str, Any]) -> ChatRead:
    return merge_exports([read_chat(one.verified(), source_id=one.source_id, **how) for one in sources])


def _put_aside(table: pa.Table, raw_texts: Spill) -> None:
    for batch in table.to_batches():
        raw_texts.append(batch)


def _write(task: Task, chat: Chat) -> str:
    rows = task.write_pieces("chat_events", _kept(task, chat), CHAT_EVENTS, PRODUCER)
    warnings = told(_warnings(chat), task.folder / "report_chat.json")
    nothing = f": {_warnings(chat)[0]}" if not rows and _warnings(chat) else ""
    anchored = f", {chat.anchors} of them seen in the picture" if chat.picture is not None else ""
    return f"{rows} events{nothing}{anchored}, {chat.rejects.num_rows} rejects{warnings}"


def _warnings(chat: Chat) -> tuple[str, ...]:
    return (*chat.report().warnings, *(chat.picture.report.warnings if chat.picture is not None else ()))


def _kept(task: Task, chat: Chat) -> Iterator[pa.Table]:
    """Yield the events without those of forgotten people, and write all else at the end: events appear last."""
    chat.forgotten = {author: [] for author in sorted(task.project.forgotten.authors)}
    names = {author: names_of(chat.names, author) for author in chat.forgotten}
    kept: list[pa.Table] = []
    for piece in chat.events:
        events = piece
        for author, gone in chat.forgotten.items():
            gone.extend(events.filter(pc.equal(events["author"], author))["event_id"].to_pylist())
            events = forget_author(events, author, names[author], **_known(task, author)).table
        if chat.picture is not None:
            kept.append(events)
        yield events
    _write_the_rest(task, chat, pa.concat_tables(kept) if kept else None)


def _write_the_rest(task: Task, chat: Chat, kept: pa.Table | None) -> None:
    workspace = task.project.workspace
    names, _ = _without_the_forgotten(task, chat, RAW_TEXTS.empty_table())
    _write_secret(workspace.names_file(task.subject), names.schema, [names])
    batches = map(pa.Table.from_batches, ([batch] for batch in chat.raw_texts.batches()))
    cleaned = (_without_the_forgotten(task, chat, batch)[1] for batch in batches)
    _write_secret(workspace.raw_texts_file(task.subject), RAW_TEXTS, cleaned)
    atomic_write(workspace.name_hashes_file(task.subject), to_json({"hashes": chat.name_hashes}))
    left_out = sum(len(gone) for gone in chat.forgotten.values())
    picture = {} if chat.picture is None else {"picture": chat.picture.report.to_dict()}
    task.write_json("report_chat.json", report=chat.report().to_dict(), forgotten=left_out, **picture)
    task.write("rejects_chat", chat.rejects, REJECTS, PRODUCER)
    anchors = anchors_of(chat.picture, kept)
    chat.anchors = anchors.num_rows
    task.write("anchors", anchors, ANCHORS, PRODUCER)


def _known(task: Task, author: str) -> dict[str, Any]:
    """By what a forgotten person's names are found where they did not write."""
    return {"key": task.project.key, "hashes": task.project.forgotten.names.get(author, ())}


def _without_the_forgotten(task: Task, chat: Chat, raw_texts: pa.Table) -> tuple[pa.Table, pa.Table]:
    names = chat.names
    for author, gone in chat.forgotten.items():
        cleaned = forget_names(names, raw_texts, author, forgotten_events=gone, **_known(task, author))
        names, raw_texts = cleaned[0].table, cleaned[1].table
    return names, raw_texts


def _write_secret(path: Path, schema: pa.Schema, tables: Iterable[pa.Table]) -> None:
    """Write a table that no contract describes, because nobody else may read it."""

    def write(file: BinaryIO) -> None:
        with pq.ParquetWriter(file, schema, compression="zstd") as writer:
            for table in tables:
                writer.write_table(table)

    atomic_write(path, write)
