"""One run in several processes: the losses of one process with the same rows a step, and one record."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pytest
import torch
from accelerate.commands.config.config_args import load_config_from_file
from dougpt_train import Progress, TrainSettings, train
from dougpt_train import base as bases
from dougpt_train.base import Base, find_device, load_weights
from dougpt_train.checklist import check
from dougpt_train.errors import SeveralProcessesError
from dougpt_train.fitting import Learning
from dougpt_train.memory import needed, shape_of
from dougpt_train.order import training_order
from dougpt_train.prepare import prepare
from dougpt_train.progress import Teller
from dougpt_train.render import Encoded, Row
from dougpt_train.several import launch_command, read_job, run_ranks, write_job
from dougpt_train.trainer import last_checkpoint
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st
from safetensors.torch import load_file

TOKENS = st.lists(st.integers(0, 200_000), max_size=9)


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make PyTorch count two GPUs; nothing may be put on them."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "a GPU")
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: SimpleNamespace(total_memory=1 << 36))


@limits(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)
@given(rows=st.lists(st.tuples(TOKENS, TOKENS), max_size=5))
def test_ranks_read_the_tokens_that_were_checked(
    saved_base: object, base: Base, tmp_path: Path, rows: list[tuple[list[int], list[int]]]
) -> None:
    folder = saved_base() if not (tmp_path / "local").exists() else tmp_path / "local"  # type: ignore[operator]
    some = [Encoded(Row("s", "r", "burst", "u", "a"), prompt, ids) for prompt, ids in rows]

    write_job(tmp_path / "job", replace(base, folder=folder), Learning(some, some[:1], some[1:]))
    again, read = read_job(tmp_path / "job")

    assert again.stop_ids == base.stop_ids
    for one, other in ((read.training, some), (read.validation, some[:1]), (read.probes, some[1:])):
        assert [(row.ids, row.prompt_ids, row.labels) for row in one] == [
            (row.ids, row.prompt_ids, row.labels) for row in other
        ]


def test_rows_of_a_step_are_the_same_however_many_processes_share_it(
    samples: pa.Table, settings: TrainSettings
) -> None:
    rows = prepare(samples, settings).rows

    alone = training_order(rows, replace(settings, batch_rows=8))

    assert training_order(rows, replace(settings, batch_rows=2, accumulate=2, processes=2)) == alone


def test_several_gpus_share_the_weights_unless_told_otherwise(two_gpus: None, tmp_path: Path) -> None:
    settings = TrainSettings(processes=2)

    spread, whole = (launch_command(replace(settings, sharded=sharded), tmp_path) for sharded in (True, False))
    on_cpu = launch_command(replace(settings, device="cpu"), tmp_path)

    assert [Path(command[4]).name for command in (spread, whole, on_cpu)] == ["fsdp.yaml", "ddp.yaml", "ddp.yaml"]
    for command, kind in ((spread, "FSDP"), (whole, "MULTI_GPU")):
        assert load_config_from_file(command[4]).distributed_type == kind


def test_more_processes_than_gpus_are_refused(two_gpus: None) -> None:
    assert find_device(TrainSettings(processes=2)) == "cuda"
    with pytest.raises(SeveralProcessesError, match="processes is 3, and PyTorch finds 2 GPUs"):
        find_device(TrainSettings(processes=3))


def test_weights_on_a_gpu_have_the_type_that_their_training_needs(
    two_gpus: None, base: Base, settings: TrainSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("bitsandbytes", reason="bitsandbytes is not installed (extra qlora)")
    asked: list[dict[str, object]] = []
    monkeypatch.setattr(bases, "read_weights", lambda _base, **options: asked.append(options) or torch.nn.Module())
    qlora = replace(settings, method="qlora", processes=2)

    load_weights(base, qlora, "cuda", for_training=True)
    load_weights(base, qlora, "cuda")
    load_weights(base, replace(qlora, sharded=False), "cuda", for_training=True)
    for training in (True, False):
        load_weights(base, replace(settings, base="local", method="full"), "cuda", for_training=training)

    training, reloading, whole, *full = asked
    assert [options["dtype"] for options in full] == [torch.float32, torch.bfloat16]
    stored = [options["quantization_config"].bnb_4bit_quant_storage for options in asked[:3]]  # type: ignore[attr-defined]
    assert stored == [torch.bfloat16, torch.bfloat16, torch.uint8]
    assert training["dtype"] == torch.bfloat16
    assert "device_map" not in training
    assert reloading["device_map"] == "auto"
    assert whole["device_map"] == {"": 0}


def test_shared_weights_are_counted_by_part_and_checks_of_one_process_say_why_they_are_not_made(
    two_gpus: None, samples: pa.Table, settings: TrainSettings, base: Base, tmp_path: Path
) -> None:
    shape = shape_of(base.config, settings)
    one, two = (
        needed(shape, replace(settings, processes=count, method="lora"), rows=4, tokens=100, device="cuda")
        for count in (1, 2)
    )
    prepared = prepare(samples, replace(settings, device="cpu"))
    spread = replace(prepared, settings=replace(prepared.settings, device="auto", processes=2, canary=True))

    found = check(spread, {}, tmp_path, prepared.validation)

    assert two.base == one.base / 2
    assert two.trained == one.trained / 2
    assert two.gathered > one.gathered == 0
    assert "for each of 2 processes" in found.of("P10").found
    assert "spread over 2 GPUs" in found.of("P12").found


def test_a_checkpoint_without_the_random_state_of_every_process_was_cut_off(tmp_path: Path) -> None:
    for step, states in ((2, ("rng_state_0.pth", "rng_state_1.pth")), (4, ("rng_state_0.pth",))):
        folder = tmp_path / f"checkpoint-{step}"
        folder.mkdir()
        for name in ("trainer_state.json", *states):
            (folder / name).write_text("{}", encoding="utf-8")

    assert last_checkpoint(tmp_path, 2) == tmp_path / "checkpoint-2"
    assert last_checkpoint(tmp_path, 1) == tmp_path / "checkpoint-4"


def test_what_ranks_tell_is_handed_on_and_one_that_fails_ends_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    said = 'dougpt-train: {"done": 1, "total": 2, "loss": null, "memory_bytes": 7}'
    told: list[Progress] = []

    with pytest.raises(SeveralProcessesError, match="exit code 3"):
        run_ranks(
            [sys.executable, "-c", f"print({said!r}); print('by the way'); raise SystemExit(3)"],
            Teller(told.append, "adapter", 1.0),
        )

    assert [(one.done, one.total, one.memory_bytes) for one in told] == [(1, 2, 7)]
    assert "by the way" in capsys.readouterr().err


class Killed(Exception):  # noqa: N818 (it plays a signal)
    """Thrown where a signal would have ended the run."""


@pytest.mark.slow
def test_two_processes_learn_what_one_does_and_go_on_where_they_were_killed(
    samples: pa.Table, validation: pa.Table, settings: TrainSettings, tmp_path: Path
) -> None:
    def kill(progress: Progress) -> None:
        if (progress.stage, progress.done) == ("adapter", 5):
            raise Killed

    alone = replace(settings, batch_rows=8, log_steps=1, save_steps=2)
    shared = replace(alone, batch_rows=4, processes=2)

    one = train(samples, alone, tmp_path / "one", validation=validation)
    two = train(samples, shared, tmp_path / "two", validation=validation)
    with pytest.raises(Killed):
        train(samples, shared, tmp_path / "again", validation=validation, progress=kill)
    assert (tmp_path / "again.partial").is_dir()
    again = train(samples, shared, tmp_path / "again", validation=validation, resume=True)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["again", "one", "two"]
    assert {path.name for path in two.run_folder.iterdir()} == {path.name for path in one.run_folder.iterdir()}
    for name in ("loss", "grad_norm"):
        curves = [[point[name] for point in run.metrics["train"]] for run in (one, two)]
        assert curves[1] == pytest.approx(curves[0], abs=2e-3), name
    assert two.metrics["validation_loss"] == pytest.approx(one.metrics["validation_loss"], rel=1e-2)
    adapters = [load_file(run.run_folder / "adapter" / "adapter_model.safetensors") for run in (one, two)]
    assert all(torch.allclose(adapters[0][name], adapters[1][name], atol=1e-3) for name in adapters[0])
    record = json.loads((two.run_folder / "run.json").read_text(encoding="utf-8"))
    assert record["hardware"]["processes"] == record["inputs"]["settings"]["processes"] == 2
    assert again.weights_sha256 == two.weights_sha256
    assert again.metrics == two.metrics
