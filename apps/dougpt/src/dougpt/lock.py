"""One writer a workspace, and no orphans: locks that the kernel drops when their holder dies, however it dies.

`lock` is held by the one command that changes the workspace. `jobs` is held, shared, by everything that a pipeline
started. Where `lock` is free and `jobs` is not, a pipeline was killed and its jobs live on: they are ended first.
"""

import fcntl
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dougpt_schema import ArtifactError, DougptError

from dougpt.workspace import Workspace

ORPHAN_WAIT_S = 20.0


class BusyError(DougptError):
    """Another command is changing the workspace."""


@contextmanager
def writing(workspace: Workspace) -> Iterator[int]:
    """Hold the workspace for this command, ending what a killed pipeline left running.

    Yields:
        The descriptor of the `jobs` lock, for children to inherit.

    Raises:
        BusyError: Another command holds the workspace.
    """
    own, jobs = _open(workspace.lock_file), _open(workspace.jobs_lock_file)
    try:
        if not _try(own, fcntl.LOCK_EX):
            raise _busy(workspace, own)
        _rewrite(own, str(os.getpid()))
        if not _try(jobs, fcntl.LOCK_EX):
            _end_orphans(workspace, jobs)
        _rewrite(jobs, "")
        fcntl.flock(jobs, fcntl.LOCK_SH)
        yield jobs
    finally:
        os.close(own)
        os.close(jobs)


def refuse_if_held(workspace: Workspace) -> None:
    """Raise BusyError where another command is changing the workspace."""
    own = _open(workspace.lock_file)
    try:
        if not _try(own, fcntl.LOCK_SH) and _text(own) != str(os.getpid()):
            raise _busy(workspace, own)
    finally:
        os.close(own)


@contextmanager
def job(workspace: Workspace) -> Iterator[None]:
    """Be seen as a job of a running pipeline."""
    jobs = _open(workspace.jobs_lock_file)
    try:
        fcntl.flock(jobs, fcntl.LOCK_SH)
        yield
    finally:
        os.close(jobs)


@contextmanager
def seated(workspace: Workspace, rater: str) -> Iterator[None]:
    """Hold the seat of a rater, who answers in one place at a time.

    Raises:
        BusyError: Another `dougpt review` runs under this name.
    """
    seat = _open(workspace.seat_file(rater))
    try:
        if not _try(seat, fcntl.LOCK_EX):
            raise BusyError(
                f"{workspace.root}: {rater} is answering already (process {_text(seat) or 'unknown'}): use that page, "
                "in several windows if you like, or give another name with --rater"
            )
        _rewrite(seat, str(os.getpid()))
        yield
    finally:
        os.close(seat)


def record_group(jobs: int, group: int) -> None:
    """Write down the process group to end, should this process be killed."""
    _rewrite(jobs, str(group))


def _busy(workspace: Workspace, own: int) -> BusyError:
    return BusyError(f"{workspace.root}: another dougpt is at work here (process {_text(own) or 'unknown'})")


def _end_orphans(workspace: Workspace, jobs: int) -> None:
    group = _text(jobs)
    if group.isdecimal():
        with suppress(ProcessLookupError):  # the last one may have ended by itself just now
            os.killpg(int(group), signal.SIGKILL)
    until = time.monotonic() + ORPHAN_WAIT_S
    while not _try(jobs, fcntl.LOCK_EX):
        if time.monotonic() > until:
            raise BusyError(f"{workspace.root}: jobs of a killed pipeline are still running (process group {group})")
        time.sleep(0.05)


def _open(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise ArtifactError(f"{path}: cannot be opened: {error.strerror}") from error


def _try(descriptor: int, how: int) -> bool:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _text(descriptor: int) -> str:
    return os.pread(descriptor, 64, 0).decode(errors="replace").strip()


def _rewrite(descriptor: int, text: str) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text.encode(), 0)
