"""`dougpt evaluate`: measures on held-out samples, and the report page."""

from pathlib import Path

import click

from dougpt import options
from dougpt.cli import EXIT_GATE, EXIT_NOT_COMPARABLE
from dougpt.stage_command import as_job_option, run_stage


@click.command()
@options.workspace
@click.option(
    "--against",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="REPORT",
    help="An earlier report_evaluate.json: fail where a measure became worse.",
)
@options.dry_run
@options.as_json
@as_job_option
def command(workspace: Path, against: Path | None, dry_run: bool, as_json: bool, as_job: bool) -> None:
    """Measure a run on held-out samples and write the report page.

    Measures today's run on the test split beside its baselines; numbers and page go to reports/<dataset>/. With
    --against, exit code 3 says that a measure became worse, 4 that the two reports do not compare.

    \b
    Example:
      dougpt evaluate --workspace doug
      dougpt evaluate --against before.json
    """
    run_stage("evaluate", workspace, (), dry_run=dry_run, as_json=as_json and against is None, as_job=as_job)
    if against is not None and not dry_run:
        _gate(workspace, against, as_json=as_json)


def _gate(workspace: Path, against: Path, *, as_json: bool) -> None:
    from dougpt_eval import Report, gate

    from dougpt.project import Project
    from dougpt.workspace import read_json

    project = Project.open(workspace)
    after = read_json(project.workspace.report(project.settings.dataset.name) / "report_evaluate.json")["report"]
    before = read_json(against)
    verdict = gate(Report.from_dict(after), Report.from_dict(before.get("report", before)), project.settings.gate)
    if as_json:
        options.print_json(verdict.to_dict())
    else:
        for row in verdict.rows:
            click.echo(f"{row.status:<10} {row.measure}: {row.before} to {row.after}")
        click.echo("passed" if verdict.passed else verdict.reason or "a measure became worse")
    if not verdict.comparable:
        click.get_current_context().exit(EXIT_NOT_COMPARABLE)
    if not verdict.passed:
        click.get_current_context().exit(EXIT_GATE)
