"""`dougpt labels`: what people decided, to and from files."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dougpt import options

if TYPE_CHECKING:
    from dougpt.project import Project

MESSAGE_SHOWN = 100
FORMS = ("label-studio", "csv", "parquet")


@click.group()
def command() -> None:
    """List, import, export and compare what people decided.

    \b
    Example:
      dougpt labels list
      dougpt labels import anna.jsonl
      dougpt labels export --as label-studio --count 200
    """


@command.command("list")
@options.workspace
@options.only
@options.as_json
def list_command(workspace: Path, only: tuple[str, ...], as_json: bool) -> None:
    """Print how many messages of each recording are labelled, by whom, and what was said.

    \b
    Example:
      dougpt labels list --only 1a2b
    """
    from dougpt.advice import advice
    from dougpt.labels_told import labels_told
    from dougpt.terminal import safe

    project, recordings = _chosen(workspace, only)
    found = labels_told(project, recordings)
    if as_json:
        options.print_json(found)
        return
    for one in found:
        said = ", ".join(f"{count} {verdict}" for verdict, count in one["verdicts"].items())
        raters = ", ".join(f"{name} {count}" for name, count in one["raters"].items())
        click.echo(f"{one['recording_id']}  {one['events']} messages: {said}")
        click.echo(
            f"{'':<16}  {one['random']} drawn at random, {one['usable']} of them usable; answers: {safe(raters)}"
        )
    if not found:
        click.echo(f"no labels yet; give some with: {advice(workspace, 'review')}")


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@options.workspace
@click.option(
    "--rater",
    type=options.RaterName(),
    metavar="NAME",
    help="Keep the file's labels, which are one person's, under this name, whatever it says.",
)
@options.as_json
def import_command(file: Path, workspace: Path, rater: str | None, as_json: bool) -> None:
    """Add the labels of FILE that are not here yet.

    FILE is another person's journal (.jsonl), a table of labels (.parquet, .csv) or what Label Studio exported of tasks
    from here (JSON, JSON-MIN, CSV, TSV). Labels that are here already are counted; where people disagree both answers
    stay; rows that cannot be used are counted with the reason.

    \b
    Example:
      dougpt labels import anna-3f9c2b1a.jsonl
      dougpt labels import project-7-at-2026-03-09.json --rater ben
    """
    from dataclasses import asdict

    from dougpt_schema.page.words import plural

    from dougpt.advice import advice
    from dougpt.labelling import import_labels
    from dougpt.project import Project
    from dougpt.terminal import note, safe

    merged = import_labels(Project.open(workspace), file, rater)
    if as_json:
        options.print_json(asdict(merged))
        return
    old = f"{merged.duplicates} {'was' if merged.duplicates == 1 else 'were'} here already"
    click.echo(f"{plural(merged.added, 'label')} added of {merged.read} read, {old}")
    if merged.conflicts:
        see = advice(workspace, "labels agreement")
        click.echo(f"on {plural(merged.conflicts, 'message')} people disagree; both answers stay; see: {see}")
    for reason, count in merged.rejects.items():
        click.echo(f"{count} not used: {safe(reason)}")
    if merged.added:
        note(f"let the links learn: {advice(workspace, 'align')}")


@command.command("export")
@options.workspace
@options.only
@click.option("--as", "form", type=click.Choice(FORMS), default="label-studio", help="The form.")
@click.option("--out", type=click.Path(path_type=Path), help="The file; labels.json, .csv or .parquet by default.")
@click.option(
    "--count",
    default=100,
    type=click.IntRange(0),
    help="Label Studio: how many open questions of each recording go along.",
)
@click.option(
    "--all",
    "history",
    is_flag=True,
    help="Tables: also answers that were taken back or answered anew, and the rows that say so.",
)
@options.as_json
def export_command(
    workspace: Path, only: tuple[str, ...], form: str, out: Path | None, count: int, history: bool, as_json: bool
) -> None:
    """Write labels as a table, or questions and labels as tasks for Label Studio.

    A table holds the answers that stand, one row a person and message, so that rows can be counted; --all writes
    everything that was ever said.

    The tasks quote chat and speech. Beside them lies the labelling interface (.xml), to be pasted into the settings of
    a Label Studio project; import the tasks there, and what it exports again with: dougpt labels import

    \b
    Example:
      dougpt labels export --as label-studio --only 1a2b --count 200 --out tasks.json
      dougpt labels export --as csv
    """
    from dougpt.labelling import SUFFIXES, export_labels

    project, recordings = _chosen(workspace, only)
    paths = export_labels(project, recordings, form, out or Path(f"labels{SUFFIXES[form]}"), count, history=history)
    options.print_files(paths, as_json=as_json)


@command.command("agreement")
@options.workspace
@options.only
@options.as_json
def agreement_command(workspace: Path, only: tuple[str, ...], as_json: bool) -> None:
    """Print how people agree who answered the same messages, and list those on which they do not.

    Agreement is Cohen's kappa with a 95 % interval. Each disputed message is printed with what everybody said; each
    of them may answer again, and a third person for the first time, with: dougpt review --disputed --rater NAME

    \b
    Example:
      dougpt labels agreement --json
    """
    from dougpt.advice import advice
    from dougpt.labelling import agreement

    project, recordings = _chosen(workspace, only)
    found = agreement(project, recordings)
    if as_json:
        options.print_json(found)
        return
    for pair in found["pairs"]:
        _print_pair(pair)
    _print_disputed(found["disputed"], workspace)
    if not found["pairs"]:
        begin = advice(workspace, "review", "--rater", "NAME")
        click.echo(f"no message was answered by two people; a second one begins with: {begin}")


def _print_pair(pair: dict[str, Any]) -> None:
    from dougpt_schema.page.words import plural

    from dougpt.terminal import safe

    one, two = pair["raters"]
    unsure = f", {pair['unsure']} more with somebody unsure" if pair["unsure"] else ""
    click.echo(safe(f"{one} and {two}: {plural(pair['items'], 'message')}{unsure}"))
    if pair["kappa"] is None:
        click.echo("  kappa cannot be told: both always say the same" if pair["items"] else "  nothing to compare")
    else:
        click.echo(
            f"  kappa {pair['kappa']:.2f} (95 % interval {pair['low']:.2f} to {pair['high']:.2f}),"
            f" {pair['agreed']} of {pair['items']} alike"
        )
    if pair["replies"]:
        click.echo(f"  of {pair['replies']} that both call replies {pair['same_speech']} to the same speech")


def _print_disputed(disputed: list[dict[str, Any]], root: Path) -> None:
    from dougpt.advice import advice
    from dougpt.terminal import clock, note, safe

    for one in disputed:
        click.echo(f"{one['recording_id']}  {_cut(one['message'])}")
        for answer in one["answers"]:
            if answer["verdict"] != "reply":
                meant = "answers nothing"
            elif answer["said_at_ms"] is None:
                meant = "is a reply"
            else:
                meant = f"answers {_cut(answer['said'])} at {clock(answer['said_at_ms'])}"
            click.echo(f"{'':<16}  {safe(answer['rater'])}: {meant}")
    if disputed:
        again = advice(root, "review", "--disputed", "--rater", "NAME")
        note(f"each of you may answer these again, and a third person too: {again}")


def _cut(text: str | None) -> str:
    from dougpt.terminal import safe

    if text is None:
        return "a message that is not in the chat any more"
    return f'"{safe(text[:MESSAGE_SHOWN])}{"..." if len(text) > MESSAGE_SHOWN else ""}"'


def _chosen(workspace: Path, only: tuple[str, ...]) -> tuple["Project", list[str]]:
    from dougpt.project import Project

    project = Project.open(workspace)
    return project, project.select(only)
