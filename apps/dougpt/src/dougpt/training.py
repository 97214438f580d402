"""What surrounds a run: its preflight and the wish to go on from a killed one, its page, its tracker."""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dougpt_schema import SAMPLES, DougptError, Split, atomic_write, read_table

from dougpt.project import Project
from dougpt.workspace import read_json, to_json

if TYPE_CHECKING:
    from dougpt_train import Preflight

PAGE, TRACKED = "index.html", "mlflow.db"
PARTIAL, PREFLIGHT, RESUME = ".partial", ".preflight.json", ".resume.json"


class NoKilledRunError(DougptError):
    """There is no killed run of that name."""


def read_splits(project: Project, dataset: str) -> tuple[Any, Any, Any]:
    """Return the samples of training, validation and test."""
    folder = project.workspace.dataset(dataset)
    train, validation, test = (
        read_table(folder / f"{split}.parquet", SAMPLES) for split in (Split.TRAIN, Split.VALIDATION, Split.TEST)
    )
    return train, validation, test


def beside(run: Path, suffix: str) -> Path:
    """Return the file or folder of a run that lies beside its own."""
    return run.with_name(run.name + suffix)


def killed_run(run: Path) -> Path | None:
    """Return the folder of a killed run that `run` may go on from: its own, or the one that was asked for."""
    wish = resume_wish(run)
    folder = beside(run.with_name(wish["run"]) if "run" in wish else run, PARTIAL)
    return folder if folder.is_dir() else None


def resume_wish(run: Path) -> dict[str, Any]:
    """Return what `dougpt train --resume` was told, nothing without it."""
    path = beside(run, RESUME)
    return dict(read_json(path)) if path.is_file() else {}


def wish_to_resume(run: Path, killed: str | None, *, allow_drift: bool) -> None:
    """Write down that `run` goes on from the killed run whose name starts with `killed`, by default its own.

    Raises:
        NoKilledRunError: No killed run, or several, begin like that.
    """
    wish: dict[str, Any] = {"allow_drift": allow_drift}
    if killed is not None:
        names = sorted(path.name.removesuffix(PARTIAL) for path in run.parent.glob(f"{killed}*{PARTIAL}"))
        if len(names) != 1:
            raise NoKilledRunError(f"{run.parent}: {len(names) or 'no'} killed runs begin with {killed!r}")
        wish["run"] = names[0]
    atomic_write(beside(run, RESUME), to_json(wish))


def forget_wishes(runs: Path) -> None:
    """Forget what an earlier `dougpt train` was told of killed runs: it holds for one command."""
    for path in runs.glob(f"*{RESUME}"):
        path.unlink()


def write_page(run: Path) -> Path:
    """Draw the page of a finished run into its folder and return it.

    Raises:
        MissingExtraError: What draws is not installed.
    """
    from dougpt_train.page import draw_page  # noqa: PLC0415 (an extra)

    page = run / PAGE
    atomic_write(page, draw_page(run).encode())
    return page


def tell_tracker(project: Project, run: Path) -> str | None:
    """Tell MLflow of a finished run and return its id there; None where nobody is to be told.

    Raises:
        MissingExtraError: A store is named and MLflow is not installed.
    """
    tracking = project.settings.tracking
    if tracking.store == "none" or (tracking.store == "auto" and find_spec("mlflow") is None):
        return None
    from dougpt_train import track  # noqa: PLC0415 (an extra)

    own = f"sqlite:///{(project.workspace.root / TRACKED).absolute()}"
    return track(run, own if tracking.store == "auto" else tracking.store, experiment=tracking.experiment)


def stored_preflight(run: Path) -> "Preflight | None":
    """Return the preflight that was stored for a run; whether it still holds is for the training to say."""
    from dougpt_train import Preflight  # noqa: PLC0415 (loads PyTorch)

    path = beside(run, PREFLIGHT)
    return Preflight.from_dict(read_json(path)) if path.is_file() else None


def store_preflight(run: Path, found: "Preflight") -> None:
    """Keep a preflight for the training to reuse."""
    run.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(beside(run, PREFLIGHT), to_json(found.to_dict()))
