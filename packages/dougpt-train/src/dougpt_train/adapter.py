"""The adapter's shape, and its files."""

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from peft import LoraConfig, PeftModel, get_peft_model

from dougpt_train.settings import TrainSettings

CONFIG = "adapter_config.json"


def lora_config(settings: TrainSettings) -> LoraConfig:
    """Return the adapter: on every linear layer but the output layer, which TRL's loss would leave untrained."""
    return LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )


@contextmanager
def known_noise_kept_quiet() -> Iterator[None]:
    """Hush warnings of one library at another, which nobody who trains can heed.

    transformers 5 warns of a name that PEFT and TRL still use; transformers 4 of checkpoints made in one second.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="mtime may not be reliable", category=UserWarning)
        warnings.filterwarnings("ignore", message=".*gradient_checkpointing.* is deprecated", category=FutureWarning)
        yield


def add_adapter(model: Any, lora: LoraConfig) -> Any:
    """Return `model` with a new adapter."""
    with known_noise_kept_quiet():
        return get_peft_model(model, lora)


def open_adapter(model: Any, folder: Path) -> Any:
    """Return `model` with a saved adapter."""
    with known_noise_kept_quiet():
        return PeftModel.from_pretrained(model, folder)


def save_adapter(model: Any, folder: Path, base_name: str, weights: Any = None) -> None:
    """Save a PEFT model's adapter, the same files for the same weights; `weights` where the model's own are spread.

    PEFT notes the base's path on this machine, and the adapted layers in the order of a set.
    """
    model.save_pretrained(folder, state_dict=weights, save_embedding_layers=False)
    (folder / "README.md").unlink(missing_ok=True)
    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    config |= {"base_model_name_or_path": base_name, "target_modules": sorted(config["target_modules"])}
    (folder / CONFIG).write_text(json.dumps(config, indent=1, sort_keys=True) + "\n", encoding="utf-8")
