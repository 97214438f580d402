"""`dougpt review`: a local page on which a person says who answered what."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dougpt import options

if TYPE_CHECKING:
    from dougpt_review import Desk

PORT = 8377


@click.command()
@options.workspace
@options.only
@click.option(
    "--rater",
    type=options.RaterName(),
    default="me",
    help="Your name in the labels. A second person takes another one, and is asked some of your questions again.",
)
@click.option("--blind", is_flag=True, help="Hide the model's guess and offer the words in the order of time.")
@click.option(
    "--disputed",
    is_flag=True,
    help="Ask only what people disagree on, the disputed messages that you never answered too; where you did, a new"
    " answer replaces your old one.",
)
@click.option("--count", default=300, type=click.IntRange(1), help="How many answers you mean to give.")
@click.option(
    "--port",
    default=PORT,
    type=click.IntRange(0, 65535),
    help="Where the page is, on this machine alone; 0 takes any that is free.",
)
@click.option("--open", "open_browser", is_flag=True, help="Open the page in your browser.")
@options.as_json
def command(
    workspace: Path,
    only: tuple[str, ...],
    rater: str,
    blind: bool,
    disputed: bool,
    count: int,
    port: int,
    open_browser: bool,
    as_json: bool,
) -> None:
    """Say on a local page who answered what; the aligner learns from it.

    Prints the address of a page on this machine. It plays the moment, shows what was said and written around a message
    and offers the words that it may answer. Keys: 1 to 9 those words, 0 nothing that was said, u unsure, s skip,
    z take the last answer back, space play. Half of the questions are drawn at random, which keeps estimates honest;
    the others are those from which the aligner learns most.

    Every answer is on the disk, in labels/, before the page says so. Stop with Ctrl-C at any time and go on another
    day. Then let the links learn: dougpt align. Nothing leaves this machine; whoever has the address with its token
    may answer, and nobody else.

    \b
    Example:
      dougpt review --workspace doug --rater anna
      dougpt review --workspace doug --rater ben --blind --count 60
      dougpt review --workspace doug --rater anna --disputed
      dougpt align --workspace doug
    """
    _require_page()
    from dougpt_review import serve

    from dougpt.lock import seated
    from dougpt.project import Project
    from dougpt.reviewing import Sitting, open_desk
    from dougpt.terminal import note

    project = Project.open(workspace)
    with seated(project.workspace, rater):
        desk = open_desk(
            project, project.select(only), Sitting(rater=rater, blind=blind, goal=count, disputed=disputed)
        )

        def started(address: str) -> None:
            if as_json:
                options.print_json({"address": address, "rater": rater, "blind": blind, "journal": str(desk.book.path)})
            else:
                click.echo(address)
                note(f"{desk.progress().left} messages can be asked; open the address in a browser, stop with Ctrl-C")
            if open_browser:
                click.launch(address)

        serve(desk, port=port, started=started)
    _part_with(desk, project.workspace.root)


def _require_page() -> None:
    """Say what to install where the page is an extra that is not there."""
    from importlib.util import find_spec

    from dougpt_schema import MissingExtraError

    if find_spec("dougpt_review") is None:
        raise MissingExtraError("dougpt[review]", "the labelling page")


def _part_with(desk: "Desk", root: Path) -> None:
    from dougpt_schema.page.words import plural

    from dougpt.advice import advice
    from dougpt.terminal import note

    given = desk.progress().today
    if given:
        said = plural(given, "answer")
        is_are = "is" if given == 1 else "are"
        note(f"{said} of this sitting {is_are} in {desk.book.path}; let the links learn: {advice(root, 'align')}")
    else:
        note("no answers were given")
