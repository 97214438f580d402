"""A run is whole or not there, says everything that went into it, and is the same again for the same seed."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from dougpt_schema import ContractError, file_sha256
from dougpt_train import Progress, TrainResult, TrainSettings, preflight, train
from dougpt_train.base import model_files
from dougpt_train.errors import BaseModelError, PreflightFailedError, RunFolderError, SeveralProcessesError


def test_the_same_run_gives_the_same_files_and_another_seed_does_not(
    result: TrainResult, samples: pa.Table, validation: pa.Table, settings: TrainSettings, tmp_path: Path
) -> None:
    again = train(samples, settings, tmp_path / "again", validation=validation, git_commit="abc")
    other = train(samples, replace(settings, seed=19), tmp_path / "other", validation=validation)

    names = sorted(path.relative_to(result.run_folder) for path in result.run_folder.rglob("*") if path.is_file())
    assert again.weights_sha256 == result.weights_sha256 != other.weights_sha256
    assert again.run_id == result.run_id != other.run_id
    for name in names:
        assert (again.run_folder / name).read_bytes() == (result.run_folder / name).read_bytes(), name


def test_the_folder_holds_what_it_should_and_no_path_of_this_machine(result: TrainResult) -> None:
    folder = result.run_folder
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}

    assert {"run.json", "settings.json", "preflight.json", "metrics.json", "base/model.safetensors"} <= names
    assert {name for name in names if name.startswith("adapter/")} == {
        "adapter/adapter_config.json",
        "adapter/adapter_model.safetensors",
    }
    texts = [path.read_text(encoding="utf-8") for path in folder.rglob("*.json")]
    assert not any(str(folder.parent) in text for text in texts)
    assert not list(folder.parent.glob("*.partial"))


def test_whoever_may_read_a_run_may_read_its_weights(result: TrainResult) -> None:
    modes = {path.suffix: path.stat().st_mode for path in result.run_folder.rglob("*") if path.is_file()}

    assert ".safetensors" in modes
    assert len(set(modes.values())) == 1


def test_run_json_binds_inputs_and_results(result: TrainResult) -> None:
    record = json.loads((result.run_folder / "run.json").read_text(encoding="utf-8"))

    assert record["run_id"] == result.run_id == result.preflight.fingerprint
    assert record["git_commit"] == "abc"
    named = {"samples", "validation", "test", "rows", "settings", "base", "tokenizer", "template", "versions", "code"}
    assert named <= record["inputs"].keys()
    assert record["hardware"]["device"] == "cpu"
    adapter = file_sha256(result.run_folder / "adapter" / "adapter_model.safetensors")
    assert record["results"]["adapter"] == {"adapter_model.safetensors": adapter}
    assert record["results"]["base"] == model_files(result.run_folder / "base")
    assert record["results"]["reload"]["difference"] <= 1e-3
    assert record["results"]["reload"]["adapter_effect"] > 0


def test_the_loss_curve_is_kept(result: TrainResult, settings: TrainSettings) -> None:
    assert result.metrics["steps"] == settings.max_steps
    assert [point["step"] for point in result.metrics["train"]] == [2, 4, 6]
    assert [point["step"] for point in result.metrics["validation"]] == [3, 6]
    assert result.metrics["validation_loss"] != result.metrics["validation_loss_before"]


def test_a_killed_run_leaves_nothing_that_the_next_one_trips_over(
    samples: pa.Table, validation: pa.Table, settings: TrainSettings, result: TrainResult, tmp_path: Path
) -> None:
    killed = tmp_path / "run.partial"
    (killed / "adapter").mkdir(parents=True)
    (killed / "adapter" / "adapter_model.safetensors").write_bytes(b"half")
    (killed / "stale.txt").write_text("stale")

    again = train(samples, settings, tmp_path / "run", validation=validation)

    assert again.weights_sha256 == result.weights_sha256
    assert not killed.exists()
    assert not (again.run_folder / "stale.txt").exists()


def test_an_interrupted_run_never_takes_the_name_of_a_finished_one(
    samples: pa.Table, settings: TrainSettings, tmp_path: Path
) -> None:
    def interrupt(progress: Progress) -> None:
        if progress.stage == "adapter":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(samples, settings, tmp_path / "run", progress=interrupt)

    assert not (tmp_path / "run").exists()
    assert train(samples, settings, tmp_path / "run").run_folder.is_dir()


def test_a_finished_run_is_never_written_over(result: TrainResult, samples: pa.Table, settings: TrainSettings) -> None:
    with pytest.raises(RunFolderError, match="exists"):
        train(samples, settings, result.run_folder)


def test_several_processes_never_write_one_run(
    samples: pa.Table, settings: TrainSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")

    with pytest.raises(SeveralProcessesError, match="`processes` in"):
        train(samples, settings, tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_a_failed_preflight_leaves_nothing(samples: pa.Table, settings: TrainSettings, tmp_path: Path) -> None:
    with pytest.raises(PreflightFailedError, match="P1 splits: 1 recordings") as failed:
        train(samples, settings, tmp_path / "run", validation=_as_validation(samples.slice(0, 1)))

    assert not failed.value.preflight.passed
    assert list(tmp_path.iterdir()) == []


def test_what_was_found_is_told_before_the_first_step(
    samples: pa.Table, settings: TrainSettings, tmp_path: Path
) -> None:
    told: list[str] = []

    run = train(
        samples,
        replace(settings, patience=3),
        tmp_path / "run",
        checked=lambda found: told.extend(check.code for check in found.checks if check.status == "warning"),
        progress=lambda progress: told.append(progress.stage),
    )

    assert told.index("P8") < told.index("adapter")
    assert run.preflight.of("P8").status == "warning"


def test_a_preflight_is_reused_for_exactly_its_run_and_made_anew_for_another(
    samples: pa.Table, settings: TrainSettings, tmp_path: Path
) -> None:
    ready = preflight(samples, settings)
    doomed = replace(ready, checks=(replace(ready.checks[0], status="failed"), *ready.checks[1:]))
    elsewhere = replace(doomed, machine="another")

    with pytest.raises(PreflightFailedError):
        train(samples, settings, tmp_path / "run", preflight=doomed)
    other = train(samples, replace(settings, tiny_steps=2, max_steps=1), tmp_path / "run", preflight=doomed)
    moved = train(samples, replace(settings, tiny_steps=2, max_steps=1), tmp_path / "moved", preflight=elsewhere)

    assert other.preflight.passed
    assert moved.preflight.passed


def test_progress_tells_of_every_step(samples: pa.Table, settings: TrainSettings, tmp_path: Path) -> None:
    told: list[Progress] = []

    train(samples, replace(settings, tiny_steps=3, max_steps=2), tmp_path / "run", progress=told.append)

    assert all(one.memory_bytes for one in told)
    assert told[1].tokens_per_s
    assert told[1].seconds_left
    assert told[2].seconds_left == 0
    assert [(one.stage, one.done, one.total) for one in told] == [
        ("base", 1, 3),
        ("base", 2, 3),
        ("base", 3, 3),
        ("adapter", 1, 2),
        ("adapter", 2, 2),
    ]


def test_patience_keeps_the_best_weights(
    samples: pa.Table, validation: pa.Table, settings: TrainSettings, tmp_path: Path
) -> None:
    # A rate this high ruins the adapter, so that an early measurement stays the best.
    wild = replace(settings, learning_rate=0.1, warmup_share=0.0, max_steps=20, eval_steps=1, patience=2)

    found = train(samples, wild, tmp_path / "run", validation=validation)

    losses = [point["loss"] for point in found.metrics["validation"]]
    assert found.metrics["steps"] < wild.max_steps
    assert found.metrics["validation_loss"] == pytest.approx(min(losses), abs=1e-4)
    assert found.metrics["kept_step"] == found.metrics["validation"][losses.index(min(losses))]["step"]


def test_a_local_model_can_be_trained_in_full(
    samples: pa.Table, settings: TrainSettings, result: TrainResult, tmp_path: Path
) -> None:
    full = replace(settings, base=str(result.run_folder / "base"), method="full", learning_rate=1e-4, max_steps=2)

    found = train(samples, full, tmp_path / "run")

    assert (found.run_folder / "model" / "model.safetensors").is_file()
    assert not (found.run_folder / "adapter").exists()


def test_a_base_that_is_not_there_is_named(samples: pa.Table, settings: TrainSettings, tmp_path: Path) -> None:
    with pytest.raises(BaseModelError, match=r"nowhere.*config\.json"):
        train(samples, replace(settings, base=str(tmp_path / "nowhere")), tmp_path / "run")


def cut_off(folder: Path) -> None:
    weights = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(weights[: len(weights) // 2])


def pickled(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(b"anything")


def without_tokenizer(folder: Path) -> None:
    for path in folder.glob("*token*"):
        path.unlink()


def in_part(folder: Path) -> None:
    index = {"weight_map": {"a": "model.safetensors", "b": "model-2.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")


type Fault = tuple[Callable[[Path], None], str]


@pytest.mark.parametrize(
    "fault",
    [
        (cut_off, r"model\.safetensors is cut off or damaged: fetch it again"),
        (pickled, r"pytorch_model\.bin is a pickle, which may run code and is never read"),
        (without_tokenizer, "its tokenizer is not there or cannot be read"),
        (in_part, r"1 of 2 files of weights are missing, first model-2\.safetensors"),
    ],
)
def test_a_base_that_is_not_whole_is_refused_before_anything_is_rendered(
    result: TrainResult, samples: pa.Table, settings: TrainSettings, tmp_path: Path, fault: Fault
) -> None:
    folder = Path(shutil.copytree(result.run_folder / "base", tmp_path / "base"))
    damage, said = fault
    damage(folder)

    with pytest.raises(BaseModelError, match=said):
        preflight(samples, replace(settings, base=str(folder)))


def test_weights_of_another_shape_are_told_in_a_line(
    result: TrainResult, samples: pa.Table, settings: TrainSettings, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(result.run_folder / "base", tmp_path / "base"))
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps(config | {"hidden_size": 128}), encoding="utf-8")

    with pytest.raises(BaseModelError, match="its weights cannot be loaded"):
        train(samples, replace(settings, base=str(folder)), tmp_path / "run")


def test_a_table_that_is_no_samples_is_refused(settings: TrainSettings, tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="samples"):
        train(pa.table({"a": [1]}), settings, tmp_path / "run")


def _as_validation(table: pa.Table) -> pa.Table:
    at = table.schema.get_field_index("split")
    return table.set_column(at, table.schema.field("split"), pa.array(["validation"] * table.num_rows))
