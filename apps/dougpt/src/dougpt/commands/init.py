"""`dougpt init`: a folder becomes a workspace."""

import re
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dougpt import options

if TYPE_CHECKING:
    from dougpt.workspace import Workspace

KEY_BYTES = 32
HEX_KEY = re.compile(rb"(?:[0-9a-fA-F]{2}){16,64}")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option("-w", "--workspace", type=click.Path(path_type=Path), help="The same as FOLDER.")
@click.option(
    "--key-file",
    type=click.Path(path_type=Path),
    help="Take the pseudonym key from this file, bytes or hex, instead of drawing one: pseudonyms then agree with "
    "those of its other users.",
)
@click.option(
    "--settings",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Begin with what this TOML file sets, in the form of dougpt.toml.",
)
@click.option("--example-key", is_flag=True, help="Take the public key of the examples. Not for real people's chat.")
@options.as_json
def command(
    folder: Path | None,
    workspace: Path | None,
    key_file: Path | None,
    settings: Path | None,
    example_key: bool,
    as_json: bool,
) -> None:
    """Make a workspace: dougpt.toml with every setting, a pseudonym key, folders.

    Run again, it keeps what is there and adds what is missing: to a dougpt.toml of an earlier version the settings
    that came later, commented out.

    \b
    Example:
      dougpt init doug
      dougpt pipeline --workspace doug recordings/
    """
    if folder is not None and workspace is not None and folder != workspace:
        raise click.UsageError("FOLDER and --workspace name different folders")
    if key_file is not None and example_key:
        raise click.UsageError("--key-file and --example-key exclude each other")

    from dougpt.workspace import Workspace

    place = Workspace(folder or workspace or Path())
    _refuse_foreign(place)
    _make(place, _key(key_file, example_key=example_key), settings)
    if as_json:
        options.print_json({"workspace": str(place.root), "settings": str(place.settings_file)})
    else:
        click.echo(f"{place.root}: a dougpt workspace; its settings are in {place.settings_file}")


def _key(key_file: Path | None, *, example_key: bool) -> bytes | None:
    from dougpt.workspace import WorkspaceError

    if example_key:
        from dougpt_chat import DEFAULT_KEY

        return bytes(DEFAULT_KEY)
    if key_file is None:
        return None
    key = key_file.read_bytes()
    if HEX_KEY.fullmatch(key.strip()):
        key = bytes.fromhex(key.strip().decode())
    if not 16 <= len(key) <= 64:
        raise WorkspaceError(f"{key_file}: a key has 16 to 64 bytes, this file has {len(key)}")
    return key


def _refuse_foreign(place: "Workspace") -> None:
    from dougpt.workspace import WorkspaceError, refuse_file_in_the_way

    refuse_file_in_the_way(place.root)
    if not place.root.exists() or place.settings_file.exists():
        return
    foreign = sorted(path.name for path in place.root.iterdir())
    if foreign:
        raise WorkspaceError(f"{place.root}: not empty and no dougpt workspace (it holds {foreign[0]})")


def _make(place: "Workspace", key: bytes | None, settings: Path | None) -> None:
    from dougpt_schema import atomic_write

    from dougpt.settings import load_settings, write_template
    from dougpt.settings_news import write_news
    from dougpt.workspace import WorkspaceError

    if not place.settings_file.exists():
        write_template(place.settings_file, load_settings(settings) if settings else None)
    elif added := write_news(place.settings_file).added:
        click.echo(f"{place.settings_file}: {len(added)} settings that came later added, commented out")
    for folder in (place.raw, place.root / "staged", place.labels, place.root / "curated", place.runs):
        folder.mkdir(parents=True, exist_ok=True)
    place.secret.mkdir(exist_ok=True)
    place.secret.chmod(0o700)
    if place.key_file.exists():
        if key is not None and key != place.key_file.read_bytes():
            raise WorkspaceError(f"{place.key_file}: there is another key already; pseudonyms would change")
    else:
        atomic_write(place.key_file, key or secrets.token_bytes(KEY_BYTES))
        place.key_file.chmod(0o600)
    atomic_write(place.root / ".gitignore", b"secret/\n.dougpt/\nraw/*/local.json\nraw/downloads/\n")
