"""The report page of one alignment, reports/align-<recording>.html: a view of what `align` left, in no recipe."""

from pathlib import Path

import pyarrow as pa
from dougpt_align import Alignment, AlignReport
from dougpt_align.page import draw_page
from dougpt_schema import CANDIDATES, CHAT_EVENTS, CLOCK, LINKS, UTTERANCES, atomic_write, read_table

from dougpt.advice import advice
from dougpt.labels import labels_of
from dougpt.project import Recording
from dougpt.workspace import Workspace, WorkspaceError, read_json


def write_align_page(
    workspace: Workspace, recording: Recording, alignment: Alignment, utterances: pa.Table, chat_events: pa.Table
) -> Path:
    """Draw the page of an alignment and return where it lies.

    Raises:
        MissingExtraError: What draws is not installed.
    """
    path = workspace.align_page_file(recording.recording_id)
    labels = labels_of(workspace, recording.recording_id)
    name = " ".join(filter(None, (recording.video_id, recording.title)))
    page = draw_page(alignment, utterances, chat_events, labels=labels, name=name)
    atomic_write(path, page.encode())
    return path


def draw_align_page_again(workspace: Workspace, recording: Recording) -> Path:
    """Draw the page from the tables and the report that `align` left, and return where it lies.

    Raises:
        WorkspaceError: The recording is not aligned, or the page's report went with a person who was forgotten.
        MissingExtraError: What draws is not installed.
    """
    folder = workspace.staged(recording.recording_id)
    if not (folder / "report_align.json").exists():
        again = advice(workspace.root, "align", "--only", recording.recording_id)
        raise WorkspaceError(f"{recording.title} is not aligned as it stands: nothing to draw; run: {again}")
    links, candidates, clock, utterances, chat_events = (
        read_table(folder / f"{contract.name}.parquet", contract)
        for contract in (LINKS, CANDIDATES, CLOCK, UTTERANCES, CHAT_EVENTS)
    )
    report = AlignReport.from_dict(read_json(folder / "report_align.json")["report"])
    return write_align_page(workspace, recording, Alignment(links, candidates, clock, report), utterances, chat_events)
