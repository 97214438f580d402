"""Words and chat of one recording to utterances and links."""

import pyarrow as pa
from dougpt_align import align, segment
from dougpt_schema import CANDIDATES, CHAT_EVENTS, CLOCK, GAPS, LINKS, PRIOR, UTTERANCES, WORDS, read_table

from dougpt.execute import Task, told
from dougpt.labels import labels_of

PRODUCER = "dougpt-align"


def run(task: Task) -> str:
    """Write utterances, clock, candidates and links of a recording."""
    settings = task.project.settings.align
    utterances = segment(task.read("words", WORDS), settings)
    aligned = align(
        utterances,
        task.read("chat_events", CHAT_EVENTS),
        settings,
        labels=labels_of(task.project.workspace, task.subject),
        gaps=task.read("gaps", GAPS),
        prior=_prior(task),
    )
    report = aligned.report.to_dict()
    task.write_json("report_align.json", report=report)
    task.write("utterances", utterances, UTTERANCES, PRODUCER)
    task.write("clock", aligned.clock, CLOCK, PRODUCER)
    task.write("candidates", aligned.candidates, CANDIDATES, PRODUCER)
    task.write("links", aligned.links, LINKS, PRODUCER)
    warnings = told(report["warnings"], "report_align.json")
    return f"{report['accepted']} of {report['events']} messages accepted as answers{warnings}"


def _prior(task: Task) -> pa.Table | None:
    channel = task.project.recordings[task.subject].channel
    path = task.project.workspace.prior_file(channel) if channel else None
    return read_table(path, PRIOR) if path is not None and path.exists() else None
