"""`dougpt pipeline`: from files to a report, whatever of it is not done yet."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dougpt import options

if TYPE_CHECKING:
    from dougpt.plan import Job, Plan
    from dougpt.project import Project

STAGE_NAMES = ("transcribe", "chat", "align", "curate", "train", "evaluate")


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@options.workspace
@options.yes
@click.option("--cores", type=click.IntRange(min=1), help="Jobs side by side; one a core by default.")
@click.option("--until", type=click.Choice(STAGE_NAMES), default="evaluate", help="Stop after this stage.")
@click.option(
    "--snakemake",
    "snakemake_options",
    multiple=True,
    metavar="OPTION",
    help="Passed on to Snakemake, such as --snakemake=--executor=slurm; may be given again.",
)
@options.dry_run
@options.as_json
def command(
    paths: tuple[Path, ...],
    workspace: Path,
    yes: bool,
    cores: int | None,
    until: str,
    snakemake_options: tuple[str, ...],
    dry_run: bool,
    as_json: bool,
) -> None:
    """Run every stage that is not done, recordings side by side.

    With PATHS, files and folders are ingested first. What is done already, by the fingerprint of its recipe, is not
    run again; a pipeline that was killed goes on where it was. A recording that cannot be used is reported, and the
    others go on; the exit code is then 1, and 3 or 4 where a gate, the preflight or a frozen holdout refused.

    \b
    Example:
      dougpt init doug
      dougpt pipeline --workspace doug recordings/
    """
    from dougpt import lock
    from dougpt.labels import freeze_labels
    from dougpt.project import Project
    from dougpt.workspace import Workspace

    place = Workspace.open(workspace)
    if dry_run:
        _dry_run(Project(place), until, paths, as_json=as_json)
        return
    with lock.writing(place) as jobs_lock:
        if paths:
            from dougpt.ingesting import ingest_paths

            ingest_paths(Project(place), paths, yes=yes)
        exit_code = _run(Project(freeze_labels(place)), jobs_lock, until, cores, snakemake_options, as_json=as_json)
    if exit_code:
        click.get_current_context().exit(exit_code)


def _run(
    project: "Project", jobs_lock: int, until: str, cores: int | None, more: tuple[str, ...], *, as_json: bool
) -> int:
    """Run what is open, with the labels that are there; return the exit code."""
    from dougpt.advice import advice
    from dougpt.labels import has_more_labels
    from dougpt.plan import Plan
    from dougpt.project import NoRecordingsError
    from dougpt.running import PipelineError, clear_remains, pending, require_snakemake, run_snakemake, write_plan
    from dougpt.terminal import note

    clear_remains(project.workspace)
    plan = Plan(project)
    if not project.members():
        raise NoRecordingsError(project.workspace.root)
    todo, well = pending(plan, until), True
    if not todo:
        note("nothing to do: every stage is up to date")
    else:
        require_snakemake()
        _announce(plan, todo)
        write_plan(project.workspace, plan, todo)
        side_by_side = cores or project.settings.pipeline.cores or os.cpu_count() or 1
        try:
            well = run_snakemake(project.workspace, jobs_lock, cores=side_by_side, todo=len(todo), options=more)
        except KeyboardInterrupt:
            note("stopped; what is done is kept, and the same command goes on from there")
            raise
        plan = Plan(type(project)(project.workspace))
    exit_code = _conclude(plan, until, as_json=as_json)
    if not exit_code and (not well or pending(plan, until)):
        raise PipelineError(project.workspace)
    if has_more_labels(project.workspace):
        again = advice(project.workspace.root, "pipeline")
        note(f"labels were added meanwhile; run again to learn from them: {again}")
    return exit_code


def _announce(plan: "Plan", todo: list["Job"]) -> None:
    """Say how much there is to do, and what of it cannot be done; the stages before that are worth their time."""
    from dougpt_schema import DougptError
    from dougpt_schema.page.words import plural

    from dougpt.estimate import expected_s
    from dougpt.requirements import require_trainable
    from dougpt.terminal import lasting, note

    try:
        require_trainable(plan, todo)
    except DougptError as error:
        note(f"warning: the training will not begin: {error}")
    note(f"{plural(len(todo), 'job')}, about {lasting(sum(expected_s(plan, job) for job in todo))} of work")


def _dry_run(project: "Project", until: str, paths: tuple[Path, ...], *, as_json: bool) -> None:
    from dougpt.estimate import print_estimate
    from dougpt.plan import Plan
    from dougpt.requirements import require_trainable
    from dougpt.running import pending

    if paths:
        raise click.UsageError("--dry-run ingests nothing; see what PATHS hold with: dougpt ingest --dry-run PATHS")
    plan = Plan(project)
    todo = pending(plan, until)
    print_estimate(plan, todo, as_json=as_json)
    require_trainable(plan, todo)


def _conclude(plan: "Plan", until: str, *, as_json: bool) -> int:
    """Print where the results are, and what failed; return the exit code."""
    from dougpt.results import results_of
    from dougpt.terminal import note

    failed = [
        job
        for job in plan.jobs()
        if job.state == "failed" and STAGE_NAMES.index(job.stage.name) <= STAGE_NAMES.index(until)
    ]
    for job in failed:
        note(f"error: {job.why[0]}")
    results = results_of(plan)
    if as_json:
        options.print_json(
            results
            | {"failed": [{"stage": job.stage.name, "subject": job.subject, "error": job.why[0]} for job in failed]}
        )
    else:
        for name, value in results.items():
            click.echo(f"{name:<10} {value}")
    return max((plan.failure_exit_code(job) for job in failed), default=0)
