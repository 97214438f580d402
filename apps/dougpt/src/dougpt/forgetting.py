"""Taking a person out of a workspace: every table now, and by their pseudonym every run to come."""

import re
from collections import Counter
from typing import Any

from dougpt_chat import pseudonym
from dougpt_schema import DougptError

from dougpt.project import Project
from dougpt.removal import UnfinishedForgetError, begin, carry_out, commit, end, pending
from dougpt.terminal import note
from dougpt.traces import survey
from dougpt.workspace import Workspace

PSEUDONYM = re.compile(r"[0-9a-f]{16}")


class NotAPseudonymError(DougptError):
    """What was given as a pseudonym is none."""


def forget(project: Project, author: str, *, is_pseudonym: bool = False) -> dict[str, Any]:
    """Remove an author from every table and return how many rows went, and which runs were trained on them.

    What is to be done is written down before any of it is done. An earlier forgetting that was cut short is finished
    first; if it was the same person's, what it removed is told too.

    Raises:
        NotAPseudonymError: `is_pseudonym` is true of something else.
        UnfinishedForgetError: Another person's was cut short before it was known what there is to do.
    """
    target = _target(project, author, is_pseudonym=is_pseudonym)
    workspace = project.workspace
    begin(workspace, target, before := _finish(workspace, target))
    try:
        removal = survey(Project(workspace, unfinished=True), target, None if is_pseudonym else author, keep=True)
    except BaseException:
        end(workspace)  # nothing was done: it is told why, and no other command need wait for it
        raise
    removal.told = _joined(before, removal.told)
    commit(workspace, removal)
    carry_out(workspace, removal)
    end(workspace)
    return removal.told


def foretell(project: Project, author: str, *, is_pseudonym: bool = False) -> dict[str, Any]:
    """Return what `forget` would, and do nothing.

    Raises:
        NotAPseudonymError: `is_pseudonym` is true of something else.
    """
    target = _target(project, author, is_pseudonym=is_pseudonym)
    return survey(project, target, None if is_pseudonym else author, keep=False).told


def _target(project: Project, author: str, *, is_pseudonym: bool) -> str:
    if is_pseudonym and not PSEUDONYM.fullmatch(author):
        raise NotAPseudonymError(f"{author!r} is no pseudonym, which has 16 hex digits")
    return author if is_pseudonym else pseudonym(author, project.key)


def _finish(workspace: Workspace, target: str) -> dict[str, Any]:
    """Finish what was cut short; return what it told, where it was about the same person."""
    found = pending(workspace)
    if found is None:
        return {}
    if found.removal is not None:
        carry_out(workspace, found.removal)
        note(f"what was to be removed of {found.author}, whose `dougpt forget` was cut short, is removed now")
    elif found.author != target:
        raise UnfinishedForgetError(workspace, found)
    return found.told if found.author == target else {}


def _joined(before: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    """Return what two attempts did, as if one had done it."""
    if not before:
        return told
    removed = Counter(before["removed"]) + Counter(told["removed"])
    lists = {name: sorted({*before[name], *told[name]}) for name in ("datasets", "trained_on_them")}
    return {"author": told["author"], "removed": dict(removed), **lists}
