"""`dougpt generate`: a trained run answers what is said."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dougpt import options

if TYPE_CHECKING:
    from dougpt_train import ChatModel

    from dougpt.project import Project
    from dougpt.speaking import Line


@click.command()
@click.argument("prompt", nargs=-1)
@options.workspace
@options.run
@click.option(
    "--file", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Answer each line of a file."
)
@click.option("--recording", metavar="RECORDING", help="Answer what is said in this recording.")
@options.between
@click.option("--context", multiple=True, metavar="LINE", help="An earlier line, oldest first; may be given again.")
@click.option("--seed", default=0, help="Decides the answer.")
@click.option("--replies", type=click.IntRange(min=1), help="Exactly so many replies to a line; a burst by default.")
@click.option("--bursts", default=1, type=click.IntRange(min=1), help="How many answers to draw.")
@click.option("--temperature", type=click.FloatRange(0.01, 10), help="Below 1 is safer, above 1 is wilder.")
@click.option("--live", is_flag=True, help="Print a scrolling chat, at the rate and with the lag of the channel.")
@click.option(
    "--speed", type=click.FloatRange(min=0, min_open=True), help="How many times faster --live goes by; 1 by default."
)
@options.as_json
def command(
    prompt: tuple[str, ...],
    workspace: Path,
    run_id: str | None,
    file: Path | None,
    recording: str | None,
    from_ms: int,
    to_ms: int | None,
    context: tuple[str, ...],
    seed: int,
    replies: int | None,
    bursts: int,
    temperature: float | None,
    live: bool,
    speed: float | None,
    as_json: bool,
) -> None:
    """Let a trained run answer what is said, as chat would.

    What is said are the words given, the lines of a file, or the turns of a recording. Equal seeds give equal answers.

    \b
    Example:
      dougpt generate "chat, should I press the button"
      dougpt generate --recording stream-7 --from 10:00 --to 12:00 --live
      dougpt generate --file lines.txt --replies 1 --temperature 0.7
    """
    from dougpt.project import Project
    from dougpt.speaking import Habits, answers

    _require_one(PROMPT=prompt, **{"--file": file, "--recording": recording})
    if context and not prompt:
        raise click.UsageError("--context belongs to a PROMPT: files and recordings bring their own")
    if (from_ms or to_ms is not None) and recording is None:
        raise click.UsageError("--from and --to are times in a --recording")
    if speed is not None and not live:
        raise click.UsageError("--speed is that of --live, which is not given")
    if live and (bursts > 1 or as_json):
        raise click.UsageError("--live prints one burst to each line, as text")
    project = Project.open(workspace)
    model = _model(workspace, run_id, temperature)
    lines = _lines(project, prompt, context, file, recording, from_ms, to_ms)
    habits = Habits.of(project)
    if live:
        _scroll(model, lines, habits, seed=seed, replies=replies, speed=speed or 1.0, from_ms=from_ms)
        return
    if as_json:
        found = answers(model, lines, habits.pace, seed=seed, count=replies, bursts=bursts)
        told = [{"prompt": line.text, "bursts": drawn} for line, drawn in found]
        options.print_json(told[0] if prompt else {"answers": told})
        return
    _print(model, lines, habits.pace, seeds=range(seed, seed + bursts), replies=replies, named=not prompt)


def _require_one(**sources: object) -> None:
    """Refuse what is said by none or by several of the ways to say it."""
    given = [name for name, value in sources.items() if value not in (None, ())]
    if not given:
        raise click.UsageError(f"say what is to be answered: {', '.join(sources)}, one of them")
    if len(given) > 1:
        raise click.UsageError(f"{' and '.join(given)} are given; only one of them can say what is to be answered")


def _print(
    model: "ChatModel", lines: "list[Line]", pace: str, *, seeds: range, replies: int | None, named: bool
) -> None:
    """Print each reply of a burst as soon as it is drawn."""
    from dougpt.speaking import asked, burst
    from dougpt.terminal import safe

    for line, sample in asked(lines, pace):
        if named:
            click.echo(f"> {safe(line.text)}")
        for seed in seeds:
            if seed != seeds[0]:
                click.echo("--")
            for reply in model.stream(sample, seed) if replies is None else burst(model, sample, seed, replies):
                click.echo(safe(reply))


def _scroll(
    model: "ChatModel",
    lines: "list[Line]",
    habits: Any,
    *,
    seed: int,
    replies: int | None,
    speed: float,
    from_ms: int,
) -> None:
    from dougpt.speaking import live, on_time
    from dougpt.terminal import clock, safe

    for shown in on_time(live(model, lines, habits, seed, replies), speed, from_ms):
        click.echo(f"{clock(shown.at_ms)}  {'' if shown.reply else '> '}{safe(shown.text)}")


def _lines(
    project: "Project",
    prompt: tuple[str, ...],
    context: tuple[str, ...],
    file: Path | None,
    recording: str | None,
    from_ms: int,
    to_ms: int | None,
) -> "list[Line]":
    from dougpt.speaking import lines_of_file, lines_of_recording, lines_of_texts

    if file is not None:
        return lines_of_file(file)
    if recording is not None:
        return lines_of_recording(project, project.select([recording])[0], from_ms, to_ms)
    return lines_of_texts([" ".join(prompt)], context)


def _model(workspace: Path, run_id: str | None, temperature: float | None) -> "ChatModel":
    from dataclasses import replace

    from dougpt.runs import run_folder
    from dougpt.terminal import told_while_loading

    folder = run_folder(workspace, run_id)
    with told_while_loading():
        from dougpt_train import load

    model = load(folder)
    if temperature is not None:
        model.renderer.settings = replace(model.renderer.settings, temperature=temperature)
    return model
