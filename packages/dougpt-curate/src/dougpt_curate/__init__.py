"""Links to training samples: quality, duplicates, styles, balance, splits, export, each decision with its reason."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from dougpt_curate.settings import CurateSettings, Style

if TYPE_CHECKING:
    from dougpt_curate.balance import draw
    from dougpt_curate.card import dataset_card
    from dougpt_curate.dataset import Curated, curate
    from dougpt_curate.export import jsonl, messages_jsonl, prompt_completion_jsonl, sharegpt_jsonl
    from dougpt_curate.holdout import HoldoutError, assign_holdout, holdout_json, read_holdout
    from dougpt_curate.quality import Names
    from dougpt_curate.report import CurateReport

__all__ = [
    "CurateReport",
    "CurateSettings",
    "Curated",
    "HoldoutError",
    "Names",
    "Style",
    "assign_holdout",
    "curate",
    "dataset_card",
    "draw",
    "holdout_json",
    "jsonl",
    "messages_jsonl",
    "prompt_completion_jsonl",
    "read_holdout",
    "sharegpt_jsonl",
]

_MODULES = {
    "CurateReport": "report",
    "Curated": "dataset",
    "HoldoutError": "holdout",
    "Names": "quality",
    "assign_holdout": "holdout",
    "curate": "dataset",
    "dataset_card": "card",
    "draw": "balance",
    "holdout_json": "holdout",
    "jsonl": "export",
    "messages_jsonl": "export",
    "prompt_completion_jsonl": "export",
    "read_holdout": "holdout",
    "sharegpt_jsonl": "export",
}


def __getattr__(name: str) -> Any:
    """Load what is asked for; settings stay cheap to import."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
