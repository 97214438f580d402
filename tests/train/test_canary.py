"""Rows learnt by heart come back exactly where everything is right, and do not where the stop is not learnt."""

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from dougpt_train import PreflightFailedError, TrainResult, TrainSettings, train
from dougpt_train.checks import canary
from dougpt_train.checks.canary import check_canary
from dougpt_train.prepare import prepare


@pytest.fixture
def full(settings: TrainSettings, result: TrainResult) -> TrainSettings:
    """All weights: an adapter on a base that has hardly been trained learns nothing by heart."""
    return replace(settings, base=str(result.run_folder / "base"), method="full", learning_rate=3e-4, log_steps=10)


@pytest.fixture(autouse=True)
def fewer_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tiny base, with all its weights free, needs no more."""
    monkeypatch.setattr(canary, "STEPS", 110)


def test_a_stop_that_is_not_learnt_shows_while_the_loss_looks_healthy(
    samples: pa.Table, full: TrainSettings, tmp_path: Path
) -> None:
    prepared = prepare(samples, full)
    without_stop = [replace(row, ids=row.ids[:-1]) for row in prepared.rows]

    found = check_canary(prepared.base, full, without_stop, tmp_path / "canary")

    assert found.status == "failed"
    assert found.facts["stopped"] == 0
    assert float(str(found.facts["loss"])) < 0.5


def test_a_run_with_a_failed_canary_leaves_nothing(
    samples: pa.Table, settings: TrainSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(canary, "STEPS", 1)

    with pytest.raises(PreflightFailedError, match="P12 canary: after 1 steps"):
        train(samples, replace(settings, canary=True), tmp_path / "run")
    assert list(tmp_path.iterdir()) == []
