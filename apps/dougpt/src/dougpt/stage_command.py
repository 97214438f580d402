"""The commands of the stages are one command: find the jobs, run those that are not done, say what happened."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dougpt import options
from dougpt.cli import EXIT_EXPECTED

if TYPE_CHECKING:
    from collections.abc import Callable

    from dougpt.own_settings import OwnSettings
    from dougpt.plan import Job, Plan
    from dougpt.project import Project

as_job_option = click.option("--job", "as_job", is_flag=True, hidden=True, help="Run as a job of a pipeline.")


def recording_command(stage: str, help_text: str) -> click.Command:
    """Return the command of a stage that works on recordings."""

    @click.command(stage, help=help_text)
    @options.workspace
    @options.only
    @options.dry_run
    @options.as_json
    @as_job_option
    def command(workspace: Path, only: tuple[str, ...], dry_run: bool, as_json: bool, as_job: bool) -> None:
        run_stage(stage, workspace, only, dry_run=dry_run, as_json=as_json, as_job=as_job)

    return command


def run_stage(
    stage: str,
    root: Path,
    only: tuple[str, ...],
    *,
    project: "Project | None" = None,
    dry_run: bool,
    as_json: bool,
    as_job: bool,
    done: "Callable[[str], None] | None" = None,
) -> None:
    """Run a stage on what is chosen; a recording that cannot be used is reported and the others go on.

    A project that is given is one at `root` for which something was chosen already. `done` is called for each subject
    that succeeded, while the workspace is locked.
    """
    from dougpt import lock
    from dougpt.plan import Plan

    plan = Plan(project or _project(root, as_job=as_job))
    jobs = _jobs(plan, stage, only)
    if dry_run:
        from dougpt.estimate import print_estimate
        from dougpt.requirements import require_startable

        for job in jobs:
            if job.state != "done":
                require_startable(plan, job)
        print_estimate(plan, jobs, as_json=as_json)
        return
    with lock.job(plan.project.workspace) if as_job else lock.writing(plan.project.workspace):
        outcomes = []
        for job in jobs:
            outcomes.append(_run(plan, job, as_job=as_job))
            if done is not None and outcomes[-1]["state"] == "done":
                done(job.subject)
    if as_json:
        options.print_json(outcomes)
    exit_code = max(outcome["exit_code"] for outcome in outcomes)
    if exit_code and not (as_job and jobs[0].stage.per == "recording"):
        click.get_current_context().exit(exit_code)


def choose(
    stage: str,
    root: Path,
    only: tuple[str, ...],
    chosen: "OwnSettings",
    *,
    tables: tuple[str, ...],
    reset: bool,
    write: bool,
) -> "Project":
    """Return the project in which a choice holds for the recordings that are meant, written down if it is to be.

    `tables` are those of dougpt.toml that the stage has own settings of; with `reset` what they held is forgotten.
    """
    from dougpt import lock
    from dougpt.own_settings import told, write_own_settings
    from dougpt.project import Project
    from dougpt.terminal import note, safe

    project = Project.open(root)
    for name in project.select(only):
        project.choose(name, chosen, reset=tables if reset else ())
        if write:
            with lock.writing(project.workspace):
                write_own_settings(project.workspace.own_settings_file(name), project.own_settings[name])
        own = told(
            {table: project.own_settings[name][table] for table in tables if table in project.own_settings[name]}
        )
        note(f"{stage} {name}: {'set for it: ' + safe(own) if own else 'the settings of dougpt.toml hold'}")
    return project


def _project(root: Path, *, as_job: bool) -> "Project":
    """Open a workspace with the labels that it has now, or had when the pipeline began whose job this is."""
    from dougpt.labels import freeze_labels
    from dougpt.project import Project
    from dougpt.running import workspace_of_job
    from dougpt.workspace import Workspace

    return Project(workspace_of_job(root) if as_job else freeze_labels(Workspace.open(root)))


def _jobs(plan: "Plan", stage: str, only: tuple[str, ...]) -> list["Job"]:
    from dougpt.project import NoRecordingsError
    from dougpt.recipes import STAGES

    subjects = plan.project.select(only) if STAGES[stage].per == "recording" else plan.subjects(stage)
    if not subjects:
        raise NoRecordingsError(plan.project.workspace.root)
    jobs = [plan.job(stage, subject) for subject in subjects]
    # Those that wait for others of their stage come after them.
    return sorted(jobs, key=lambda job: any(before.stage is job.stage for before in plan.upstream(job)))


def _run(plan: "Plan", job: "Job", *, as_job: bool) -> dict[str, Any]:
    """Run one job; what the recording itself is to blame for is reported, anything else is raised."""
    from dougpt_schema import ArtifactError, DougptError, MissingExtraError

    from dougpt.execute import execute, record_failure
    from dougpt.project import SourceChangedError
    from dougpt.requirements import InputMissingError
    from dougpt.terminal import note

    outcome: dict[str, Any] = {"stage": job.stage.name, "subject": job.subject, "exit_code": 0}
    if job.state == "done":
        if not as_job:
            note(f"{job.stage.name} {job.subject}: up to date")
        return outcome | {"state": "done"}
    try:
        line = execute(plan, job)
    except (ArtifactError, MissingExtraError, SourceChangedError):
        raise
    except InputMissingError:
        if as_job and (job.stage.per == "recording" or not plan.usable_members()):
            return outcome | {"state": "blocked"}
        raise
    except DougptError as error:
        message = " ".join(str(error).split())
        exit_code = getattr(error, "exit_code", EXIT_EXPECTED)
        record_failure(plan, job, message, exit_code)
        note(f"{job.stage.name} {job.subject} failed: {message}" if as_job else f"error: {message}")
        return outcome | {"state": "failed", "error": message, "exit_code": exit_code}
    note(f"{job.stage.name} {job.subject}: {line}")
    return outcome | {"state": "done", "result": line}
