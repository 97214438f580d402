"""A GPU's memory is read, freed between two models, and its lack told in one line; here by a stand-in for one."""

import gc
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import torch
from dougpt_train import TrainResult, TrainSettings, sft, train
from dougpt_train.checks.check import Check
from dougpt_train.errors import GpuFullError
from dougpt_train.gpu_memory import full_gpu_told, peak_bytes
from transformers import PreTrainedModel


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> None:
    """A GPU of 8 GB, of which 3 are free; PyTorch reserves 4, and had reserved 4.5."""
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (3 * 10**9, 8 * 10**9))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda: 4 * 10**9)
    monkeypatch.setattr(torch.cuda, "max_memory_reserved", lambda: 45 * 10**8)


def test_the_peak_counts_what_lies_beside_pytorchs_own(card: None) -> None:
    assert peak_bytes() == 5.5e9


def test_a_full_gpu_is_told_with_what_makes_the_work_smaller(card: None) -> None:
    told = r"the GPU's 8\.0 GB are full, 3\.0 GB of them free: take fewer rows"
    with pytest.raises(GpuFullError, match=told), full_gpu_told("take fewer rows"):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")
    with pytest.raises(RuntimeError, match="other"), full_gpu_told(""):
        raise RuntimeError("other")


def test_the_trained_model_is_gone_before_its_base_is_loaded_again(
    samples: pa.Table, result: TrainResult, settings: TrainSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest, seen = sft.check_reload, []

    def spy(*given: Any) -> Check:
        seen.append(_models())
        return honest(*given)

    monkeypatch.setattr(sft, "check_reload", spy)
    gc.collect()
    before = _models()

    train(samples, replace(settings, base=str(result.run_folder / "base")), tmp_path / "run")

    assert seen == [before]


def _models() -> int:
    return sum(issubclass(type(one), PreTrainedModel) for one in gc.get_objects())
