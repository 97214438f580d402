"""Samples to an adapter, in a folder named by its recipe."""

import shutil
import subprocess
from pathlib import Path

from dougpt_schema import SAMPLES, DougptError, Split, read_table
from dougpt_train import Progress, preflight, train

from dougpt.execute import Task
from dougpt.terminal import note

TOLD_STEPS = 50


class PreflightRefusedError(DougptError):
    """A preflight check failed, so nothing was trained."""

    exit_code = 3


def run(task: Task) -> str:
    """Train and write runs/<run>/; a run that was finished and not yet marked is only marked."""
    settings = task.project.settings.train
    dataset = task.project.workspace.dataset(task.subject)
    if not (task.folder / "run.json").exists():
        samples, validation, test = (
            read_table(dataset / f"{split}.parquet", SAMPLES) for split in (Split.TRAIN, Split.VALIDATION, Split.TEST)
        )
        task.folder.parent.mkdir(parents=True, exist_ok=True)
        checks = preflight(samples, settings, validation=validation, test=test, folder=task.folder.parent)
        if not checks.passed:
            failed = [check for check in checks.checks if check.status == "failed"]
            raise PreflightRefusedError(f"preflight: {failed[0].name}: {failed[0].found} ({len(failed)} checks failed)")
        train(
            samples,
            settings,
            task.folder,
            validation=validation if validation.num_rows else None,
            preflight=checks,
            progress=_tell,
            git_commit=git_commit(),
        )
    task.write_json("stage.json", dataset=task.subject)
    return f"run {task.folder.name}"


def git_commit() -> str | None:
    """Return the commit of the code that runs, where it runs from a checkout."""
    git = shutil.which("git")
    if git is None:
        return None
    here = [git, "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
    asked = subprocess.run(here, capture_output=True, text=True, check=False)
    return asked.stdout.strip() or None


def _tell(progress: Progress) -> None:
    if progress.done % TOLD_STEPS == 0 or progress.done == progress.total:
        loss = "" if progress.loss is None else f", loss {progress.loss:.3f}"
        note(f"train {progress.stage}: step {progress.done} of {progress.total}{loss}")
