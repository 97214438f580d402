"""Options that several commands share, each with one meaning."""

import json
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

workspace = click.option(
    "-w",
    "--workspace",
    type=click.Path(path_type=Path),
    default=Path(),
    envvar="DOUGPT_WORKSPACE",
    show_envvar=True,
    help="The workspace's folder.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
only = click.option(
    "--only",
    multiple=True,
    metavar="RECORDING",
    help="Only this recording: its platform's id, its name, or the start of its id or name; may be given again.",
)
yes = click.option("--yes", is_flag=True, help="Take the recordings as matched, without asking.")
dry_run = click.option("--dry-run", is_flag=True, help="Say what would run and how long it should take; run nothing.")
run = click.option(
    "--run", "run_id", metavar="RUN", help="A run, by the start of its id; by default that of today's settings."
)

LONGEST_NAME = 64


class RaterName(click.ParamType[str]):
    """A name that a person chose: letters that can be seen, and not too many."""

    name = "name"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name without spaces around it."""
        name = value.strip()
        if not name or len(name) > LONGEST_NAME or any(unicodedata.category(letter)[0] == "C" for letter in name):
            self.fail(f"{value!r} is no name: 1 to {LONGEST_NAME} characters that can be seen", param, ctx)
        return name


class Moment(click.ParamType[int]):
    """A time in a recording, `[h:]mm:ss` or seconds, as milliseconds."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return milliseconds."""
        if isinstance(value, int):
            return value
        try:
            parts = [float(part) for part in str(value).split(":")]
        except ValueError:
            self.fail(f"{value!r} is no time; write 1:02:03, 62:03 or 3723", param, ctx)
        if len(parts) > 3 or min(parts) < 0 or max(parts[1:], default=0) >= 60:
            self.fail(f"{value!r} is no time; write 1:02:03, 62:03 or 3723", param, ctx)
        seconds: float = sum(part * 60**power for power, part in enumerate(reversed(parts)))
        return round(1000 * seconds)


def between[F: Callable[..., Any]](command: F) -> F:
    """Add `--from` and `--to`, times in a recording."""
    command = click.option("--to", "to_ms", type=Moment(), default=None, help="End here, such as 1:04:00.")(command)
    return click.option("--from", "from_ms", type=Moment(), default=0, help="Begin here, such as 1:02:03.")(command)


def print_json(value: object) -> None:
    """Print a value as JSON on stdout, with keys in order."""
    click.echo(json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False))


def print_files(paths: Iterable[Path], *, as_json: bool) -> None:
    """Print the files that were written, one a line or as JSON."""
    if as_json:
        print_json({"files": [str(path) for path in paths]})
        return
    for path in paths:
        click.echo(path)
