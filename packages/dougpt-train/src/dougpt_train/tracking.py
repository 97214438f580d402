"""A finished run told to MLflow: parameters, curves, hashes, its page. Training itself never needs a tracker.

The default store is one SQLite file; any MLflow server works by its URL. `run.json` stays the truth. The page that is
told quotes no samples: what is forgotten here would be kept there.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from dougpt_schema import MissingExtraError

from dougpt_train.curve import held_out_losses
from dougpt_train.errors import TrackingError
from dougpt_train.page import draw_page
from dougpt_train.record import METRICS, read_record, without_places

EXPERIMENT = "dougpt"
SQLITE = "sqlite:///"
ARTIFACTS, PAGE = "mlartifacts", "run.html"
MOST_VALUE = 500
BATCH = 1000
RETRIES, FEW = "MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3"
"""MLflow's own seven wait in silence for four minutes for a server that is away; the run can be told later."""
TOLD = "FINISHED"
"""What MLflow calls a run of which everything was told."""


def track(run_folder: Path | str, store: str, *, experiment: str = EXPERIMENT) -> str:
    """Log a finished run and return MLflow's id of it; a run that is there already is not logged twice.

    What an earlier call left there half told, since the server went away, is deleted and told anew.

    Args:
        run_folder: What `train` wrote.
        store: An MLflow tracking URI, such as `sqlite:///mlflow.db` or `http://127.0.0.1:5000`.
        experiment: The experiment's name.

    Raises:
        MissingExtraError: MLflow is not installed, or what draws a run's page is not.
        RunFolderError: The run is not complete.
        TrackingError: The store cannot be reached or refuses; the run itself is whole.
    """
    folder = Path(run_folder)
    record, points = read_record(folder), list(points_of(read_record(folder, METRICS)))
    try:
        from mlflow import MlflowClient  # noqa: PLC0415 (an extra)
        from mlflow.exceptions import MlflowException  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise MissingExtraError("dougpt-train[mlflow]", "tracking with MLflow") from error
    os.environ.setdefault(RETRIES, FEW)
    try:
        client = MlflowClient(tracking_uri=store)
        known = client.get_experiment_by_name(experiment)
        place = known.experiment_id if known else client.create_experiment(experiment, artifacts_of(store))
        return _told(client, place, folder, record, points)
    except (MlflowException, OSError) as error:
        raise TrackingError(folder, store, error) from error


def _told(
    client: Any, place: str, folder: Path, record: dict[str, Any], points: Sequence[tuple[str, float, int]]
) -> str:
    from mlflow.entities import Metric, Param  # noqa: PLC0415 (an extra)

    for known in client.search_runs([place], f"tags.run_id = '{record['run_id']}'"):
        if known.info.status == TOLD:
            return str(known.info.run_id)
        client.delete_run(known.info.run_id)
    # Tagged from its beginning, so that what is left of it is known where the store goes away.
    run_id = client.create_run(place, tags=dict(tags_of(record)), run_name=folder.name).info.run_id
    params = [Param(name, value) for name, value in params_of(record)]
    client.log_batch(run_id, params=params)
    measured = [Metric(name, value, 0, step) for name, value, step in points]
    for start in range(0, len(measured), BATCH):
        client.log_batch(run_id, metrics=measured[start : start + BATCH])
    client.log_text(run_id, draw_page(folder, quoting=False), PAGE)
    client.set_terminated(run_id)
    return str(run_id)


def artifacts_of(store: str) -> str | None:
    """Return where files of runs go: beside an SQLite file, where MLflow itself takes the current folder; else None."""
    if not store.startswith(SQLITE):
        return None
    return (Path(store.removeprefix(SQLITE)).absolute().parent / ARTIFACTS).as_uri()


def params_of(record: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the settings as MLflow takes them."""
    for name, value in sorted(without_places(record["inputs"]["settings"]).items()):
        yield name, str(value)[:MOST_VALUE]


def tags_of(record: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what identifies the run: its id, the hashes of what went in and came out, versions, git commit."""
    yield "run_id", record["run_id"]
    yield "git_commit", str(record["git_commit"])
    for name in ("samples", "validation", "rows", "tokenizer", "code"):
        yield name, record["inputs"][name]
    for name, version in sorted(record["inputs"]["versions"].items()):
        yield f"version.{name}", version
    for kind in ("adapter", "model"):
        for name, sha256 in sorted(record["results"].get(kind, {}).items()):
            yield f"sha256.{name}", sha256


def points_of(metrics: dict[str, Any]) -> Iterator[tuple[str, float, int]]:
    """Yield the curves as (name, value, step)."""
    for step, loss in enumerate(metrics["base"], start=1):
        yield "base_loss", loss, step
    for split, points in (("train", metrics["train"]), ("validation", held_out_losses(metrics))):
        for point in points:
            yield from (
                (f"{split}_{name}", value, int(point["step"])) for name, value in point.items() if name != "step"
            )
    if "kept_step" in metrics:
        yield "kept_validation_loss", metrics["validation_loss"], metrics["kept_step"]
