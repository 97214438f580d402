"""A preset names a base and fits its tier; nothing is fetched unasked; the memory formula counts what is there."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import torch
from dougpt_train import TrainResult, TrainSettings, base_folder, preflight, require_base
from dougpt_train.base import Base, open_folder, revision_of
from dougpt_train.base_folder import find_folder
from dougpt_train.checks import memory
from dougpt_train.checks.memory import check_memory, check_steps
from dougpt_train.errors import BaseModelError, NoGpuError
from dougpt_train.memory import needed, shape_of
from dougpt_train.prepare import prepare
from dougpt_train.preset_needs import MEASURED_GB, computed, table
from dougpt_train.presets import PRESETS, preset_for
from dougpt_train.unsloth import UnslothError, start_backend
from transformers import AutoConfig, AutoModelForCausalLM

GB = 1e9


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_fits_the_memory_it_is_made_for(name: str) -> None:
    found = computed(PRESETS[name])

    assert 0.2 < found.need.total / GB / PRESETS[name].memory_gb < 0.95


def test_the_guide_shows_what_is_computed() -> None:
    page = Path(__file__).parents[2] / "docs" / "guide" / "hardware.md"

    assert "\n".join(table()) in page.read_text(encoding="utf-8")


def test_layers_that_are_alike_are_counted_from_two(settings: TrainSettings) -> None:
    preset = PRESETS["cpu"]
    kind, sizes = preset.architecture
    config = AutoConfig.for_model(kind, **sizes)

    assert computed(preset).weights == shape_of(config, settings).weights


def test_a_preset_fills_in_what_was_left_alone_and_nothing_else() -> None:
    found = TrainSettings(preset="12gb", rank=5, base="here").resolved("cuda")

    assert (found.base, found.rank, found.method) == ("here", 5, "qlora")
    assert found.batch_rows == PRESETS["12gb"].settings["batch_rows"]
    assert TrainSettings(preset="12gb").resolved("cuda").base == "Qwen/Qwen3-8B-Base"
    assert found.resolved("cuda") == found


@pytest.mark.parametrize(
    ("given", "device", "method"),
    [("tiny", "cuda", "lora"), ("local", "cuda", "qlora"), ("local", "cpu", "lora"), ("tiny", "cpu", "lora")],
)
def test_4_bit_weights_are_the_default_on_a_gpu(given: str, device: str, method: str) -> None:
    assert TrainSettings(base=given).resolved(device).method == method


def test_the_largest_preset_that_fits_is_suggested() -> None:
    assert [preset_for(gb).name for gb in (4, 8, 15.9, 24, 79, 141)] == ["cpu", "8gb", "12gb", "24gb", "48gb", "80gb"]


def test_a_machine_without_a_gpu_is_advised_of_no_preset_for_one(samples: pa.Table, settings: TrainSettings) -> None:
    found = check_memory(prepare(samples, replace(settings, batch_rows=10**7)))

    assert found.status == "failed"
    assert found.found.endswith("or preset 'cpu'")


def test_a_model_that_is_only_named_is_not_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}
    honest = base_folder.snapshot_download

    def spy(name: str, **given: Any) -> str:
        asked.update(given)
        return str(honest(name, cache_dir=tmp_path, **given))

    monkeypatch.setattr(base_folder, "snapshot_download", spy)

    with pytest.raises(BaseModelError, match=r"hf download Qwen/Qwen3-4B-Base`, or set download = true"):
        find_folder("Qwen/Qwen3-4B-Base")
    assert asked["local_files_only"] is True


def test_a_model_in_the_cache_is_found_offline_with_its_revision(
    result: TrainResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    revision = "0123456789abcdef0123456789abcdef01234567"
    repository = tmp_path / "models--somebody--small"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text(revision, encoding="utf-8")
    (repository / "snapshots").mkdir()
    (repository / "snapshots" / revision).symlink_to(result.run_folder / "base")
    honest = base_folder.snapshot_download
    monkeypatch.setattr(
        base_folder, "snapshot_download", lambda name, **given: honest(name, cache_dir=tmp_path, **given)
    )

    folder = find_folder("somebody/small")

    assert revision_of(open_folder("somebody/small", folder)) == revision
    assert revision_of(open_folder("local", result.run_folder / "base")) is None


def test_a_base_is_known_to_be_missing_without_being_loaded(tmp_path: Path) -> None:
    gone = tmp_path / "gone"

    require_base(TrainSettings())
    require_base(TrainSettings(base="somebody/small", download=True))
    for missing in (TrainSettings(base=str(gone)), TrainSettings(base=str(gone), download=True)):
        with pytest.raises(BaseModelError, match=f"base model {gone}: no such folder with a config.json"):
            require_base(missing)


def test_weights_are_counted_as_they_are(base: Base, settings: TrainSettings) -> None:
    shape = shape_of(base.config, settings)
    model = AutoModelForCausalLM.from_config(base.config)

    assert shape.weights == sum(weight.numel() for weight in model.parameters())
    assert shape.layers == settings.tiny_layers


def test_more_needs_more(base: Base, settings: TrainSettings) -> None:
    shape = shape_of(base.config, settings)

    def total(rows: int = 2, tokens: int = 64, **changes: Any) -> float:
        given = replace(settings, base="local", **{"method": "lora"} | changes)
        return needed(shape, given, rows=rows, tokens=tokens, device="cuda").total

    assert total(rows=4) > total() < total(tokens=128)
    assert total(rows=4) < total(tokens=128)  # a longer mask
    assert total(method="qlora") < total(method="lora") < total(method="full")
    assert total(gradient_checkpointing=True) < total()


@pytest.mark.parametrize("name", MEASURED_GB)
def test_the_formula_says_what_a_gpu_took(name: str) -> None:
    assert computed(PRESETS[name]).need.total / GB == pytest.approx(MEASURED_GB[name], rel=0.07)


def test_two_steps_are_measured_where_memory_can_be_read(
    samples: pa.Table, settings: TrainSettings, result: TrainResult, tmp_path: Path
) -> None:
    prepared = prepare(samples, replace(settings, base=str(result.run_folder / "base")))

    def measured(peak: float) -> Any:
        place = tmp_path / str(peak)
        return check_steps(prepared.base, prepared, place, estimate=2e9, device="cpu", meter=lambda: (peak, 8e9))

    assert measured(3e9).status == "passed"
    assert "two steps on the longest batch took 3.0 of 8.0 GB; the formula said 2.0" in measured(3e9).found
    assert measured(7.9e9).status == "warning"


def test_two_steps_that_do_not_fit_fail_the_check(
    samples: pa.Table, settings: TrainSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(memory, "make_trainer", full)
    prepared = prepare(samples, settings)

    found = check_steps(prepared.base, prepared, tmp_path, estimate=2e9, device="cpu", meter=lambda: (0, 8e9))

    assert found.status == "failed"
    assert "the formula said 2.0: take fewer batch_rows" in found.found


def test_a_gpu_that_is_not_there_is_named(samples: pa.Table, settings: TrainSettings) -> None:
    with pytest.raises(NoGpuError, match="PyTorch finds no GPU here: take 'cpu', or 'auto'"):
        preflight(samples, replace(settings, device="cuda"))


def test_unsloth_that_is_not_there_is_named() -> None:
    with pytest.raises(UnslothError, match="Unsloth is not installed"):
        start_backend(TrainSettings(base="local", backend="unsloth"))
    with pytest.raises(ValueError, match="needs a base model of its own"):
        TrainSettings(backend="unsloth")
