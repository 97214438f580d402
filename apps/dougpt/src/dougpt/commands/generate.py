"""`dougpt generate`: a trained run answers a line."""

from pathlib import Path

import click

from dougpt import options


@click.command()
@click.argument("prompt", nargs=-1, required=True)
@options.workspace
@options.run
@click.option("--context", multiple=True, metavar="LINE", help="An earlier line, oldest first; may be given again.")
@click.option("--seed", default=0, show_default=True, help="Decides the answer.")
@click.option("--bursts", default=1, show_default=True, type=click.IntRange(min=1), help="How many answers to draw.")
@options.as_json
def command(
    prompt: tuple[str, ...],
    workspace: Path,
    run_id: str | None,
    context: tuple[str, ...],
    seed: int,
    bursts: int,
    as_json: bool,
) -> None:
    """Let a trained run answer a line as chat would.

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
    answers = [model.generate(sample, seed + number)[0] for number in range(bursts)]
    if as_json:
        options.print_json({"prompt": " ".join(prompt), "bursts": answers})
        return
    for number, replies in enumerate(answers):
        if number:
            click.echo("--")
        for reply in replies:
            click.echo(safe(reply))
