"""Samples to an adapter, in a folder named by its recipe."""

import shutil
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from dougpt_schema import DougptError, MissingExtraError
from dougpt_schema.page.words import plural
from dougpt_train.unsloth import start_backend

from dougpt.execute import Task
from dougpt.terminal import lasting, note, told_while_loading
from dougpt.training import (
    PREFLIGHT,
    RESUME,
    beside,
    killed_run,
    read_splits,
    resume_wish,
    stored_preflight,
    tell_tracker,
    write_page,
)

if TYPE_CHECKING:
    from dougpt_train import Preflight, Progress

TOLD_S = 10.0
GB, MB = 1e9, 1e6


class PreflightRefusedError(DougptError):
    """A preflight check failed, so nothing was trained."""

    exit_code = 3


def run(task: Task) -> str:
    """Train and write runs/<run>/; a run that was finished and not yet marked is only marked."""
    if not (task.folder / "run.json").exists():
        _train(task)
    _show(task)
    task.write_json("stage.json", dataset=task.subject)
    for suffix in (PREFLIGHT, RESUME):
        beside(task.folder, suffix).unlink(missing_ok=True)
    return f"run {task.folder.name}"


def git_commit() -> str | None:
    """Return the commit of the code that runs, where it runs from a checkout."""
    git = shutil.which("git")
    if git is None:
        return None
    here = [git, "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
    asked = subprocess.run(here, capture_output=True, text=True, check=False)
    return asked.stdout.strip() or None


def _train(task: Task) -> None:
    settings = task.project.settings.train
    with told_while_loading():
        start_backend(settings)
        from dougpt_train import PreflightFailedError, train  # noqa: PLC0415 (behind what patches PyTorch)

    samples, validation, test = read_splits(task.project, task.subject)
    task.folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        result = train(
            samples,
            settings,
            task.folder,
            validation=validation if validation.num_rows else None,
            test=test,
            preflight=stored_preflight(task.folder),
            checked=tell_warnings,
            progress=Teller(),
            git_commit=git_commit(),
            resume=killed_run(task.folder) or False,
            allow_drift=bool(resume_wish(task.folder).get("allow_drift")),
        )
    except PreflightFailedError as error:
        failed = [check for check in error.preflight.checks if check.status == "failed"]
        raise PreflightRefusedError(
            f"preflight: {failed[0].name}: {failed[0].found} ({plural(len(failed), 'check')} failed)"
        ) from error
    if "kept_step" in result.metrics:
        kept, steps = result.metrics["kept_step"], result.metrics["steps"]
        note(f"train: held-out loss was least at step {kept} of {steps}; its weights are kept")


def tell_warnings(found: "Preflight") -> None:
    """Say what the preflight warns of; a run starts in spite of it."""
    for check in found.checks:
        if check.status == "warning":
            note(f"train: preflight warns: {check.name}: {check.found}")


def _show(task: Task) -> None:
    """Draw the run's page and tell the tracker; the run is finished whether or not these are there."""
    try:
        write_page(task.folder)
    except MissingExtraError as error:
        note(f"train: no page: {error}")
    if tracked := tell_tracker(task.project, task.folder):
        note(f"train: MLflow knows it as {tracked}")


class Teller:
    """Tells of a training every few seconds, and of the last step of each part."""

    def __init__(self) -> None:
        self._told = float("-inf")

    def __call__(self, progress: "Progress") -> None:
        """Print a line where it is time for one."""
        now = time.monotonic()
        if progress.done < progress.total and now - self._told < TOLD_S:
            return
        self._told = now
        note(told(progress))


def told(progress: "Progress") -> str:
    """Return a line about how far a training is."""
    line = f"train {progress.stage}: step {progress.done} of {progress.total}"
    if progress.loss is not None:
        line += f", loss {progress.loss:.3f}"
    if progress.tokens_per_s is not None:
        line += f", {progress.tokens_per_s:,.0f} tokens/s"
    if progress.memory_bytes is not None:
        held = progress.memory_bytes
        line += f", {held / GB:.1f} GB" if held >= GB else f", {held / MB:.0f} MB"
    if progress.seconds_left:
        line += f", {lasting(progress.seconds_left)} left"
    return line
