"""`dougpt remove`: a recording, or a file of one, leaves the workspace."""

from pathlib import Path

import click

from dougpt import options


@click.command()
@click.argument("recordings", nargs=-1, required=True, metavar="RECORDING...")
@options.workspace
@click.option(
    "--file",
    "files",
    multiple=True,
    metavar="FILE",
    help="Only this file of the one recording: its name, path or the start of its id; may be given again.",
)
@click.option("--yes", is_flag=True, help="Do it without asking.")
@click.option("--dry-run", is_flag=True, help="Show what would leave; remove nothing.")
@options.as_json
def command(
    recordings: tuple[str, ...], workspace: Path, files: tuple[str, ...], yes: bool, dry_run: bool, as_json: bool
) -> None:
    """Take recordings, or single files of them, out of the workspace.

    RECORDING is the platform's id, a name, or the start of an id or name. What was made of it goes: words, chat, links,
    pages, and the names under secret/. Your own files are never touched, and labels stay. Datasets and runs stay too,
    until the next pipeline makes them without it. Ingesting the files again brings it back.

    \b
    Example:
      dougpt remove 2041234567
      dougpt remove "stream of monday" --file cut_off_chat.json
    """
    from dougpt.lock import writing
    from dougpt.project import Project
    from dougpt.terminal import note, safe
    from dougpt.unregistering import leaving, unregister

    project = Project.open(workspace)
    with writing(project.workspace):
        found = leaving(project, recordings, files)
        for one in found:
            what = "with all that was made of it" if one.whole else "the rest stays"
            note(f"recording {one.recording.recording_id}: {what}")
            for source in one.sources:
                note(f"  {source.role:<9} {safe(source.row['name'])}")
        if dry_run:
            note("remove: --dry-run: nothing was removed")
        elif yes or click.confirm("Take these out?", err=True, abort=True):
            unregister(project, found)
            note("remove: done; the files stay where they are, ingesting them again brings them back")
    if as_json:
        rows = [
            {
                "recording_id": one.recording.recording_id,
                "files": [str(source.path) for source in one.sources],
                "whole": one.whole,
            }
            for one in found
        ]
        options.print_json({"removed": not dry_run, "recordings": rows})
