"""Does it answer like this chat: measures, baselines and gates over any model.

`evaluate` runs a `dougpt_schema.Model` on held-out samples and returns a `Report`; `gate` compares two of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from dougpt_eval.settings import EvaluateSettings, GateSettings

if TYPE_CHECKING:
    from dougpt_eval.evaluation import evaluate
    from dougpt_eval.gates import Verdict, gate
    from dougpt_eval.report import Report
    from dougpt_eval.suite import HoldoutError, Suite

__all__ = ["EvaluateSettings", "GateSettings", "HoldoutError", "Report", "Suite", "Verdict", "evaluate", "gate"]

_HOMES = {
    "HoldoutError": "suite",
    "Report": "report",
    "Suite": "suite",
    "Verdict": "gates",
    "evaluate": "evaluation",
    "gate": "gates",
}


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
