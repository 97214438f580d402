"""`dougpt preflight`: a run is proven right before its first step."""

from collections.abc import Mapping
from pathlib import Path

import click

from dougpt import options
from dougpt.cli import EXIT_GATE

COLOURS = {"passed": "green", "warning": "yellow", "failed": "red", "skipped": "bright_black"}


@click.command()
@options.workspace
@click.option(
    "--canary",
    is_flag=True,
    help="Also learn eight rows by heart and see that they come back and stop: a minute or so.",
)
@click.option("--rows", "shown", is_flag=True, help="Show a few rows as the model reads them, what is learnt coloured.")
@options.as_json
def command(workspace: Path, canary: bool, shown: bool, as_json: bool) -> None:
    """Check samples, settings and memory before a training.

    Renders every row as the training would see it and checks labels, lengths, splits, versions, memory and room. What
    is found is kept, and `dougpt train` starts at once while nothing changes. Exit code 3 where a check fails; warnings
    do not hold a run back. Where the samples are of an earlier curation, that is said: training wants today's.

    \b
    Example:
      dougpt preflight --workspace doug --rows
    """
    from dataclasses import replace

    from dougpt.freshness import note_if_earlier
    from dougpt.plan import Plan
    from dougpt.project import Project
    from dougpt.terminal import safe, told_while_loading
    from dougpt.training import killed_run, read_splits, store_preflight

    project = Project.open(workspace)
    note_if_earlier(project)
    train, validation, test = read_splits(project, project.settings.dataset.name)
    with told_while_loading():
        from dougpt_train import preflight

    settings = project.settings.train
    run = project.workspace.run(Plan(project).run_id)
    found = preflight(
        train,
        replace(settings, canary=settings.canary or canary),
        validation=validation if validation.num_rows else None,
        test=test,
        folder=project.workspace.root,
        killed=killed_run(run),
    )
    store_preflight(run, found)
    if as_json:
        options.print_json(found.to_dict())
    else:
        for check in found.checks:
            status = click.style(f"{check.status:<8}", fg=COLOURS[check.status])
            click.echo(f"{check.code:<4}{status} {check.name}: {safe(check.found)}")
        for row in found.shown if shown else ():
            click.echo()
            _show(row)
    if not found.passed:
        click.get_current_context().exit(EXIT_GATE)


def _show(row: Mapping[str, str]) -> None:
    """Print a row: what is read plain, what is learnt green, the stop that is learnt with it on green."""
    click.secho(f"sample {row['sample_id']}, {row['form']}", dim=True)
    learnt = click.style(_lines(row["learnt"]), fg="green") + click.style(_lines(row["stop"]), fg="black", bg="green")
    click.echo(_lines(row["read"]) + learnt)


def _lines(text: str) -> str:
    """Return strangers' text with its line breaks and nothing else that moves a cursor."""
    from dougpt.terminal import safe

    return "\n".join(safe(line) for line in text.split("\n"))
