"""From TOML to frozen dataclasses and back: types are checked, unknown keys refused, defaults written with their help.

A field may be bool, int, float, str, a StrEnum, a Literal, another settings dataclass, a tuple or a mapping with string
keys of these, and any of them `| None`. Every field's help stands in its metadata: `field(metadata={"help": ...})`.
"""

import dataclasses
import json
import re
import textwrap
import types
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from dougpt_schema import DougptError

HELP_WIDTH = 100


class SettingsError(DougptError):
    """A settings file does not say what its model allows.

    Attributes:
        path: The file.
        line: Where, counted from 1; None where the whole file is meant.
    """

    def __init__(self, path: Path, line: int | None, message: str) -> None:
        self.path = path
        self.line = line
        super().__init__(f"{path}{f':{line}' if line else ''}: {message}")


class Binder:
    """Turns the tables of one TOML file into instances of settings classes, naming lines in its errors."""

    def __init__(self, path: Path, text: str, model: type) -> None:
        self.path = path
        self.text = text
        self.known = dict(setting_names(model))

    def bind[T](self, cls: type[T], table: object, place: tuple[str, ...] = ()) -> T:
        """Return `table` as a `cls`; what it leaves out takes its default.

        Raises:
            SettingsError: An unknown key, a wrong type, or a value that the class refuses.
        """
        if not isinstance(table, dict):
            raise self._error(place, f"{dotted(place)} must be a table, not {show(table)}")
        hints = get_type_hints(cls)
        values = {}
        for key, value in table.items():
            here = (*place, key)
            if key not in hints:
                raise self._error(here, f"unknown setting {dotted(here)!r}; did you mean {self._nearest(here)!r}?")
            values[key] = self._convert(hints[key], value, here)
        try:
            return cls(**values)
        except (ValueError, TypeError) as error:
            # A range is refused in words that begin with the setting's name, which has a line of its own.
            named = str(error).partition(" ")[0]
            where = (*place, named) if named in table else place
            raise self._error(where, f"[{dotted(place)}] {error}") from error

    def _convert(self, kind: Any, value: Any, place: tuple[str, ...]) -> Any:
        origin = get_origin(kind)
        if is_settings(kind):
            return self.bind(kind, value, place)
        if origin in (Union, types.UnionType):
            return self._convert_union(kind, value, place)
        if origin is tuple:
            return self._convert_tuple(kind, value, place)
        if isinstance(origin, type) and issubclass(origin, Mapping):
            if not isinstance(value, dict):
                raise self._wrong(kind, value, place)
            return {key: self._convert(get_args(kind)[1], item, (*place, key)) for key, item in value.items()}
        return self._convert_plain(kind, value, place)

    def _convert_plain(self, kind: Any, value: Any, place: tuple[str, ...]) -> Any:
        if get_origin(kind) is Literal:
            if value not in get_args(kind):
                raise self._wrong(kind, value, place)
            return value
        if issubclass(kind, StrEnum):
            if value not in list(kind):
                raise self._wrong(kind, value, place)
            return kind(value)
        if kind is float and type(value) is int:
            return float(value)
        if type(value) is not kind:
            raise self._wrong(kind, value, place)
        return value

    def _convert_union(self, kind: Any, value: Any, place: tuple[str, ...]) -> Any:
        options = [option for option in get_args(kind) if option is not type(None)]
        for option in options[:-1]:
            try:
                return self._convert(option, value, place)
            except SettingsError:
                continue
        return self._convert(options[-1], value, place)

    def _convert_tuple(self, kind: Any, value: Any, place: tuple[str, ...]) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise self._wrong(kind, value, place)
        kinds = get_args(kind)
        if len(kinds) == 2 and kinds[1] is Ellipsis:
            return tuple(self._convert(kinds[0], item, place) for item in value)
        if len(kinds) != len(value):
            raise self._error(place, f"{dotted(place)} must have {len(kinds)} entries, not {len(value)}")
        return tuple(self._convert(one, item, place) for one, item in zip(kinds, value, strict=True))

    def _wrong(self, kind: Any, value: object, place: tuple[str, ...]) -> SettingsError:
        return self._error(place, f"{dotted(place)} must be {kind_name(kind)}, not {show(value)}")

    def _nearest(self, place: tuple[str, ...]) -> str:
        def likeness(name: str) -> tuple[float, float]:
            same_key = SequenceMatcher(None, name.rpartition(".")[2], place[-1]).ratio()
            return same_key, SequenceMatcher(None, name, dotted(place)).ratio()

        names = self.known if len(place) > 1 else [name for name in self.known if "." not in name] or self.known
        return max(names, key=likeness)

    def _error(self, place: tuple[str, ...], message: str) -> SettingsError:
        return SettingsError(self.path, line_of(self.text, place), message)


