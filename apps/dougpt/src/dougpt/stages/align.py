"""Words and chat of one recording to utterances and links."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
from dougpt_align import Alignment, align, segment
from dougpt_chat import anchored_clock
from dougpt_schema import (
    ANCHORS,
    CANDIDATES,
    CHAT_EVENTS,
    CLOCK,
    GAPS,
    LINKS,
    PRIOR,
    UTTERANCES,
    WORDS,
    MissingExtraError,
    read_table,
)

from dougpt.advice import advice
from dougpt.align_page import write_align_page
from dougpt.execute import Task, told
from dougpt.labels import labels_of
from dougpt.terminal import note

PRODUCER = "dougpt-align"


def run(task: Task) -> str:
    """Write utterances, clock, candidates and links of a recording, and the page that shows them."""
    settings = task.project.settings.align
    utterances = segment(task.read("words", WORDS), settings)
    chat_events = task.read("chat_events", CHAT_EVENTS)
    aligned = align(
        utterances,
        chat_events,
        settings,
        labels=labels_of(task.project.workspace, task.subject),
        gaps=task.read("gaps", GAPS),
        prior=_prior(task),
        clock=_seen_clock(task, chat_events),
    )
    report = aligned.report.to_dict()
    _draw(task, aligned, utterances, chat_events)
    task.write_json("report_align.json", report=report)
    task.write("utterances", utterances, UTTERANCES, PRODUCER)
    task.write("clock", aligned.clock, CLOCK, PRODUCER)
    task.write("candidates", aligned.candidates, CANDIDATES, PRODUCER)
    task.write("links", aligned.links, LINKS, PRODUCER)
    warnings = told(report["warnings"], task.folder / "report_align.json")
    return result(report) + warnings


def result(report: Mapping[str, Any]) -> str:
    """Return what came out in a line, as a report tells it."""
    apart = report["belonging"]["relation"] == "unrelated"
    why = ": speech and chat do not belong together; are both of the same stretch of one stream?" if apart else ""
    return f"{report['accepted']} of {report['events']} messages accepted as answers{why}"


def _seen_clock(task: Task, chat_events: pa.Table) -> pa.Table | None:
    """Return the clock by which messages were on screen, where they were: an edit's, cuts included."""
    anchors = task.read("anchors", ANCHORS)
    clock = anchored_clock(anchors, chat_events) if anchors.num_rows else CLOCK.empty()
    return clock if clock.num_rows else None


def _draw(task: Task, aligned: Alignment, utterances: pa.Table, chat_events: pa.Table) -> None:
    """Draw the page, before the tables that say that the stage is done; without what draws, say how to get it."""
    try:
        recording = task.project.recordings[task.subject]
        write_align_page(task.project.workspace, recording, aligned, utterances, chat_events)
    except MissingExtraError as error:
        again = advice(task.project.workspace.root, "show", task.subject, "--page")
        note(f"align {task.subject}: no page was drawn; {error}; then: {again}")


def _prior(task: Task) -> pa.Table | None:
    channel = task.project.recordings[task.subject].channel
    path = task.project.workspace.prior_file(channel) if channel else None
    return read_table(path, PRIOR) if path is not None and path.exists() else None
