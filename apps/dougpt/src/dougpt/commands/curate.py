"""`dougpt curate`: samples by split."""

from pathlib import Path

import click

from dougpt import options
from dougpt.stage_command import as_job_option, run_stage


@click.command("curate")
@options.workspace
@click.option(
    "--allow",
    "allow_names",
    multiple=True,
    metavar="EXPECTATION",
    help="Go on although this expectation fails; the card tells of it; may be given again.",
)
@options.dry_run
@options.as_json
@as_job_option
def command(workspace: Path, allow_names: tuple[str, ...], dry_run: bool, as_json: bool, as_job: bool) -> None:
    """Make samples by split, with rejects, a profile and a card.

    Takes the recordings that [dataset] in dougpt.toml chooses. The split of a recording is frozen in holdout.json
    when it is first curated. What the dataset must be stands in [curate.expect]; where it is not, the exit code is 3
    and a table says what was expected and found. With suite in [curate] set, held-out links that changed give 4.

    \b
    Example:
      dougpt curate --workspace doug
      dougpt curate --allow duplicates
    """
    if allow_names and not dry_run:
        _allow(workspace, allow_names)
    run_stage("curate", workspace, (), dry_run=dry_run, as_json=as_json, as_job=as_job)


def _allow(root: Path, names: tuple[str, ...]) -> None:
    from dougpt_curate.gates import check_names

    from dougpt import lock
    from dougpt.allowing import allow
    from dougpt.plan import Plan
    from dougpt.project import Project

    plan = Plan(Project.open(root))
    check_names(names, plan.project.settings.curate.expect)
    with lock.writing(plan.project.workspace):
        allow(plan.project.workspace, plan.dataset, plan.recipe("curate", plan.dataset).fingerprint, names)
