"""A history grows by what is new, keeps its order, and says where it is broken."""

from pathlib import Path

import pyarrow as pa
import pytest
from dougpt_eval import EvaluateSettings, evaluate
from dougpt_eval.history import HistoryError, PastResult, read_history, remember

SETTINGS = EvaluateSettings(draws=100, ranked=0, generated=0)


def test_a_result_is_remembered_once_and_in_order(oracle, held_out: pa.Table, tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    first, second = (evaluate(oracle(held_out, knows=knows), held_out, SETTINGS) for knows in (0.9, 0.5))
    assert read_history(path) == []
    remember(path, first)
    remember(path, second)
    assert remember(path, first) == [PastResult.of(first), PastResult.of(second)]
    assert read_history(path) == [PastResult.of(first), PastResult.of(second)]


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    path.write_text("{}\n", encoding="utf-8")
    with pytest.raises(HistoryError, match="line 1 is no past result"):
        read_history(path)
