"""`dougpt ingest`: files become recordings."""

from pathlib import Path

import click

from dougpt import options


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@options.workspace
@click.option("--channel", help="The channel of all these recordings, where the files do not say it.")
@click.option("--id", "video_id", metavar="ID", help="The platform's id of the one recording that these files are of.")
@click.option("--platform", help="Where that id is from, such as twitch; told from its shape if not given.")
@click.option("--keep-truncated", is_flag=True, help="Use media that are cut off, as far as they go.")
@click.option("--yes", is_flag=True, help="Register the recordings as matched, without asking.")
@click.option("--dry-run", is_flag=True, help="Show what would be registered; write nothing.")
@options.as_json
def command(
    paths: tuple[Path, ...],
    workspace: Path,
    channel: str | None,
    video_id: str | None,
    platform: str | None,
    keep_truncated: bool,
    yes: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Register recordings: media, captions and chat exports.

    Files are recognised by their content. Which chat and captions belong to which video is told from ids, names and
    lengths, and shown before anything is written. The files themselves stay where they are and are never changed.

    \b
    Example:
      dougpt ingest recordings/
      dougpt ingest --id 1234567890 stream.mp4 chat.json
    """
    from dougpt.ingesting import IngestOptions, ingest_paths
    from dougpt.lock import writing
    from dougpt.project import Project
    from dougpt.terminal import note

    project = Project.open(workspace)
    said = IngestOptions(channel, video_id, platform, keep_truncated)
    with writing(project.workspace):
        rows = ingest_paths(project, paths, said, yes=yes, dry_run=dry_run, tell=note if as_json else click.echo)
    if as_json:
        options.print_json(rows)
