"""`dougpt train`: samples to an adapter."""

from pathlib import Path

import click

from dougpt import options
from dougpt.stage_command import as_job_option, run_stage


@click.command("train")
@options.workspace
@click.option(
    "--resume", metavar="RUN", help="Go on from this killed run, which had other settings: the start of its id."
)
@click.option(
    "--allow-drift", is_flag=True, help="Resume although data, settings or versions have changed; run.json says what."
)
@options.dry_run
@options.as_json
@as_job_option
def command(workspace: Path, resume: str | None, allow_drift: bool, dry_run: bool, as_json: bool, as_job: bool) -> None:
    """Train an adapter on the curated samples.

    The run's folder below runs/ is named by its recipe. A preflight comes first, unless `dougpt preflight` made it for
    exactly this run; what it finds ends the command with exit code 3. A killed run goes on from its last checkpoint
    (save_steps), and is refused where something else goes in now. With `processes` in [train] it starts as many, one on
    each GPU.

    \b
    Example:
      dougpt train --dry-run
      dougpt train
    """
    if not dry_run:
        from dougpt.plan import Plan
        from dougpt.project import Project
        from dougpt.training import forget_wishes, wish_to_resume

        project = Project.open(workspace)
        forget_wishes(project.workspace.runs)
        if resume is not None or allow_drift:
            wish_to_resume(project.workspace.run(Plan(project).run_id), resume, allow_drift=allow_drift)
    run_stage("train", workspace, (), dry_run=dry_run, as_json=as_json, as_job=as_job)
