"""Samples to an adapter: render, preflight, fine-tune, load; reproducible and provable.

Importing this loads neither PyTorch nor transformers; the first call does.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from dougpt_schema import MissingExtraError

from dougpt_train.settings import TrainSettings

if TYPE_CHECKING:
    from dougpt_train.base_folder import require_base
    from dougpt_train.checklist import Preflight, preflight
    from dougpt_train.errors import PreflightFailedError
    from dougpt_train.exporting import convert_to_gguf, export_run, write_modelfile
    from dougpt_train.merging import merge
    from dougpt_train.model import ChatModel, load
    from dougpt_train.page import draw_page
    from dougpt_train.progress import Progress
    from dougpt_train.sft import TrainResult, train
    from dougpt_train.tracking import track

__all__ = [
    "ChatModel",
    "Preflight",
    "PreflightFailedError",
    "Progress",
    "TrainResult",
    "TrainSettings",
    "convert_to_gguf",
    "draw_page",
    "export_run",
    "load",
    "merge",
    "preflight",
    "require_base",
    "track",
    "train",
    "write_modelfile",
]

_HOMES = {
    "ChatModel": "model",
    "Preflight": "checklist",
    "PreflightFailedError": "errors",
    "Progress": "progress",
    "TrainResult": "sft",
    "convert_to_gguf": "exporting",
    "draw_page": "page",
    "export_run": "exporting",
    "load": "model",
    "merge": "merging",
    "preflight": "checklist",
    "require_base": "base_folder",
    "track": "tracking",
    "train": "sft",
    "write_modelfile": "exporting",
}
_EXTRA_MODULES = frozenset(
    {
        "accelerate",
        "datasets",
        "huggingface_hub",
        "jinja2",
        "numpy",
        "peft",
        "safetensors",
        "tokenizers",
        "torch",
        "transformers",
        "trl",
    }
)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    except ModuleNotFoundError as error:
        if error.name in _EXTRA_MODULES:
            raise MissingExtraError("dougpt-train[sft]", "training and using models") from error
        raise


def __dir__() -> list[str]:
    return sorted(__all__)
