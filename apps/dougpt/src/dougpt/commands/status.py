"""`dougpt status`: what is there, what is stale and why."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dougpt import options

if TYPE_CHECKING:
    from dougpt.plan import Plan
    from dougpt.project import Recording
    from dougpt.settings_news import News

SHOWN = 6  # new settings that are named; --json has all
LONGEST = 100  # letters of two values that fit a line


@click.command()
@options.workspace
@click.option("--all", "each", is_flag=True, help="A line for each output that is stale, not for each reason.")
@options.as_json
def command(workspace: Path, each: bool, as_json: bool) -> None:
    """Say what is there, what is stale and why.

    A stage's output is stale where its sources, settings, code, key or libraries are not today's any more. Outputs that
    are stale for one reason share a line. Of recordings with labels it says whether more labels would still move the
    figures, and which fit nothing any more; of a dougpt.toml that an earlier version wrote, which settings came later
    and which defaults changed.

    \b
    Example:
      dougpt status --workspace doug
      dougpt status --all
    """
    from dougpt.plan import Plan
    from dougpt.project import Project

    plan = Plan(Project.open(workspace, unfinished=True))
    if as_json:
        options.print_json(facts(plan))
        return
    _print(plan, each=each)


def facts(plan: "Plan") -> dict[str, Any]:
    """Return the state of everything as plain values."""
    from dougpt.labels_told import labels_told
    from dougpt.removal import pending

    unfinished = pending(plan.project.workspace)
    recordings, news = plan.project.recordings, _news(plan)
    return {
        "workspace": str(plan.project.workspace.root),
        "dataset": plan.dataset,
        "unfinished_forget": None if unfinished is None else unfinished.author,
        "recordings": [
            {
                "recording_id": recording.recording_id,
                "channel": recording.channel,
                "title": recording.title,
                "video_id": recording.video_id,
                "own_settings": {
                    table: dict(values)
                    for table, values in plan.project.own_settings.get(recording.recording_id, {}).items()
                },
                "relation": _relation(plan, recording.recording_id),
                "sources": [{"role": source.role, "name": source.row["name"]} for source in recording.sources],
            }
            for recording in recordings.values()
        ],
        "jobs": [
            {
                "stage": job.stage.name,
                "subject": job.subject,
                "state": str(job.state),
                "why": list(job.why),
                "fingerprint": job.recipe.fingerprint,
            }
            for job in plan.jobs()
        ],
        "labels": labels_told(plan.project, list(recordings)),
        "settings": {
            "added": list(news.added),
            "defaults": [{"name": name, "shown": shown, "today": today} for name, shown, today in news.defaults],
        },
    }


def _print(plan: "Plan", *, each: bool) -> None:
    from dougpt.advice import advice
    from dougpt.own_settings import told
    from dougpt.recipes import STAGES
    from dougpt.staleness import stale_lines
    from dougpt.terminal import safe

    recordings, root = plan.project.recordings, plan.project.workspace.root
    _print_unfinished(plan)
    if not recordings:
        click.echo(f"no recordings here yet; register some with: {advice(root, 'ingest', 'FILES_OR_FOLDER')}")
        return
    click.echo(f"{len(recordings)} recordings, dataset {plan.dataset!r}")
    _print_news(plan)
    per_recording = [name for name, stage in STAGES.items() if stage.per == "recording"]
    for name in sorted(plan.project.members(), key=lambda name: _age(recordings[name])):
        states = "  ".join(f"{stage} {plan.job(stage, name).state}" for stage in per_recording)
        start = recordings[name].broadcast_start
        date = f"{start:%Y-%m-%d}" if start else "no date   "
        known_as = f"{recordings[name].video_id or ''} {recordings[name].title}".strip()
        click.echo(f"{name}  {date}  {states}  {safe(known_as)}")
        if own := plan.project.own_settings.get(name):
            click.echo(f"{'':<16}  set for it alone: {safe(told(own))}")
        if _relation(plan, name) == "unrelated":
            click.echo(f"{'':<16}  its speech and chat do not belong together, so that none of its messages counts")
    for job in plan.jobs():
        if job.stage.per == "dataset":
            last = plan.last_run(job.subject) if job.stage.name == "train" else None
            click.echo(f"{job.stage.name:<10} {job.state}{f'  last run {last.parent.name}' if last else ''}")
    _print_labels(plan)
    open_jobs = [job for job in plan.jobs() if job.state != "done"]
    for line in stale_lines(plan, [job for job in open_jobs if job.state != "missing"], each=each):
        click.echo(safe(line))
    click.echo(f"run: {advice(root, 'pipeline')}" if open_jobs else "everything is up to date")


def _relation(plan: "Plan", recording_id: str) -> str | None:
    """Return what the last alignment found of whether speech and chat belong together."""
    from dougpt.plan import mark
    from dougpt.workspace import read_json

    path = plan.project.workspace.staged(recording_id) / "report_align.json"
    if mark(path) is None:
        return None
    relation = read_json(path).get("report", {}).get("belonging", {}).get("relation")
    return None if relation is None else str(relation)


def _print_unfinished(plan: "Plan") -> None:
    """Say that a `dougpt forget` was cut short, or is at work just now."""
    from dougpt.lock import BusyError
    from dougpt.removal import UnfinishedForgetError, refuse_unfinished
    from dougpt.terminal import safe

    try:
        refuse_unfinished(plan.project.workspace)
    except (UnfinishedForgetError, BusyError) as told:
        click.echo(safe(str(told)))


def _news(plan: "Plan") -> "News":
    from dougpt.settings_news import settings_news

    return settings_news(plan.project.workspace.settings_file.read_text(encoding="utf-8"))


def _print_news(plan: "Plan") -> None:
    """Say what a dougpt.toml of an earlier version does not show."""
    from dougpt.advice import advice
    from dougpt.terminal import safe

    news = _news(plan)
    if news.added:
        some = ", ".join(news.added[:SHOWN]) + (", ..." if len(news.added) > SHOWN else "")
        click.echo(f"dougpt.toml is of an earlier version: {len(news.added)} settings came later, at defaults: {some}")
    for name, shown, today in news.defaults:
        values = f"is {safe(today)} now, not {safe(shown)}"
        told = values if len(values) <= LONGEST else "lists others now (--json shows both)"
        click.echo(f"dougpt.toml shows another default: {name} {told}")
    if news.added or news.defaults:
        click.echo(f"show them there, commented out: {advice(plan.project.workspace.root, 'init')}")


def _print_labels(plan: "Plan") -> None:
    """Say of each labelled recording what more labels would buy; where there are none, only what the first would."""
    from dougpt.advice import advice
    from dougpt.labels_told import NONE_YET, labels_told, lines
    from dougpt.terminal import safe

    found, root = labels_told(plan.project, plan.project.members()), plan.project.workspace.root
    for one in found:
        name = one["recording_id"]
        for line in lines(one, root, is_aligned=plan.job("align", name).state == "done"):
            click.echo(f"labels {name}: {safe(line)}")
    aligned = any(plan.job("align", name).state == "done" for name in plan.project.members())
    if aligned and not found:
        click.echo(f"{NONE_YET}; give some with: {advice(root, 'review')}")


def _age(recording: "Recording") -> tuple[str, str]:
    start = recording.broadcast_start
    return (start.isoformat() if start else "", recording.recording_id)
