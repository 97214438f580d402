"""`dougpt merge`: adapter and base model become one model."""

from pathlib import Path
from typing import Literal

import click

from dougpt import options

PRECISIONS = ("bfloat16", "float16", "float32")


@click.command()
@options.workspace
@options.run
@click.option("--out", type=click.Path(path_type=Path), help="The folder to write; by default merged/ in the run's.")
@click.option(
    "--precision",
    type=click.Choice(PRECISIONS),
    default="bfloat16",
    help="The type of the written weights.",
)
@click.option(
    "--base", type=click.Path(path_type=Path), help="Where the base model is now, if it was moved since the training."
)
@options.as_json
def command(
    workspace: Path,
    run_id: str | None,
    out: Path | None,
    precision: Literal["bfloat16", "float16", "float32"],
    base: Path | None,
    as_json: bool,
) -> None:
    """Merge an adapter into its base model, and see that the two compute the same.

    Writes a folder in the layout of transformers, which tools for local models open or convert. The base is read anew
    in full precision, never the 4-bit one of a training, and the merged model is compared with base and adapter
    before it gets its name.

    \b
    Example:
      dougpt merge --workspace doug
    """
    from dougpt.runs import run_folder
    from dougpt.terminal import note, told_while_loading

    folder = run_folder(workspace, run_id)
    target = out or folder / "merged"
    with told_while_loading():
        from dougpt_train import merge

    differences = merge(folder, target, precision=precision, base=base)
    note(f"logits differ by {differences['merged']:.2g} merged, by {differences['saved']:.2g} as {precision}")
    if as_json:
        options.print_json({"folder": str(target), "logits_differ_by": differences})
    else:
        click.echo(target)
