"""A TOML file read as text and table; of one that is no TOML the line is told, what stands there, and what to do."""

import re
import tomllib
from pathlib import Path
from typing import Any

from dougpt.binding import SettingsError

COMMENT = r"\s*(#.*)?$"
HEADER = re.compile(r"\s*\[+\s*([^\[\]]+?)\s*\]+" + COMMENT)
KEY = re.compile(r"\s*([\w.\"'-]+)\s*=")
COMMA = re.compile(r"=\s*([-+]?\d+),(\d+)" + COMMENT)
BARE = re.compile(r"=\s*([A-Za-z_][\w./-]*)" + COMMENT)
SPELT = {"true": "true", "yes": "true", "on": "true", "false": "false", "no": "false", "off": "false"}


def read_toml(path: Path) -> tuple[str, dict[str, Any]]:
    """Return the text of a file and what it says.

    Raises:
        FileNotFoundError: There is no such file.
        SettingsError: It is not UTF-8, or no TOML.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise SettingsError(path, None, "not UTF-8 text") from error
    try:
        return text, tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _refused(path, text.split("\n"), str(error)) from error


def _refused(path: Path, lines: list[str], told: str) -> SettingsError:
    """Return the parser's error with its place in front, and what to write instead where that can be told."""
    reason, _, place = told.rpartition(" (at ")
    at = re.match(r"line (\d+)", place)
    if at is None:
        return SettingsError(path, len(lines), f"not valid TOML at the end of the file: {reason}")
    number = int(at[1])
    found = lines[number - 1].strip()
    shown = found if len(found) <= 60 else found[:57] + "..."
    return SettingsError(path, number, f"not valid TOML at {shown!r}: {_advice(lines, number) or reason}")


def _advice(lines: list[str], number: int) -> str | None:
    line, before = lines[number - 1], lines[: number - 1]
    if comma := COMMA.search(line):
        return f"a number is written with a point: {comma[1]}.{comma[2]}"
    if bare := BARE.search(line):
        word = bare[1]
        return f"write {SPELT[word.lower()]}" if word.lower() in SPELT else f'a text stands in quotes: "{word}"'
    if (header := HEADER.match(line)) and (first := _line_like(header[1], HEADER, before)):
        return f"[{header[1]}] begins in line {first} already; put its settings there"
    if (key := KEY.match(line)) and (first := _line_like(key[1], KEY, before)):
        return f"{key[1]} is set in line {first} already; keep one of the two"
    return None


def _line_like(name: str, pattern: re.Pattern[str], lines: list[str]) -> int | None:
    """Return the last line, counted from 1, that names the same table, or the same key in this table."""
    for number, line in reversed(list(enumerate(lines, start=1))):
        if (found := pattern.match(line)) and found[1] == name:
            return number
        if pattern is KEY and HEADER.match(line):
            return None
    return None
