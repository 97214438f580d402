"""`dougpt chat`: chat exports to events with pseudonyms, and the page of chat's clock."""

from pathlib import Path

import click

from dougpt import options
from dougpt.stage_command import as_job_option, run_stage


@click.command()
@options.workspace
@options.only
@click.option("--report", is_flag=True, help="Also write reports/chat-RECORDING.html: how the times were found.")
@options.dry_run
@options.as_json
@as_job_option
def command(workspace: Path, only: tuple[str, ...], report: bool, dry_run: bool, as_json: bool, as_job: bool) -> None:
    """Chat events with pseudonyms, from chat exports.

    All exports of a recording are merged: the same message id is one event, the finer clock wins. With --report, a
    page shows how the clock of each export was rebuilt: residuals, pieces, and how each time was found.

    \b
    Example:
      dougpt chat --only 1a2b
      dougpt chat --report
    """
    run_stage("chat", workspace, only, dry_run=dry_run, as_json=as_json, as_job=as_job)
    if report and not dry_run:
        _write_pages(workspace, only)


def _write_pages(root: Path, only: tuple[str, ...]) -> None:
    from dougpt_chat.page import clock_page, parts_of
    from dougpt_schema import SourceRole, atomic_write

    from dougpt.project import Project
    from dougpt.terminal import note
    from dougpt.workspace import read_json

    project = Project.open(root)
    for recording_id in project.select(only):
        recording = project.recordings[recording_id]
        report = read_json(project.workspace.staged(recording_id) / "report_chat.json")["report"]
        names = [f"{recording.title}: {source.row['name']}" for source in recording.of(SourceRole.CHAT)]
        path = project.workspace.chat_page(recording_id)
        atomic_write(path, clock_page(list(zip(names, parts_of(report), strict=True))).encode())
        note(f"chat {recording_id}: {path}")
