"""A disk that fills up while a run is written is said in one line, and what was saved before stays for the next try."""

import errno
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import torch
from dougpt_train import TrainResult, TrainSettings, sft, train
from dougpt_train.errors import DiskFullError
from dougpt_train.full_disk import full_disk_told
from safetensors import SafetensorError

FULL = Path("/dev/full")


def a_checkpoint() -> None:
    """PyTorch's writer says nothing of a disk."""
    torch.save({"weight": torch.zeros(1000)}, FULL)


def a_text() -> None:
    FULL.write_text("a model card" * 1000, encoding="utf-8")


def weights() -> None:
    """As safetensors says it; on the device that is always full it would replace the device by a file."""
    raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")


@pytest.mark.skipif(not FULL.is_char_device(), reason="no device that is always full")
@pytest.mark.parametrize("write", [a_checkpoint, a_text, weights])
def test_each_writer_is_understood(write: Callable[[], None]) -> None:
    said = r"run 1a2b\.partial: the disk is full; make room, and the same command"
    with pytest.raises(DiskFullError, match=said), full_disk_told(Path("runs/1a2b.partial")):
        write()


@pytest.mark.parametrize(
    "other",
    [
        OSError(errno.EACCES, "no"),
        RuntimeError("shapes differ"),
        RuntimeError("[enforce fail at inline_container.cc:659] . PytorchStreamReader failed: no central directory"),
        SafetensorError("header"),
    ],
)
def test_other_errors_stay_what_they_are(other: Exception) -> None:
    with pytest.raises(type(other)) as caught, full_disk_told(Path("run")):
        raise other
    assert caught.value is other


def test_a_run_on_a_full_disk_keeps_what_it_has(
    samples: pa.Table, settings: TrainSettings, result: TrainResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(sft, "fit", fill)
    local = replace(settings, base=str(result.run_folder / "base"))

    with pytest.raises(DiskFullError):
        train(samples, local, tmp_path / "run")

    assert (tmp_path / "run.partial" / "inputs.json").is_file()
    assert not (tmp_path / "run").exists()
