"""`dougpt forget`: a person leaves every table."""

from pathlib import Path

import click

from dougpt import options


@click.command()
@click.argument("author")
@options.workspace
@click.option("--pseudonym", "is_pseudonym", is_flag=True, help="AUTHOR is a pseudonym already, 16 hex digits.")
@click.option("--dry-run", is_flag=True, help="Say what would be removed; remove nothing.")
@options.as_json
def command(author: str, workspace: Path, is_pseudonym: bool, dry_run: bool, as_json: bool) -> None:
    """Remove a person from every table, now and in every later run.

    AUTHOR is a login. Their messages go, mentions of them become those of nobody, their names leave secret/. Samples
    that held a message of theirs go too, and what was trained on them is named, to be trained again. Media and
    exports that you ingested are never changed: delete those yourself.

    If it is cut short, run it again: it goes on. Until then other commands refuse, and say what to run.

    \b
    Example:
      dougpt forget some_login
    """
    from dougpt.forgetting import foretell, forget
    from dougpt.lock import writing
    from dougpt.project import Project
    from dougpt.terminal import safe

    if dry_run:
        found = foretell(Project.open(workspace), author, is_pseudonym=is_pseudonym)
    else:
        project = Project.open(workspace, unfinished=True)
        with writing(project.workspace):
            found = forget(project, author, is_pseudonym=is_pseudonym)
    if as_json:
        options.print_json(found)
        return
    for table, rows in found["removed"].items():
        click.echo(f"{table}: {rows} rows {'would go' if dry_run else 'removed'}")
    for run in found["trained_on_them"]:
        click.echo(f"runs/{run}: was trained on their messages; train again and delete it")
    if not found["removed"]:
        click.echo(f"no message here is by {safe(author)}: is the login spelled as the platform spells it?")
    if dry_run:
        click.echo("nothing was removed")
        return
    click.echo("your own exports are as they were; what is made of them from now on leaves this person out")
