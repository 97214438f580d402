"""A run that was killed goes on to the same bytes, or is refused where something else goes in."""

import json
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pytest
import torch
from dougpt_schema import SAMPLES, write_table
from dougpt_train import Progress, TrainResult, TrainSettings, train
from dougpt_train.errors import ResumeRefusedError
from dougpt_train.record import WEIGHTS
from dougpt_train.trainer import Watcher
from safetensors.torch import load_file


class Killed(Exception):  # noqa: N818 (it plays a signal)
    """Thrown where a signal would have ended the run."""


def kill_at(stage: str, step: int) -> object:
    def tell(progress: Progress) -> None:
        if (progress.stage, progress.done) == (stage, step):
            raise Killed

    return tell


@pytest.fixture(scope="module")
def saving(settings: TrainSettings) -> TrainSettings:
    return replace(settings, save_steps=2, max_steps=7, dropout=0.1, accumulate=2)


@pytest.fixture(scope="module")
def undisturbed(
    samples: pa.Table, validation: pa.Table, saving: TrainSettings, tmp_path_factory: pytest.TempPathFactory
) -> TrainResult:
    return train(samples, saving, tmp_path_factory.mktemp("undisturbed") / "run", validation=validation)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("place", [("base", 3), ("adapter", 1), ("adapter", 5)])
def test_a_killed_run_goes_on_to_the_same_files(
    splits: tuple[pa.Table, pa.Table],
    saving: TrainSettings,
    undisturbed: TrainResult,
    tmp_path: Path,
    place: tuple[str, int],
) -> None:
    samples, validation = splits
    with pytest.raises(Killed):
        train(samples, saving, tmp_path / "run", validation=validation, progress=kill_at(*place))
    done: list[Progress] = []

    again = train(samples, saving, tmp_path / "run", validation=validation, resume=True, progress=done.append)

    assert files(again.run_folder) == files(undisturbed.run_folder)
    first = min(one.done for one in done if one.stage == "adapter")
    assert first == (5 if place == ("adapter", 5) else 1)
    assert any(one.stage == "base" for one in done) == (place[0] == "base")


def test_a_checkpoint_that_was_cut_off_is_passed_over(
    samples: pa.Table, validation: pa.Table, saving: TrainSettings, undisturbed: TrainResult, tmp_path: Path
) -> None:
    with pytest.raises(Killed):
        train(samples, saving, tmp_path / "run", validation=validation, progress=kill_at("adapter", 5))
    (tmp_path / "run.partial" / "trainer" / "checkpoint-4" / "trainer_state.json").write_text("{", encoding="utf-8")

    again = train(samples, saving, tmp_path / "run", validation=validation, resume=True)

    assert again.weights_sha256 == undisturbed.weights_sha256


def test_patience_survives_a_kill(
    samples: pa.Table, validation: pa.Table, saving: TrainSettings, tmp_path: Path
) -> None:
    wild = replace(
        saving, learning_rate=0.1, warmup_share=0.0, max_steps=4, eval_steps=1, save_steps=1, patience=1, accumulate=1
    )
    whole = train(samples, wild, tmp_path / "whole", validation=validation)
    with pytest.raises(Killed):
        train(samples, wild, tmp_path / "run", validation=validation, progress=kill_at("adapter", 2))

    again = train(samples, wild, tmp_path / "run", validation=validation, resume=True)

    assert whole.metrics["steps"] < 4, whole.metrics["validation"]
    assert files(again.run_folder) == files(whole.run_folder)


def test_a_run_that_goes_on_otherwise_keeps_no_weights_of_what_was_killed(tmp_path: Path) -> None:
    history: list[dict[str, float]] = []

    def reach(watcher: Watcher, step: int, loss: float, weight: float) -> None:
        network.weight.data.fill_(weight)
        history.append({"step": step, "eval_loss": loss})
        state = SimpleNamespace(log_history=history)
        watcher.on_evaluate(SimpleNamespace(save_strategy="steps"), state, SimpleNamespace(), network)

    network = torch.nn.Linear(1, 1, bias=False)
    killed, again = (Watcher(lambda *_: None, 5, tmp_path) for _ in range(2))
    reach(killed, 1, loss=2.0, weight=1.0)
    killed.on_save(None, SimpleNamespace(log_history=history), None)
    reach(killed, 2, loss=1.0, weight=2.0)
    history.pop()
    reach(again, 2, loss=3.0, weight=3.0)

    assert again.restore_best(network, history) == 1
    assert network.weight.item() == 1.0


