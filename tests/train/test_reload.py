"""A saved adapter that is not what was trained, or does nothing, ends the run with nothing kept."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import torch
from dougpt_train import TrainSettings, fitting, train
from dougpt_train.errors import NotReproducedError
from dougpt_train.record import ADAPTER, WEIGHTS
from safetensors.torch import load_file, save_file


def spoil(change: Callable[[torch.Tensor], torch.Tensor]) -> Callable[[Any, Path, str, Any], None]:
    """Save an adapter with every weight changed."""
    honest = fitting.save_adapter

    def save(model: Any, folder: Path, base_name: str, weights: Any = None) -> None:
        honest(model, folder, base_name, weights)
        saved = load_file(folder / WEIGHTS)
        save_file({name: change(weight).contiguous() for name, weight in saved.items()}, folder / WEIGHTS)

    return save


@pytest.mark.parametrize("change", [torch.zeros_like, lambda weight: weight * 1.5])
def test_a_spoilt_adapter_is_found(
    samples: pa.Table,
    settings: TrainSettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[torch.Tensor], torch.Tensor],
) -> None:
    monkeypatch.setattr(fitting, "save_adapter", spoil(change))

    with pytest.raises(NotReproducedError, match="do not compute what was trained"):
        train(samples, settings, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_an_adapter_that_never_moved_is_found(samples: pa.Table, settings: TrainSettings, tmp_path: Path) -> None:
    still = replace(settings, max_steps=1, learning_rate=1e-9, tiny_steps=2)

    with pytest.raises(NotReproducedError, match="changes nothing"):
        train(samples, still, tmp_path / "run")
    assert not (tmp_path / "run" / ADAPTER).exists()
