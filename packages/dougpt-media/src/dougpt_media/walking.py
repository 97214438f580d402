"""Every file below the paths that were given, once each; what cannot be looked at is named, never passed over."""

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dougpt_schema import DougptError


class UnusableFileError(DougptError):
    """A file that was named cannot be used.

    Attributes:
        name: The file's name.
        cause: What is wrong with it.
    """

    def __init__(self, name: str, cause: str) -> None:
        self.name = name
        self.cause = cause
        super().__init__(f"{name}: {cause}")


@dataclass(frozen=True, slots=True)
class Found:
    """A file: its path, what to call it, whether it was named itself, and its size and time of change.

    `cause` says why it cannot be read, and is empty where it can.
    """

    path: Path
    name: str
    is_named: bool
    size: int = 0
    mtime_ns: int = 0
    cause: str = ""


def walk(paths: Iterable[Path | str]) -> Iterator[Found]:
    """Yield the files named and those in the folders named, in the order of their names; hidden ones are left out.

    Links are followed, each file and folder is visited once.

    Raises:
        UnusableFileError: A path does not exist, or is neither file nor folder.
    """
    seen: set[object] = set()
    for given in map(Path, paths):
        try:
            facts = given.stat()
        except FileNotFoundError as error:
            raise UnusableFileError(printable(str(given)), "no such file or folder") from error
        except OSError as error:
            raise UnusableFileError(printable(str(given)), f"cannot be read ({error.strerror or error})") from error
        if stat.S_ISDIR(facts.st_mode):
            if _is_new(given, facts, seen):
                yield from _below(given, given, seen)
            continue
        found = _file(given, given.name, facts, is_named=True)
        if found.cause:
            raise UnusableFileError(found.name, found.cause)
        if _is_new(given, facts, seen):
            yield found


def printable(name: str) -> str:
    """Return a name that any table can hold: bytes in it that are no UTF-8 are written as escapes."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _below(folder: Path, given: Path, seen: set[object]) -> Iterator[Found]:
    try:
        inside = sorted(folder.iterdir())
    except OSError as error:
        name = printable(folder.relative_to(given).as_posix() if folder != given else folder.name or str(folder))
        yield Found(folder, name, False, cause=f"the folder cannot be read ({error.strerror or error})")
        return
    for path in inside:
        if path.name.startswith("."):
            continue
        name = path.relative_to(given).as_posix()
        try:
            facts = path.stat()
        except OSError as error:
            what = "a link that leads nowhere" if path.is_symlink() else "cannot be read"
            yield Found(path, printable(name), False, cause=f"{what} ({error.strerror or error})")
            continue
        if not _is_new(path, facts, seen):
            continue
        if stat.S_ISDIR(facts.st_mode):
            yield from _below(path, given, seen)
        else:
            yield _file(path, name, facts, is_named=False)


def _is_new(path: Path, facts: os.stat_result, seen: set[object]) -> bool:
    """Return whether a folder or file is met for the first time, by whichever link; hard links are other files."""
    mark = (facts.st_dev, facts.st_ino) if stat.S_ISDIR(facts.st_mode) else path.resolve()
    if mark in seen:
        return False
    seen.add(mark)
    return True


def _file(path: Path, name: str, facts: os.stat_result, *, is_named: bool) -> Found:
    cause = ""
    if not stat.S_ISREG(facts.st_mode):
        cause = "is no regular file"
    elif printable(str(path.absolute())) != str(path.absolute()):
        cause = "its name or its folder's is no valid UTF-8: rename it"
    return Found(path, printable(name), is_named, facts.st_size, facts.st_mtime_ns, cause)
