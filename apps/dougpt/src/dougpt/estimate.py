"""How long a job should take: as long as it took before, else by the size of its sources."""

from statistics import median
from typing import Any

import click
from dougpt_schema import SourceRole
from dougpt_schema.page.words import plural

from dougpt import options
from dougpt.plan import Job, Plan, State
from dougpt.project import SPEECH_ROLES, Source
from dougpt.terminal import lasting
from dougpt.workspace import DELETE_IT, read_members

ROLES = {"transcribe": SPEECH_ROLES, "chat": (SourceRole.CHAT,)}
ALL_ROLES = (*SPEECH_ROLES, SourceRole.CHAT)


def size_of(plan: Plan, job: Job) -> float:
    """Return how much a job has to do: minutes of media and megabytes of text that it, or a stage before, reads."""
    roles = ROLES.get(job.stage.name, ALL_ROLES)
    members = [job.subject] if job.stage.per == "recording" else plan.project.members()
    return sum(_size(source) for member in members for source in plan.project.recordings[member].of(*roles))


def expected_s(plan: Plan, job: Job) -> float:
    """Return the seconds that a job should take on this machine."""
    own = _seconds(plan, job.stage.name, job.subject)
    if own is not None:
        return own
    others = [
        (seconds, _by_size(plan, other))
        for subject in plan.subjects(job.stage.name)
        if (seconds := _seconds(plan, job.stage.name, subject)) is not None
        and (other := plan.job(job.stage.name, subject))
    ]
    return _by_size(plan, job) * (median(seconds / by_size for seconds, by_size in others) if others else 1)


def print_estimate(plan: Plan, jobs: list[Job], *, as_json: bool) -> None:
    """Print each job that would run, or may, why, and how long it should take."""
    open_jobs = [job for job in jobs if job.state is not State.DONE]
    # A recording that fails no longer changes the dataset. Nothing else that is done can be redone: the recipe of an
    # output knows those of the stages before.
    if any(job.state is State.FAILED and job.stage.per == "recording" for job in jobs):
        open_jobs = [job for job in jobs if job.state is not State.DONE or job.stage.per == "dataset"]
    rows: list[dict[str, Any]] = [
        {
            "stage": job.stage.name,
            "subject": job.subject,
            "state": str(job.state),
            "why": list(job.why) or ["may be redone: a recording that failed is tried again"],
            "expected_s": round(expected_s(plan, job), 1),
        }
        for job in open_jobs
    ]
    if as_json:
        options.print_json({"jobs": rows, "expected_s": round(sum(row["expected_s"] for row in rows), 1)})
        return
    for row in rows:
        click.echo(
            f"{row['stage']:<10} {row['subject']}  about {lasting(row['expected_s'])}  ({', '.join(row['why'])})"
        )
    total = sum(row["expected_s"] for row in rows)
    click.echo(f"{plural(len(rows), 'job')}, about {lasting(total)} of work" if rows else "nothing to do")


def _by_size(plan: Plan, job: Job) -> float:
    return job.stage.start_s + job.stage.rate_s * size_of(plan, job)


def _size(source: Source) -> float:
    if source.role in (SourceRole.VIDEO, SourceRole.AUDIO) and source.row["duration_ms"]:
        return float(source.row["duration_ms"]) / 60_000
    return float(source.row["bytes"]) / 1e6


def _seconds(plan: Plan, stage: str, subject: str) -> float | None:
    path = plan.project.workspace.timing_file(stage, subject)
    return float(read_members(path, DELETE_IT, seconds=(int, float))["seconds"]) if path.exists() else None
