"""`dougpt merge`: adapter and base model become one model."""

from pathlib import Path

import click

from dougpt import options


@click.command()
@options.workspace
@options.run
@click.option("--out", type=click.Path(path_type=Path), help="The folder to write; by default merged/ in the run's.")
def command(workspace: Path, run_id: str | None, out: Path | None) -> None:
    """Merge an adapter into its base model.

    Writes a folder in the layout of transformers, which tools for local models open or convert.

    \b
    Example:
      dougpt merge --workspace doug
    """
    from dougpt.merging import merge
    from dougpt.runs import run_folder

    folder = run_folder(workspace, run_id)
    click.echo(merge(folder, out or folder / "merged"))
