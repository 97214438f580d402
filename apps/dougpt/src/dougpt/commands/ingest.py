"""`dougpt ingest`: files become recordings."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dougpt import options

if TYPE_CHECKING:
    from dougpt.project import Project


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH_OR_URL...")
@options.workspace
@click.option("--channel", metavar="NAME", help="The channel of all these recordings, where the files do not say it.")
@click.option("--id", "video_id", metavar="ID", help="The platform's id of the one recording that these files are of.")
@click.option(
    "--platform", metavar="NAME", help="Where that id is from, such as twitch; told from its shape if not given."
)
@click.option("--keep-truncated", is_flag=True, help="Use media that are cut off, as far as they go.")
@options.yes
@click.option("--dry-run", is_flag=True, help="Show what would be registered; write nothing.")
@click.option("--height", type=click.IntRange(min=0), help="URL: lines of the picture at most; 0 for sound alone.")
@click.option(
    "--captions",
    multiple=True,
    metavar="LANG",
    help="URL: captions' language, as a regular expression; may be given again.",
)
@click.option("--chat/--no-chat", default=None, help="URL: fetch the chat too, where yt-dlp can.")
@click.option("--most", type=click.IntRange(min=1), help="URL: videos of a playlist or channel at most.")
@click.option(
    "--cookies", type=click.Path(exists=True, dir_okay=False), help="URL: cookies in Netscape's format; never changed."
)
@options.as_json
def command(
    paths: tuple[str, ...],
    workspace: Path,
    channel: str | None,
    video_id: str | None,
    platform: str | None,
    keep_truncated: bool,
    yes: bool,
    dry_run: bool,
    height: int | None,
    captions: tuple[str, ...],
    chat: bool | None,
    most: int | None,
    cookies: str | None,
    as_json: bool,
) -> None:
    """Register recordings: media, captions and chat exports.

    Files are recognised by their content. Which chat and captions belong to which video is told from ids, names and
    lengths, and shown before anything is written. The files themselves stay where they are and are never changed.
    Files that are as they were last time are not read again.

    A URL is fetched first, through yt-dlp (extra `download`), into raw/downloads: the media with info.json, captions
    and, from YouTube, the chat. What is there already is not fetched again, what was interrupted goes on. Defaults of
    the options marked URL are in [download] of dougpt.toml.

    \b
    Example:
      dougpt ingest recordings/
      dougpt ingest --id 1234567890 stream.mp4 chat.json
      dougpt ingest --height 480 https://www.youtube.com/watch?v=...
    """
    from dougpt.ingesting import IngestOptions, ingest_paths
    from dougpt.lock import writing
    from dougpt.project import Project
    from dougpt.terminal import note

    project = Project.open(workspace)
    said = IngestOptions(channel, video_id, platform, keep_truncated)
    wanted = {"height": height, "captions": captions or None, "chat": chat, "most": most, "cookies": cookies}
    with writing(project.workspace):
        places = _places(project, paths, wanted, dry_run=dry_run)
        rows = ingest_paths(project, places, said, yes=yes, dry_run=dry_run, tell=note if as_json else click.echo)
    if as_json:
        options.print_json(rows)


def _places(project: "Project", paths: tuple[str, ...], wanted: dict[str, Any], *, dry_run: bool) -> list[Path]:
    """Return files and folders, addresses fetched first."""
    from dougpt_media.downloading import is_address

    from dougpt.ingesting import fetch

    addresses = [path for path in paths if is_address(path)]
    if addresses and dry_run:
        raise click.UsageError("--dry-run fetches nothing from the web; leave out the URL")
    if not addresses and any(value is not None for value in wanted.values()):
        raise click.UsageError("--height, --captions, --chat, --most and --cookies are for URLs")
    fetched = [folder for address in addresses for folder in fetch(project, address, wanted)]
    return [*(Path(path) for path in paths if not is_address(path)), *fetched]
