"""What an older dougpt.toml does not know: settings that came later, and defaults that are others now.

A file that `dougpt init` wrote shows every setting of its day. Held against those of today it tells what is new; a file
that somebody wrote by hand leaves out what it likes, and nothing is said of it.
"""

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_type_hints

from dougpt_schema import atomic_write

from dougpt.binding import default_line, dotted, help_lines, is_settings
from dougpt.settings import HEADER, Settings

SHOWN = re.compile(r"\s*(?P<off>#\s?)?(?P<name>[A-Za-z_]\w*)\s*=")
TABLE = re.compile(r"\s*\[(?P<place>[\w.]+)\]\s*(#.*)?$")

type Place = tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class News:
    """What a file does not show as it is today.

    Attributes:
        added: Settings that it does not name, dotted.
        defaults: Settings that it shows at another default than they have: its line, and today's, by dotted name.
    """

    added: tuple[str, ...] = ()
    defaults: tuple[tuple[str, str, str], ...] = ()


def settings_news(text: str, model: type = Settings) -> News:
    """Return what a dougpt.toml that `dougpt init` wrote does not show; nothing of a file that it did not write."""
    if not text.startswith(HEADER.splitlines()[0]):
        return News()
    shown = _shown(text.splitlines())
    added, defaults = [], []
    for table, setting, kind in _settings(model):
        name, today = dotted((*table, setting.name)), default_line(setting, kind)
        found = shown.get((*table, setting.name))
        if found is None:
            added.append(name)
        elif found[1].startswith("#") and found[1] != today:
            defaults.append((name, _value(found[1]), _value(today)))
    return News(tuple(added), tuple(defaults))


def with_news(text: str, model: type = Settings) -> str:
    """Return a dougpt.toml with what it does not show added in comments: it sets what it set before, and no more."""
    lines = text.splitlines()
    news = settings_news(text, model)
    stale, missing = {name for name, *_ in news.defaults}, set(news.added)
    for table, setting, kind in _settings(model):
        name = dotted((*table, setting.name))
        if name in stale:
            lines[_shown(lines)[*table, setting.name][0]] = default_line(setting, kind)
        elif name in missing:
            end = _end_of(lines, table)
            lines[end:end] = [*help_lines(setting), default_line(setting, kind)]
    return "\n".join(lines) + "\n"


def write_news(path: Path) -> News:
    """Bring the comments of a dougpt.toml up to today's settings; return what was not there."""
    text = path.read_text(encoding="utf-8")
    news = settings_news(text)
    if news != News():
        atomic_write(path, with_news(text).encode())
    return news


def _settings(model: type, table: Place = ()) -> Iterator[tuple[Place, "dataclasses.Field[Any]", Any]]:
    """Yield each setting below `model` with its table and type; those of a table before those of tables in it."""
    hints = get_type_hints(model)
    nested = []
    for setting in dataclasses.fields(model):
        kind = hints[setting.name]
        if is_settings(kind):
            nested.append((kind, (*table, setting.name)))
        else:
            yield table, setting, kind
    for kind, place in nested:
        yield from _settings(kind, place)


def _shown(lines: list[str]) -> dict[Place, tuple[int, str]]:
    """Return the line on which each name stands, set or commented out, with its number; what is set counts first."""
    found: dict[Place, tuple[int, str]] = {}
    table: Place = ()
    for number, line in enumerate(lines):
        if header := TABLE.match(line):
            table = _of(header)
        elif (named := SHOWN.match(line)) and not (named["off"] and (*table, named["name"]) in found):
            found[*table, named["name"]] = (number, line.strip())
    return found


def _end_of(lines: list[str], table: Place) -> int:
    """Return where a table's lines end; one that is not there is put behind everything."""
    headers = [number for number, line in enumerate(lines) if (found := TABLE.match(line)) and _of(found) == table]
    if not headers:
        lines += ["", f"[{dotted(table)}]"]
        return len(lines)
    after = [number for number, line in enumerate(lines) if number > headers[0] and TABLE.match(line)]
    end = after[0] if after else len(lines)
    while not lines[end - 1].strip():
        end -= 1
    return end


def _of(header: re.Match[str]) -> Place:
    return tuple(header["place"].split("."))


def _value(line: str) -> str:
    return line.partition("=")[2].strip()
