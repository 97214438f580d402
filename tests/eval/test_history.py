"""A history grows by what is new, keeps its order, survives a kill in the midst of a line, and can be gated against."""

from pathlib import Path

import pyarrow as pa
import pytest
from dougpt_eval import EvaluateSettings, Report, evaluate, gate
from dougpt_eval.history import HistoryError, PastResult, find, read_history, remember
from hypothesis import given
from hypothesis import strategies as st

SETTINGS = EvaluateSettings(draws=100, ranked=0, generated=20)


@pytest.fixture(scope="module")
def reports(oracle, held_out: pa.Table) -> list[Report]:
    return [evaluate(oracle(held_out, knows=knows), held_out, SETTINGS) for knows in (0.9, 0.2)]


def test_a_result_is_remembered_once_and_in_order(reports: list[Report], tmp_path: Path) -> None:
    path = tmp_path / "reports" / "history.jsonl"
    assert read_history(path) == []
    remember(path, reports[0], "first")
    before = path.read_bytes()
    remember(path, reports[1], "second")
    assert path.read_bytes().startswith(before)
    past = [PastResult.of(reports[0], "first"), PastResult.of(reports[1], "second")]
    assert remember(path, reports[0], "first") == past
    assert read_history(path) == past


def test_a_later_report_is_gated_against_the_history_as_against_the_report(
    reports: list[Report], tmp_path: Path
) -> None:
    past = remember(tmp_path / "history.jsonl", reports[0], "0a1b")
    old = find(read_history(tmp_path / "history.jsonl"), "0a").report
    assert gate(reports[1], old) == gate(reports[1], reports[0])
    assert not gate(reports[1], old).passed
    with pytest.raises(HistoryError, match="no past results begin with 'x'; there are 0a1b"):
        find(past, "x")


def test_a_whole_name_is_found_though_another_begins_so(reports: list[Report], tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    for report, name in zip(reports, ("server talker", "server talker, chat"), strict=True):
        remember(path, report, name)
    assert find(read_history(path), "server talker").report.model.fingerprint == reports[0].model.fingerprint
    with pytest.raises(HistoryError, match="several past results begin with 'server'"):
        find(read_history(path), "server")


def test_no_text_of_anybody_stands_in_it(reports: list[Report], held_out: pa.Table, tmp_path: Path) -> None:
    remember(tmp_path / "history.jsonl", reports[0], "first")
    written = (tmp_path / "history.jsonl").read_text()
    assert not [row["prompt"] for row in held_out.to_pylist() if row["prompt"] in written]


@given(cut=st.floats(0, 1, exclude_max=True))
def test_whatever_a_kill_leaves_of_a_line_the_lines_before_and_after_are_whole(
    cut: float, reports: list[Report], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("history") / "history.jsonl"
    remember(path, reports[0], "first")
    whole = path.stat().st_size
    remember(path, reports[1], "second")
    with path.open("r+b") as file:
        file.truncate(whole + int(cut * (path.stat().st_size - whole)))
    assert [one.name for one in read_history(path)] == ["first"]
    assert [one.name for one in remember(path, reports[1], "second")] == ["first", "second"]
    assert read_history(path) == [PastResult.of(reports[0], "first"), PastResult.of(reports[1], "second")]


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    path.write_text("{}\n", encoding="utf-8")
    with pytest.raises(HistoryError, match="line 1 is no past result"):
        read_history(path)
