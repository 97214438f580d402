"""A run whose canary fails leaves nothing; that it fails where the stop is not learnt is among the planted faults."""

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from dougpt_train import PreflightFailedError, TrainSettings, train
from dougpt_train.checks import canary


def test_a_run_with_a_failed_canary_leaves_nothing(
    samples: pa.Table, settings: TrainSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(canary, "STEPS", 1)

    with pytest.raises(PreflightFailedError, match="P12 canary: after 1 steps"):
        train(samples, replace(settings, canary=True), tmp_path / "run")
    assert list(tmp_path.iterdir()) == []
