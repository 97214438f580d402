"""`dougpt preflight`: a run is proven right before its first step."""

from pathlib import Path

import click

from dougpt import options
from dougpt.cli import EXIT_GATE


@click.command()
@options.workspace
@options.as_json
def command(workspace: Path, as_json: bool) -> None:
    """Check samples, settings and memory before a training.

    Renders every row as the training would see it and checks labels, lengths, splits, versions and room. Exit code 3
    where a check fails; warnings do not hold a run back.

    \b
    Example:
      dougpt preflight --workspace doug
    """
    from dougpt_schema import SAMPLES, Split, read_table
    from dougpt_train import preflight

    from dougpt.project import Project
    from dougpt.terminal import safe

    project = Project.open(workspace)
    folder = project.workspace.dataset(project.settings.dataset.name)
    train, validation, test = (
        read_table(folder / f"{split}.parquet", SAMPLES) for split in (Split.TRAIN, Split.VALIDATION, Split.TEST)
    )
    found = preflight(train, project.settings.train, validation=validation, test=test, folder=project.workspace.root)
    if as_json:
        options.print_json(found.to_dict())
    else:
        for check in found.checks:
            click.echo(f"{check.status:<8} {check.name}: {safe(check.found)}")
    if not found.passed:
        click.get_current_context().exit(EXIT_GATE)
