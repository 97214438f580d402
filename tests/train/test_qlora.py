"""4-bit base weights: the same run with the same record, on a CPU too, or the extra is named."""

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pyarrow as pa
import pytest
from dougpt_schema import MissingExtraError
from dougpt_train import TrainResult, TrainSettings, load, merge, train


@pytest.fixture
def quantised(result: TrainResult, settings: TrainSettings) -> TrainSettings:
    return replace(settings, base=str(result.run_folder / "base"), method="qlora", max_steps=4)


@pytest.mark.skipif(find_spec("bitsandbytes") is not None, reason="bitsandbytes is installed")
def test_without_bitsandbytes_the_extra_is_named(samples: pa.Table, quantised: TrainSettings, tmp_path: Path) -> None:
    with pytest.raises(MissingExtraError, match="qlora"):
        train(samples, quantised, tmp_path / "run")


@pytest.mark.skipif(find_spec("bitsandbytes") is None, reason="bitsandbytes is not installed (extra qlora)")
@pytest.mark.filterwarnings("ignore")  # bitsandbytes' own
def test_an_adapter_on_4_bit_weights_is_trained_loaded_and_merged_on_16_bit_ones(
    samples: pa.Table, validation: pa.Table, quantised: TrainSettings, tmp_path: Path
) -> None:
    one = train(samples, quantised, tmp_path / "one", validation=validation)
    other = train(samples, quantised, tmp_path / "other", validation=validation)

    assert one.weights_sha256 == other.weights_sha256
    assert all(score < 0 for scores in load(one.run_folder).logprobs(validation) for score in scores)
    assert merge(one.run_folder, tmp_path / "merged", precision="float32")["merged"] <= 1e-3
