"""Taking things out of a workspace so that being killed half-way loses nothing: all of it is written down first.

What is to take the place of files is written, numbered, below `secret/forgetting/`; then a journal beside that folder,
`secret/forgetting.json`, says which files those are, which are to go and which events of the person went. From then on
nothing is looked up any more: carrying out is copying and removing, and doing it again gives the same. The journal goes
last. It holds a pseudonym, paths and ids, and nobody's name.
"""

import shutil
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote, unquote

from dougpt_schema import LABELS, DougptError, atomic_write, read_provenance, read_table, write_table
from dougpt_schema.artifact import sync_folder
from dougpt_schema.journal import SUFFIX, rewrite_journal
from pyarrow import compute as pc

from dougpt.advice import advice
from dougpt.labels import label_files
from dougpt.lock import refuse_if_held
from dougpt.workspace import Workspace, WorkspaceError, read_members, to_json

REMEDY = "delete it, and run `dougpt forget` again for everybody who asked for it"


class UnfinishedForgetError(DougptError):
    """A `dougpt forget` was cut short, and what it would take out is there in part."""

    def __init__(self, workspace: Workspace, pending: "Pending") -> None:
        again = advice(workspace.root, "forget", "--pseudonym", pending.author)
        how = (
            f"was cut short half-way; finish it with: {again}"
            if pending.removal is not None
            else f"was cut short before it removed anything; run it again as before, or: {again}"
        )
        super().__init__(f"{workspace.root}: a `dougpt forget` {how}")


@dataclass(slots=True)
class Removal:
    """What a forgetting does.

    Attributes:
        author: The person's pseudonym.
        events: The ids of their messages, by recording.
        replaced: Files that others take the place of, in order.
        removed: Files and folders that go.
        told: What the command says when all is done.
    """

    author: str
    events: dict[str, list[str]] = field(default_factory=dict)
    replaced: list[Path] = field(default_factory=list)
    removed: list[Path] = field(default_factory=list)
    told: dict[str, Any] = field(default_factory=dict)

    @property
    def gone(self) -> set[str]:
        """The ids of all messages that go."""
        return {event for events in self.events.values() for event in events}


@dataclass(frozen=True, slots=True)
class Pending:
    """A forgetting that was begun and is not done.

    Attributes:
        author: The person's pseudonym.
        told: What was done already and is to be told at the end.
        removal: What is left to do; None where that was not yet known.
    """

    author: str
    told: dict[str, Any]
    removal: Removal | None


class Draft:
    """A removal that is being put together; nothing of the workspace is changed by it.

    Without `keep` it only counts: the files that would take the place of others are not written.
    """

    def __init__(self, workspace: Workspace, author: str, *, keep: bool) -> None:
        self.removal = Removal(author)
        self._folder = workspace.forgetting if keep else None

    def replace(self, path: Path, write: Callable[[Path], None]) -> None:
        """Let what `write` writes take the place of a file."""
        if self._folder is not None:
            write(self._folder / str(len(self.removal.replaced)))
        self.removal.replaced.append(path)

    def remove(self, *paths: Path) -> None:
        """Let files and folders go, those that are there."""
        self.removal.removed += [path for path in paths if path.exists() or path.is_symlink()]


def begin(workspace: Workspace, author: str, told: dict[str, Any]) -> None:
    """Write down that somebody is to be forgotten, and clear away what an attempt before put there."""
    atomic_write(workspace.forgetting_file, to_json({"author": author, "told": told}))
    _take(workspace.forgetting)


def commit(workspace: Workspace, removal: Removal) -> None:
    """Write down what is to be done: from here on it is done, by this process or the next."""
    atomic_write(
        workspace.forgetting_file,
        to_json(
            {
                "author": removal.author,
                "events": removal.events,
                "replaced": [_relative(path, workspace) for path in removal.replaced],
                "removed": [_relative(path, workspace) for path in removal.removed],
                "told": removal.told,
            }
        ),
    )


def carry_out(workspace: Workspace, removal: Removal) -> None:
    """Do what the journal says, from wherever an earlier attempt stopped."""
    for number, path in enumerate(removal.replaced):
        ready = workspace.forgetting / str(number)
        if ready.exists():
            _put(ready, path)
    for path in removal.removed:
        _take(path)
    for path in label_files(workspace):
        _forget_labels(path, removal.gone)
    for path in workspace.hidden_partial_files():  # a killed stage may have written their messages there
        _take(path)


def end(workspace: Workspace) -> None:
    """Remove what the journal speaks of, and at last the journal."""
    _take(workspace.forgetting)
    _take(workspace.forgetting_file)


def pending(workspace: Workspace) -> Pending | None:
    """Return the forgetting that was begun and is not done, if there is one.

    Raises:
        WorkspaceError: Its journal is damaged, or leads out of the workspace.
    """
    path = workspace.forgetting_file
    if not path.exists():
        return None
    found = read_members(path, REMEDY, author=str, told=dict)
    if "events" not in found:
        return Pending(found["author"], found["told"], None)
    found = read_members(path, REMEDY, author=str, events=dict, replaced=list, removed=list, told=dict)
    lists = [*found["events"].values(), found["replaced"], found["removed"]]
    if not all(isinstance(one, list) and all(isinstance(text, str) for text in one) for one in lists):
        raise WorkspaceError(f"{path}: damaged, a list of it holds no texts; {REMEDY}")
    replaced, removed = ([_inside(name, workspace) for name in found[one]] for one in ("replaced", "removed"))
    removal = Removal(found["author"], found["events"], replaced, removed, found["told"])
    return Pending(removal.author, removal.told, removal)


def refuse_unfinished(workspace: Workspace) -> None:
    """Raise where a forgetting was cut short, or is at work just now.

    Raises:
        UnfinishedForgetError: It was cut short.
        BusyError: It is at work.
    """
    if (found := pending(workspace)) is not None:
        refuse_if_held(workspace)
        raise UnfinishedForgetError(workspace, found)


def _put(ready: Path, path: Path) -> None:
    """Copy and not rename: `secret/` may lie on another disk."""
    with ready.open("rb") as source:
        atomic_write(path, lambda file: shutil.copyfileobj(source, file))
    _take(ready)


def _take(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif path.exists() or path.is_symlink():
        path.unlink()
    else:
        return
    sync_folder(path.parent)


def _forget_labels(path: Path, gone: Collection[str]) -> None:
    """Filtered here and not beforehand: somebody may be answering meanwhile."""
    if path.suffix == SUFFIX:
        rewrite_journal(path, LABELS, lambda row: row["event_id"] not in gone)
        return
    table = read_table(path, LABELS)
    kept = table.filter(pc.invert(pc.is_in(table["event_id"], pc.cast(sorted(gone), "string"))))
    if kept.num_rows < table.num_rows:
        write_table(kept, path, LABELS, read_provenance(path))


def _relative(path: Path, workspace: Workspace) -> str:
    return quote(path.relative_to(workspace.root).as_posix(), errors="surrogateescape")


def _inside(name: str, workspace: Workspace) -> Path:
    found = PurePosixPath(unquote(name, errors="surrogateescape"))
    if found.is_absolute() or ".." in found.parts or not found.parts:
        raise WorkspaceError(f"{workspace.forgetting_file}: damaged, {name!r} is no file of it; {REMEDY}")
    return workspace.root / found
