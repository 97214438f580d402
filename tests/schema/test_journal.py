"""A journal keeps every row that was acknowledged, whatever moment its writer died at."""

import json
import multiprocessing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from dougpt_schema import GAPS, LABELS, ArtifactError, ContractError
from dougpt_schema.journal import append_journal, open_journal, read_journal, rewrite_journal
from dougpt_schema.testing import rows
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

in_one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
some_labels = st.lists(rows(LABELS), min_size=1, max_size=5, unique_by=lambda row: row["label_id"])


def label(number: int, **other: Any) -> dict[str, Any]:
    return {
        "label_id": f"l{number}",
        "recording_id": "r",
        "event_id": f"e{number}",
        "verdict": "not_a_reply",
        "rater": "anna",
        "asked_as": "random",
        "stratum": "all",
        "inclusion_probability": 0.5,
        "blind": False,
        "at_order": number,
        **other,
    }


def fresh(folder: Path) -> Path:
    path = folder / "j.jsonl"
    path.unlink(missing_ok=True)
    return path


def ids(table: pa.Table) -> list[str]:
    return sorted(table["label_id"].to_pylist())


@in_one_folder
@given(given_rows=some_labels)
def test_rows_written_one_by_one_are_read_back(given_rows: list[dict[str, Any]], tmp_path: Path) -> None:
    path = fresh(tmp_path)
    for row in given_rows:
        append_journal(path, LABELS, [row])

    assert open_journal(path, LABELS).torn == 0
    assert read_journal(path, LABELS).equals(LABELS.table(given_rows))


@in_one_folder
@given(given_rows=some_labels, data=st.data())
def test_a_truncation_keeps_every_row_before_it_and_the_next_row_too(
    given_rows: list[dict[str, Any]], data: st.DataObject, tmp_path: Path
) -> None:
    path = fresh(tmp_path)
    append_journal(path, LABELS, given_rows)
    whole = path.read_bytes()
    cut = whole[: data.draw(st.integers(0, len(whole)))]
    path.write_bytes(cut)
    ended = max(cut.count(b"\n") - 1, 0)
    # A line that lacks only its end is a row as well.
    before = ids(LABELS.table(json.loads(line) for line in whole.splitlines()[1:][:ended]))

    found = open_journal(path, LABELS)
    append_journal(path, LABELS, [label(0, label_id="one more \u2028 with a line separator")])

    assert set(before) <= set(ids(found.table))
    assert found.table.num_rows <= ended + 1
    again = open_journal(path, LABELS)
    assert again.torn == 0
    assert again.table.num_rows == found.table.num_rows + 1


def test_damage_before_the_end_is_an_error_that_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    append_journal(path, LABELS, [label(number) for number in range(3)])
    path.write_bytes(path.read_bytes().replace(b'{"label_id":"l1"', b'"label_id":"l1"'))

    with pytest.raises(ArtifactError, match="line 3 is no row"):
        read_journal(path, LABELS)


def test_a_journal_of_another_contract_is_neither_read_nor_written(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    append_journal(path, GAPS, [{"recording_id": "r", "from_ms": 0, "to_ms": 10, "cause": "muted"}])
    before = path.read_bytes()

    with pytest.raises(ContractError, match="the file holds gaps"):
        read_journal(path, LABELS)
    with pytest.raises(ContractError, match="the file holds gaps"):
        append_journal(path, LABELS, [label(0)])
    assert path.read_bytes() == before


def test_a_file_of_something_else_is_no_journal(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    path.write_text("name,verdict\nanna,reply\n")

    with pytest.raises(ArtifactError, match="names no contract"):
        append_journal(path, LABELS, [label(0)])


def test_a_row_that_breaks_the_contract_leaves_no_trace(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"

    with pytest.raises(ContractError, match="verdict"):
        append_journal(path, LABELS, [label(0, verdict="perhaps")])
    assert not path.exists()


def test_what_is_left_after_a_rewrite_keeps_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    append_journal(path, LABELS, [label(number) for number in range(4)])
    lines = path.read_bytes().splitlines(keepends=True)

    assert rewrite_journal(path, LABELS, lambda row: row["event_id"] != "e2") == 1

    assert path.read_bytes() == b"".join(lines[:3] + lines[4:])
    assert rewrite_journal(path, LABELS, lambda _: True) == 0


def write_some(path: Path, first: int) -> None:
    for number in range(first, first + 20):
        append_journal(path, LABELS, [label(number)])


def test_processes_that_write_one_file_lose_nothing_even_while_it_is_rewritten(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    started = multiprocessing.get_context("fork")
    writers = [started.Process(target=write_some, args=(path, first)) for first in (0, 100)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        append_journal(path, LABELS, [label(1000)])
        assert rewrite_journal(path, LABELS, lambda row: row["at_order"] < 1000) == 1
    for writer in writers:
        writer.join()

    assert ids(read_journal(path, LABELS)) == sorted(f"l{n}" for n in [*range(20), *range(100, 120)])


@in_one_folder
@given(given_rows=some_labels, data=st.data())
def test_a_journal_can_be_read_as_it_was_when_it_was_shorter(
    given_rows: list[dict[str, Any]], data: st.DataObject, tmp_path: Path
) -> None:
    path = fresh(tmp_path)
    append_journal(path, LABELS, given_rows)
    upto = data.draw(st.integers(0, path.stat().st_size))
    shorter = tmp_path / "shorter.jsonl"
    shorter.write_bytes(path.read_bytes()[:upto])

    assert read_journal(path, LABELS, upto=upto).equals(read_journal(shorter, LABELS))
