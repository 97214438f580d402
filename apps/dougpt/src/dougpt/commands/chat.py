"""`dougpt chat`: chat exports, or the picture of a video, to events with pseudonyms, and the page of chat's clock."""

from pathlib import Path
from typing import Any

import click

from dougpt import options
from dougpt.stage_command import as_job_option, choose, run_stage

TEXT_ENGINES = ("rapidocr", "rapidocr-openvino", "rapidocr-onnxruntime", "paddleocr")


class Region(click.ParamType[list[int]]):
    """LEFT,TOP,WIDTH,HEIGHT in pixels; `auto` looks for the chat."""

    name = "region"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[int]:
        """Return the four numbers, none for `auto`."""
        if isinstance(value, list) or value == "auto":
            return [] if value == "auto" else value
        try:
            left, top, width, height = (int(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"{value!r} is not LEFT,TOP,WIDTH,HEIGHT in pixels, such as 900,60,340,600", param, ctx)
        return [left, top, width, height]


@click.command()
@options.workspace
@options.only
@click.option("--from-video/--no-from-video", default=None, help="Read the chat that the video shows, or do not.")
@click.option("--region", type=Region(), metavar="LEFT,TOP,WIDTH,HEIGHT", help="Where it stands; auto looks for it.")
@click.option("--engine", type=click.Choice(TEXT_ENGINES), help="What recognises the text in the picture.")
@click.option(
    "--roster",
    multiple=True,
    metavar="RECORDING",
    help="One whose export names people who may write here too; may be given again; channel: all of this channel.",
)
@click.option("--reset", is_flag=True, help="Forget what these options set before; dougpt.toml holds again.")
@click.option("--report", is_flag=True, help="Also write reports/chat-RECORDING.html: how the times were found.")
@options.dry_run
@options.as_json
@as_job_option
def command(
    workspace: Path,
    only: tuple[str, ...],
    from_video: bool | None,
    region: list[int] | None,
    engine: str | None,
    roster: tuple[str, ...],
    reset: bool,
    report: bool,
    dry_run: bool,
    as_json: bool,
    as_job: bool,
) -> None:
    """Read chat as events under pseudonyms, from exports or from the picture of a video.

    All exports of a recording are merged: the same message id is one event, the finer clock wins. With --report, a
    page shows how the clock of each export was rebuilt: residuals, pieces, and how each time was found.

    With --from-video, the chat that stands in the video's picture is read. Without an export, its messages are the
    events; with one, they tell when the messages of the export were on screen, which is the clock of an edit. A page
    for checking what was read is written below secret/, since it shows names. With --roster, names that were misread
    are told by those of other recordings' exports. What these options choose is kept in raw/RECORDING/settings.toml
    and holds from then on.

    \b
    Example:
      dougpt chat --only 1a2b
      dougpt chat --only 1a2b --from-video --region 904,60,340,600
      dougpt chat --only 1a2b --from-video --roster channel
      dougpt chat --report
    """
    chosen = {"from_video": from_video, "region": region, "engine": engine}
    table: dict[str, Any] = {name: value for name, value in chosen.items() if value is not None}
    if roster:
        table["roster"] = _roster(workspace, only, roster)
    project = None
    if table or reset:
        own = {"picture": table} if table else {}
        project = choose("chat", workspace, only, own, tables=("picture",), reset=reset, write=not dry_run)
    run_stage("chat", workspace, only, project=project, dry_run=dry_run, as_json=as_json, as_job=as_job)
    if report and not dry_run:
        _write_pages(workspace, only)


def _roster(root: Path, only: tuple[str, ...], names: tuple[str, ...]) -> list[str]:
    from dougpt.picture.choice import roster_named
    from dougpt.project import Project

    return roster_named(Project.open(root), only, names)


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
        parts = parts_of(report)
        atomic_write(path, clock_page(list(zip(names, parts, strict=bool(parts)))).encode())
        note(f"chat {recording_id}: {path}")
