"""`dougpt generate`: a trained run answers a line."""

from pathlib import Path
from typing import Literal

import click

from dougpt import options


@click.command()
@click.argument("prompt", nargs=-1, required=True)
@options.workspace
@options.run
@click.option("--context", multiple=True, metavar="LINE", help="An earlier line, oldest first; may be given again.")
@click.option("--seed", default=0, show_default=True, help="Decides the answer.")
@click.option("--bursts", default=1, show_default=True, type=click.IntRange(min=1), help="How many answers to draw.")
@click.option("--single", is_flag=True, help="One reply instead of a burst.")
@options.as_json
def command(
    prompt: tuple[str, ...],
    workspace: Path,
    run_id: str | None,
    context: tuple[str, ...],
    seed: int,
    bursts: int,
    single: bool,
    as_json: bool,
) -> None:
    """Let a trained run answer a line as chat would; each reply appears as soon as it is drawn.

    \b
    Example:
      dougpt generate "chat, should I press the button"
    """
    from dougpt_train import load

    from dougpt.prompting import as_sample
    from dougpt.runs import run_folder
    from dougpt.terminal import safe

    model = load(run_folder(workspace, run_id))
    sample = as_sample(" ".join(prompt), context)
    form: Literal["burst", "single"] | None = "single" if single else None
    if as_json:
        answers = [model.generate(sample, seed + number, form=form)[0] for number in range(bursts)]
        options.print_json({"prompt": " ".join(prompt), "bursts": answers})
        return
    for number in range(bursts):
        if number:
            click.echo("--")
        for reply in model.stream(sample, seed + number, form=form):
            click.echo(safe(reply))
