"""Each of fifteen planted faults is caught by its own check, and sound set-ups raise no alarm."""

from pathlib import Path

import planted
import pyarrow as pa
import pytest
from dougpt_train import TrainResult, TrainSettings

FOUND = {
    "P1": "1 recordings are trained on and held out, at moments too near, first ",
    "P2": "only Latin is spoken here",
    "P3": "teach no stop",
    "P4": "do not start with the prompt",
    "P5": "prompts begin twice",
    "P6": "prompts stay over 5 tokens: the template itself is longer",
    "P7": "tokens were added",
    "P8": "0 tokens, 0% of them learnt",
    "P9": "quantised (bitsandbytes): they cannot be trained in full",
    "P10": "0.5 GB are there",
    "P11": "rows see one another; train without packing",
    "P12": "and 0 stop",
    "P13": "a killed run was made from something else: ",
    "P14": "trl 0.9.6 is too old",
    "P15": "do not compute what was trained",
}


@pytest.fixture
def world(
    samples: pa.Table, validation: pa.Table, settings: TrainSettings, result: TrainResult, tmp_path: Path
) -> planted.World:
    return planted.World(samples, validation, settings, tmp_path, result.run_folder / "base")


@pytest.mark.parametrize("code", planted.FAULTS)
def test_a_planted_fault_is_caught_by_its_check_which_says_what_it_found(world: planted.World, code: str) -> None:
    assert FOUND[code] in planted.FAULTS[code](world)[code]


@pytest.mark.parametrize("name", planted.SOUND)
def test_a_sound_set_up_raises_no_alarm(world: planted.World, name: str) -> None:
    assert planted.SOUND[name](world) == {}