def is_settings(kind: Any) -> bool:
    """Whether a type is a class of settings, a table of its own."""
    return isinstance(kind, type) and dataclasses.is_dataclass(kind)


def setting_names(model: type, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the dotted name and type of every setting and table below `model`."""
    for name, kind in get_type_hints(model).items():
        yield prefix + name, kind
        if is_settings(kind):
            yield from setting_names(kind, f"{prefix}{name}.")


def line_of(text: str, place: tuple[str, ...]) -> int | None:
    """Return the line, counted from 1, on which the key or the table `place` is written; None where it is not."""
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[\[?([^\]]+)\]", line):
            table = tuple(part.strip().strip("\"'") for part in header[1].split("."))
            if table == place:
                return number
        elif assigned := re.match(r"""\s*([\w."' -]+?)\s*=""", line):
            key = (*table, *(part.strip().strip("\"'") for part in assigned[1].split(".")))
            if key == place[: len(key)]:
                return number
    return None


def document(model: type, chosen: object = None) -> str:
    """Return a TOML text with every table of `model`, each setting below its help: commented out at its default.

    What `chosen`, a value of `model`, has otherwise is set.
    """
    lines: list[str] = []
    for name, kind in get_type_hints(model).items():
        lines += _table_lines(kind, (name,), getattr(chosen, name, None))
    return "\n".join(lines) + "\n"


def _table_lines(cls: type, place: tuple[str, ...], chosen: object) -> list[str]:
    hints = get_type_hints(cls)
    lines = ["", f"[{dotted(place)}]"]
    nested: list[str] = []
    for setting in dataclasses.fields(cls):
        kind, default = hints[setting.name], default_of(setting)
        value = getattr(chosen, setting.name, default)
        if is_settings(kind):
            nested += _table_lines(kind, (*place, setting.name), value)
            continue
        lines += help_lines(setting)
        lines.append(f"{setting.name} = {to_toml(value)}" if value != default else default_line(setting, kind))
    return lines + nested


def help_lines(setting: "dataclasses.Field[Any]") -> list[str]:
    """Return what a setting is for, as comments."""
    return [f"# {line}" for line in _wrapped(setting.metadata.get("help", ""))]


def default_line(setting: "dataclasses.Field[Any]", kind: Any) -> str:
    """Return the line that shows a setting at its default and sets nothing."""
    default = default_of(setting)
    if default is None:
        return f"# {setting.name} =   ({kind_name(kind)}; unset)"
    return f"# {setting.name} = {to_toml(default)}"


def default_of(setting: "dataclasses.Field[Any]") -> Any:
    """Return the default of a dataclass field."""
    if setting.default_factory is not dataclasses.MISSING:
        return setting.default_factory()
    return setting.default


def to_toml(value: object) -> str:
    """Return a plain value as TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # JSON's escapes are TOML's too, which has one character more to escape.
        return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(key)} = {to_toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, tuple | list | frozenset):
        return "[" + ", ".join(to_toml(item) for item in value) + "]"
    raise TypeError(f"{value!r} has no form in TOML")


def kind_name(kind: Any) -> str:
    """Return a type as a reader of TOML would call it."""
    plain = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
    if kind in plain:
        return plain[kind]
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return " or ".join(kind_name(one) for one in inner if one is not type(None))
    if origin is Literal:
        return "one of " + ", ".join(map(to_toml, inner))
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return "one of " + ", ".join(to_toml(str(member)) for member in kind)
    if origin is tuple:
        return f"a list of {kind_name(inner[0])}" if inner[-1] is Ellipsis else f"a list of {len(inner)} values"
    return "a table"


def show(value: object) -> str:
    """Return a value as it stood in the file, shortened."""
    text = to_toml(value) if isinstance(value, bool | int | float | str | list | dict) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def dotted(place: tuple[str, ...]) -> str:
    """Return a place in the file as one dotted name."""
    return ".".join(place)


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(" ".join(text.split()), HELP_WIDTH)
