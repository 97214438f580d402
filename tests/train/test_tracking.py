"""MLflow is told what run.json says, once; without MLflow nothing else is missing."""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest
from dougpt_schema import MissingExtraError
from dougpt_train import TrainResult
from dougpt_train.record import METRICS, RUN
from dougpt_train.tracking import params_of, points_of, tags_of, track


def test_every_setting_hash_and_point_is_told(result: TrainResult) -> None:
    record = json.loads((result.run_folder / RUN).read_text(encoding="utf-8"))
    metrics = json.loads((result.run_folder / METRICS).read_text(encoding="utf-8"))

    assert dict(params_of(record)).keys() == record["inputs"]["settings"].keys()
    tags = dict(tags_of(record))
    assert tags["run_id"] == result.run_id
    assert tags["sha256.adapter_model.safetensors"] == result.weights_sha256
    points = list(points_of(metrics))
    assert [point for point in points if point[0] == "train_loss"] == [
        ("train_loss", point["loss"], point["step"]) for point in metrics["train"]
    ]
    assert {name for name, _, _ in points} == {"base_loss", "train_loss", "train_grad_norm", "validation_loss"}


@pytest.mark.skipif(find_spec("mlflow") is not None, reason="MLflow is installed")
def test_without_mlflow_the_extra_is_named(result: TrainResult, tmp_path: Path) -> None:
    with pytest.raises(MissingExtraError, match=r"dougpt-train\[mlflow\]"):
        track(result.run_folder, f"sqlite:///{tmp_path}/mlflow.db")


@pytest.mark.skipif(find_spec("mlflow") is None, reason="MLflow is not installed (extra mlflow)")
@pytest.mark.filterwarnings("ignore")  # MLflow's own
def test_a_run_is_logged_to_an_sqlite_file_once(result: TrainResult, tmp_path: Path) -> None:
    from mlflow import MlflowClient

    store = f"sqlite:///{tmp_path}/mlflow.db"

    first, again = track(result.run_folder, store), track(result.run_folder, store)

    assert first == again
    logged = MlflowClient(tracking_uri=store).get_run(first)
    assert logged.data.tags["run_id"] == result.run_id
    assert logged.data.params["rank"] == "16"
    assert len(MlflowClient(tracking_uri=store).get_metric_history(first, "train_loss")) == 3
    assert not (Path.cwd() / "mlruns").exists()
