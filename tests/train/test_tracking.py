"""MLflow is told what run.json says, once; without MLflow nothing else is missing."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

import pytest
from dougpt_schema import MissingExtraError
from dougpt_train import TrainResult
from dougpt_train.errors import RunFolderError, TrackingError
from dougpt_train.record import METRICS, RUN
from dougpt_train.tracking import ARTIFACTS, PAGE, params_of, points_of, tags_of, track

STARTS_WITHIN_S = 180.0
GIVES_UP_WITHIN_S = 90.0
needs_mlflow = pytest.mark.skipif(find_spec("mlflow") is None, reason="MLflow is not installed (extra mlflow)")


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
    assert [step for name, _, step in points if name == "validation_loss"] == [0, 3, 6]


def test_the_loss_of_weights_that_patience_kept_is_told_by_their_step() -> None:
    measured = [{"step": 2, "loss": 4.25}, {"step": 4, "loss": 4.75}]
    metrics = {"base": [], "train": [], "validation": measured, "validation_loss_before": 4.5, "validation_loss": 4.25}

    points = list(points_of(metrics | {"steps": 4, "kept_step": 2}))

    assert [point[1:] for point in points if point[0] == "validation_loss"] == [(4.5, 0), (4.25, 2), (4.75, 4)]
    assert points[-1] == ("kept_validation_loss", 4.25, 2)


@pytest.mark.skipif(find_spec("mlflow") is not None, reason="MLflow is installed")
def test_without_mlflow_the_extra_is_named(result: TrainResult, tmp_path: Path) -> None:
    with pytest.raises(MissingExtraError) as caught:
        track(result.run_folder, f"sqlite:///{tmp_path}/mlflow.db")
    assert caught.value.extra == "dougpt-train[mlflow]"


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="no finished run"):
        track(tmp_path, f"sqlite:///{tmp_path}/mlflow.db")


@needs_mlflow
@pytest.mark.filterwarnings("ignore")  # MLflow's own
def test_a_run_is_logged_to_an_sqlite_file_once(result: TrainResult, tmp_path: Path) -> None:
    from mlflow import MlflowClient

    store = f"sqlite:///{tmp_path}/mlflow.db"

    first, again = track(result.run_folder, store), track(result.run_folder, store)

    assert first == again
    client = MlflowClient(tracking_uri=store)
    logged = client.get_run(first)
    assert logged.data.tags["run_id"] == result.run_id
    assert logged.data.params["rank"] == "16"
    assert logged.info.user_id == "unknown"
    assert [point.step for point in client.get_metric_history(first, "train_loss")] == [2, 4, 6]
    page = Path(client.download_artifacts(first, PAGE)).read_text(encoding="utf-8")
    assert result.run_id in page
    assert "<mark>" not in page
    assert (tmp_path / ARTIFACTS).is_dir()
    assert not (Path.cwd() / "mlruns").exists()


@needs_mlflow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("fails", ["log_batch", "log_text"])
def test_a_run_that_was_told_in_part_is_told_anew(
    fails: str, result: TrainResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow import MlflowClient

    def refuse(*_: object, **__: object) -> None:
        raise OSError("the server is gone")

    store = f"sqlite:///{tmp_path}/mlflow.db"
    with monkeypatch.context() as broken:
        broken.setattr(MlflowClient, fails, refuse)
        with pytest.raises(TrackingError, match="the server is gone"):
            track(result.run_folder, store)

    told = track(result.run_folder, store)

    client = MlflowClient(tracking_uri=store)
    place = client.get_experiment_by_name("dougpt").experiment_id
    assert [run.info.run_id for run in client.search_runs([place])] == [told]
    assert [point.step for point in client.get_metric_history(told, "train_loss")] == [2, 4, 6]
    assert [file.path for file in client.list_artifacts(told)] == [PAGE]
    assert client.get_run(told).info.status == "FINISHED"


@needs_mlflow
@pytest.mark.filterwarnings("ignore")
def test_a_server_that_is_away_is_said_in_a_line_and_soon(result: TrainResult) -> None:
    started = time.monotonic()

    with pytest.raises(
        TrackingError, match=r"run .+ is finished, and MLflow at http://127\.0\.0\.1:9 could not be told"
    ):
        track(result.run_folder, "http://127.0.0.1:9")
    assert time.monotonic() - started < GIVES_UP_WITHIN_S


@needs_mlflow
@pytest.mark.filterwarnings("ignore")
def test_a_run_is_logged_to_a_server(result: TrainResult, tmp_path: Path) -> None:
    from mlflow import MlflowClient

    with served(tmp_path) as url:
        logged = track(result.run_folder, url, experiment="elsewhere")

        client = MlflowClient(tracking_uri=url)
        assert client.get_run(logged).data.tags["run_id"] == result.run_id
        assert [file.path for file in client.list_artifacts(logged)] == [PAGE]


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Start MLflow's server on a free port of this machine."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{folder}/server.db", "--artifacts-destination", str(folder / "kept")]
    with subprocess.Popen(command, cwd=folder, start_new_session=True) as server:
        try:
            _wait_for(f"http://127.0.0.1:{port}/health", server)
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(server.pid, signal.SIGTERM)


def _wait_for(url: str, server: "subprocess.Popen[bytes]") -> None:
    ends = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < ends and server.poll() is None:
        with suppress(OSError), urllib.request.urlopen(url, timeout=5):  # noqa: S310 (our own loopback)
            return
        time.sleep(0.5)
    pytest.fail(f"MLflow's server did not start within {STARTS_WITHIN_S} s")


def test_a_base_in_a_folder_is_told_by_its_name_alone(result: TrainResult) -> None:
    record = json.loads((result.run_folder / RUN).read_text(encoding="utf-8"))
    record["inputs"]["settings"]["base"] = "/home/somebody/models/Qwen3-8B-Base"

    assert dict(params_of(record))["base"] == "Qwen3-8B-Base"


@pytest.mark.slow
def test_these_tests_pass_with_mlflow_installed() -> None:
    # MLflow brings 87 packages, so no other verb installs it and the tests above skip there.
    root = Path(__file__).parents[2]
    command = ["uv", "run", "--isolated", "--no-default-groups", "--package", "dougpt-train", "--group", "test"]
    command += ["--extra", "mlflow", "pytest", "-q", "-m", "not slow", str(Path(__file__).relative_to(root))]

    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "MLflow is not installed" not in done.stdout