def test_changed_data_settings_or_versions_are_refused_with_the_difference(
    samples: pa.Table, saving: TrainSettings, tmp_path: Path
) -> None:
    with pytest.raises(Killed):
        train(samples, saving, tmp_path / "run", progress=kill_at("adapter", 3))

    with pytest.raises(ResumeRefusedError, match=r"settings\.learning_rate was 0\.001, is 0\.01"):
        train(samples, replace(saving, learning_rate=0.01), tmp_path / "run", resume=True)
    with pytest.raises(ResumeRefusedError, match=r"settings\.processes was 1, is 2"):
        train(samples, replace(saving, processes=2), tmp_path / "run", resume=True)
    with pytest.raises(ResumeRefusedError, match="samples was"):
        train(samples.slice(1), saving, tmp_path / "run", resume=True)


def test_drift_that_is_allowed_is_recorded_and_trained_with(
    samples: pa.Table, saving: TrainSettings, tmp_path: Path
) -> None:
    with pytest.raises(Killed):
        train(samples, saving, tmp_path / "run", progress=kill_at("adapter", 3))
    before = load_file(tmp_path / "run.partial" / "trainer" / "checkpoint-2" / WEIGHTS)

    longer = replace(saving, max_steps=9, learning_rate=1e-9)
    found = train(samples, longer, tmp_path / "run", resume=True, allow_drift=True)

    record = json.loads((found.run_folder / "run.json").read_text(encoding="utf-8"))
    assert record["drift"] == {"settings.max_steps": [7, 9], "settings.learning_rate": [0.001, 1e-9]}
    assert found.metrics["steps"] == 9
    after = load_file(found.run_folder / "adapter" / WEIGHTS)
    assert all(torch.allclose(after[name], weights, atol=1e-7) for name, weights in before.items())


def test_without_being_told_to_resume_a_run_starts_anew(
    samples: pa.Table, validation: pa.Table, saving: TrainSettings, undisturbed: TrainResult, tmp_path: Path
) -> None:
    with pytest.raises(Killed):
        train(samples, replace(saving, seed=3), tmp_path / "run", progress=kill_at("adapter", 3))

    again = train(samples, saving, tmp_path / "run", validation=validation)

    assert files(again.run_folder) == files(undisturbed.run_folder)


KILLED_HARD = """
import os, signal, sys
from pathlib import Path
from dougpt_schema import SAMPLES, read_table
from dougpt_train import TrainSettings, train
import torch
torch.set_num_threads(1)
def tell(progress):
    if (progress.stage, progress.done) == ("adapter", 5):
        os.kill(os.getpid(), signal.SIGKILL)
train(
    read_table("train.parquet", SAMPLES), TrainSettings(**{settings!r}), "run",
    validation=read_table("validation.parquet", SAMPLES), progress=tell,
)
"""


@pytest.mark.slow
def test_kill_9_and_resume_give_the_bytes_of_an_undisturbed_run(
    samples: pa.Table, validation: pa.Table, saving: TrainSettings, undisturbed: TrainResult, tmp_path: Path
) -> None:
    write_table(samples, tmp_path / "train.parquet", SAMPLES)
    write_table(validation, tmp_path / "validation.parquet", SAMPLES)
    code = KILLED_HARD.replace("{settings!r}", repr(asdict(saving)))
    dead = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert dead.returncode == -9, dead.stderr

    again = train(samples, saving, tmp_path / "run", validation=validation, resume=True)

    assert files(again.run_folder) == files(undisturbed.run_folder)
