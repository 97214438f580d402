"""Recipes as hashes: equal exactly where content, settings, key and code are equal.

Nothing that differs between machines may enter: a path, a time or an object without a canonical form is refused.
"""

import hashlib
import importlib.util
import json
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

CODE_SUFFIXES = frozenset({".py", ".html", ".css", ".js", ".smk", ".toml", ".jinja"})
CODE_NAMES = frozenset({"Snakefile"})


def fingerprint(*parts: object) -> str:
    """Return 64 hex digits over the canonical form of `parts`.

    Text, numbers, booleans, None, bytes, enum members, lists, tuples, sets, mappings with text keys and
    dataclasses have one.

    Raises:
        TypeError: A part has no canonical form (a path, a date, any other object).
        ValueError: A number is NaN or infinite.
    """
    text = json.dumps([_canonical(part) for part in parts], sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def settings_fingerprint(settings: object) -> str:
    """Return the fingerprint of a settings dataclass, its type's name included."""
    return fingerprint(type(settings).__name__, settings)


@cache
def code_fingerprint(*packages: str) -> str:
    """Return a hash of the source files of installed packages, found without importing them.

    An editable install keeps a stale version number; the code itself tells the truth.

    Raises:
        ModuleNotFoundError: A package is not installed.
    """
    digest = hashlib.sha256()
    for package in sorted(packages):
        for name, content in _sources(package):
            digest.update(f"{package}/{name}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()


def library_versions(*distributions: str) -> dict[str, str]:
    """Return the installed version of each distribution, "absent" where there is none."""
    found = {}
    for name in sorted(distributions):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return found


def _sources(package: str) -> list[tuple[str, bytes]]:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"no package {package} is installed", name=package)
    root = Path(spec.submodule_search_locations[0])
    files = [path for path in root.rglob("*") if path.suffix in CODE_SUFFIXES or path.name in CODE_NAMES]
    return sorted((path.relative_to(root).as_posix(), path.read_bytes()) for path in files)


def _canonical(part: object) -> Any:  # noqa: PLR0911 (one return a kind of value)
    match part:
        case Enum():
            return _canonical(part.value)
        case None | bool() | int() | float() | str():
            return part
        case bytes():
            return {"bytes": part.hex()}
        case Mapping():
            if wrong := [key for key in part if not isinstance(key, str)]:
                raise TypeError(f"a mapping with the key {wrong[0]!r} has no canonical form: keys must be text")
            return {str(key): _canonical(value) for key, value in part.items()}
        case list() | tuple():
            return [_canonical(value) for value in part]
        case AbstractSet():
            return {"set": sorted(json.dumps(_canonical(value), sort_keys=True) for value in part)}
    if is_dataclass(part) and not isinstance(part, type):
        return {field.name: _canonical(getattr(part, field.name)) for field in fields(part)}
    raise TypeError(f"{type(part).__name__} has no canonical form")
