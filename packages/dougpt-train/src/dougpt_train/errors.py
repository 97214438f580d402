"""What can go wrong in a run, named for the situation."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dougpt_schema import DougptError

if TYPE_CHECKING:
    from dougpt_train.checklist import Preflight


class BaseModelError(DougptError):
    """The base model is not there, or not complete.

    Attributes:
        base: The base as the settings name it.
    """

    def __init__(self, base: str, problem: str) -> None:
        self.base = base
        super().__init__(f"base model {base}: {problem}")


class NoGpuError(DougptError):
    """A GPU is asked for, and none is found."""


class GpuFullError(DougptError):
    """What was asked for does not fit into the memory of the GPU."""


class RenderError(DougptError):
    """The chat template refuses the conversations that would be trained on."""


class PreflightFailedError(DougptError):
    """A check before the first step failed, so nothing was trained.

    Attributes:
        preflight: All checks with what they found.
    """

    def __init__(self, preflight: "Preflight") -> None:
        self.preflight = preflight
        failed = [f"{check.code} {check.name}: {check.found}" for check in preflight.checks if check.status == "failed"]
        super().__init__(f"preflight failed: {'; '.join(failed)}")


class RunFolderError(DougptError):
    """A run's folder is not what it should be.

    Attributes:
        folder: The folder.
    """

    def __init__(self, folder: Path, problem: str) -> None:
        self.folder = folder
        super().__init__(f"run {folder}: {problem}")


class ResumeRefusedError(DougptError):
    """A killed run was made from something else than what is at hand now.

    Attributes:
        changed: What differs, as name: [before, now].
    """

    def __init__(self, folder: Path, changed: Mapping[str, Any]) -> None:
        self.changed = changed
        what = "; ".join(f"{name} was {before}, is {now}" for name, (before, now) in changed.items())
        super().__init__(f"run {folder.name} cannot go on: {what}; allow the drift, or train anew")


class DiskFullError(DougptError):
    """A run could not be written for want of room.

    Attributes:
        folder: The folder of the run that was not finished.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(
            f"run {folder.name}: the disk is full; make room, and the same command goes on from the last checkpoint "
            "(save_steps), or from the beginning where there is none"
        )


class SeveralProcessesError(DougptError):
    """A run in several processes was started in another way than by itself, lacks GPUs, or lost a process."""


class TrackingError(DougptError):
    """MLflow could not be told of a finished run.

    Attributes:
        store: Where it was to be told.
    """

    def __init__(self, folder: Path, store: str, problem: Exception) -> None:
        self.store = re.sub(r"//[^/@]*@", "//", store)  # a password may stand there
        super().__init__(
            f"run {folder.name} is finished, and MLflow at {self.store} could not be told of it: "
            f"{str(problem).partition(chr(10))[0]}; the same command tells it once more, without training anew"
        )


class NotReproducedError(DougptError):
    """What was saved, or merged, does not compute what was trained.

    Attributes:
        difference: The largest difference between two logits.
    """

    def __init__(self, problem: str, difference: float) -> None:
        self.difference = difference
        super().__init__(problem)
