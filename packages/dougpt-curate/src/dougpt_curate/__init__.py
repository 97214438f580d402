"""Links to training samples: quality, duplicates, styles, balance, splits, export, each decision with its reason."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from dougpt_curate.settings import CurateSettings, ExpectSettings, Style

if TYPE_CHECKING:
    from dougpt_curate.balance import draw
    from dougpt_curate.card import dataset_card
    from dougpt_curate.dataset import Curated, curate, curate_recordings
    from dougpt_curate.export import jsonl, llama_factory_info, messages_jsonl, prompt_completion_jsonl, sharegpt_jsonl
    from dougpt_curate.folder import write_dataset_folder, write_parquet
    from dougpt_curate.gates import Expectation, GateError, expectation_table, expectations, require
    from dougpt_curate.holdout import (
        HoldoutError,
        NotComparableError,
        Suite,
        assign_holdout,
        holdout_json,
        next_suite,
        read_holdout,
        read_suite,
    )
    from dougpt_curate.page import dataset_page
    from dougpt_curate.pieces import CuratedPieces, curate_in_pieces
    from dougpt_curate.report import CurateReport

__all__ = [
    "CurateReport",
    "CurateSettings",
    "Curated",
    "CuratedPieces",
    "ExpectSettings",
    "Expectation",
    "GateError",
    "HoldoutError",
    "NotComparableError",
    "Style",
    "Suite",
    "assign_holdout",
    "curate",
    "curate_in_pieces",
    "curate_recordings",
    "dataset_card",
    "dataset_page",
    "draw",
    "expectation_table",
    "expectations",
    "holdout_json",
    "jsonl",
    "llama_factory_info",
    "messages_jsonl",
    "next_suite",
    "prompt_completion_jsonl",
    "read_holdout",
    "read_suite",
    "require",
    "sharegpt_jsonl",
    "write_dataset_folder",
    "write_parquet",
]

_HOMES = {
    "CurateReport": "report",
    "Curated": "dataset",
    "CuratedPieces": "pieces",
    "Expectation": "gates",
    "GateError": "gates",
    "HoldoutError": "holdout",
    "NotComparableError": "holdout",
    "Suite": "holdout",
    "assign_holdout": "holdout",
    "curate": "dataset",
    "curate_in_pieces": "pieces",
    "curate_recordings": "dataset",
    "dataset_card": "card",
    "dataset_page": "page",
    "draw": "balance",
    "expectation_table": "gates",
    "expectations": "gates",
    "holdout_json": "holdout",
    "jsonl": "export",
    "llama_factory_info": "export",
    "messages_jsonl": "export",
    "next_suite": "holdout",
    "prompt_completion_jsonl": "export",
    "read_holdout": "holdout",
    "read_suite": "holdout",
    "require": "gates",
    "sharegpt_jsonl": "export",
    "write_dataset_folder": "folder",
    "write_parquet": "folder",
}


def __getattr__(name: str) -> Any:
    """Load what is asked for; settings stay cheap to import."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
