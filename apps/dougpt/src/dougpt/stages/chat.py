"""Chat exports of one recording to events under pseudonyms; names go to secret/ and nowhere else."""

from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from dougpt_chat import forget_author, forget_names, merge_exports, read_chat
from dougpt_schema import CHAT_EVENTS, REJECTS, DougptError, SourceRole, atomic_write
from pyarrow import compute as pc

from dougpt.execute import Task, told
from dougpt.workspace import to_json

PRODUCER = "dougpt-chat"


class NoChatError(DougptError):
    """A recording has no chat export."""


def run(task: Task) -> str:
    """Write events and rejects of a recording, and its side tables under secret/."""
    project, recording = task.project, task.project.recordings[task.subject]
    sources = recording.of(SourceRole.CHAT)
    if not sources:
        raise NoChatError(f"{recording.title}: the recording {recording.recording_id} has no chat export")
    read = merge_exports(
        [
            read_chat(
                source.verified(),
                recording_id=recording.recording_id,
                key=project.key,
                broadcast_start=recording.broadcast_start,
                settings=project.settings.chat,
                source_id=source.source_id,
            )
            for source in sources
        ]
    )
    events, names, texts, left_out = read.events, read.names, read.raw_texts, 0
    for author in sorted(project.forgotten):
        theirs = events.filter(pc.equal(events["author"], author))["event_id"].to_pylist()
        events = forget_author(events, author).table
        cleaned_names, cleaned_texts = forget_names(names, texts, author, forgotten_events=theirs)
        names, texts, left_out = cleaned_names.table, cleaned_texts.table, left_out + len(theirs)
    report = read.report.to_dict()
    _write_secret(project.workspace.names_file(task.subject), names)
    _write_secret(project.workspace.raw_texts_file(task.subject), texts)
    atomic_write(project.workspace.name_hashes_file(task.subject), to_json({"hashes": read.name_hashes}))
    task.write_json("report_chat.json", report=report, forgotten=left_out)
    task.write("rejects_chat", read.rejects, REJECTS, PRODUCER)
    task.write("chat_events", events, CHAT_EVENTS, PRODUCER)
    return f"{events.num_rows} events, {read.rejects.num_rows} rejects{told(read.report.warnings, 'report_chat.json')}"


def _write_secret(path: Path, table: pa.Table) -> None:
    """Write a table that no contract describes, because nobody else may read it."""
    buffer = BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    atomic_write(path, buffer.getvalue())
