"""Each of fifteen planted faults is caught by its own check, and sound set-ups raise no alarm."""

from pathlib import Path

import planted
import pyarrow as pa
import pytest
from dougpt_train import TrainResult, TrainSettings


@pytest.fixture
def world(
    samples: pa.Table, validation: pa.Table, settings: TrainSettings, result: TrainResult, tmp_path: Path
) -> planted.World:
    return planted.World(samples, validation, settings, tmp_path, result.run_folder / "base")


@pytest.mark.parametrize("code", planted.FAULTS)
def test_a_planted_fault_is_caught_by_its_check(world: planted.World, code: str) -> None:
    assert code in planted.FAULTS[code](world)


@pytest.mark.parametrize("name", planted.SOUND)
def test_a_sound_set_up_raises_no_alarm(world: planted.World, name: str) -> None:
    assert planted.SOUND[name](world) == set()
