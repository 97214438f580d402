"""A table on disk is whole or absent, the same bytes for the same rows, and readable without dougpt."""

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dougpt_schema import (
    CHAT_EVENTS,
    CONTRACTS,
    GAPS,
    WORDS,
    ArtifactError,
    Contract,
    ContractError,
    Provenance,
    atomic_write,
    read_provenance,
    read_table,
    write_pieces,
    write_table,
)
from dougpt_schema.testing import tables
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

RELEASED = Path(__file__).parent / "released"
every_contract = pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)
in_one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=12)
GAP = {"recording_id": "r", "from_ms": 0, "to_ms": 10, "cause": "muted"}
RECIPE = Provenance(
    producer="dougpt-media", fingerprint="f", inputs=("a", "b"), settings="s", code="c", key="k", note={"engine": "x"}
)


@every_contract
@in_one_folder
@given(data=st.data())
def test_what_was_written_is_read_back(contract: Contract, data: st.DataObject, tmp_path: Path) -> None:
    table = data.draw(tables(contract, max_rows=5))
    path = tmp_path / "t.parquet"

    write_table(table, path, contract, RECIPE)

    assert read_table(path, contract).equals(table)
    assert read_provenance(path) == RECIPE
    assert [file.name for file in tmp_path.iterdir()] == ["t.parquet"]


@in_one_folder
@given(table=tables(WORDS, min_rows=1, max_rows=8), data=st.data())
def test_the_bytes_depend_on_the_rows_alone(table: pa.Table, data: st.DataObject, tmp_path: Path) -> None:
    cut = data.draw(st.integers(0, table.num_rows))
    chunked = pa.concat_tables([table.slice(cut), table.slice(0, cut)]).replace_schema_metadata({"x": "y"})

    write_table(table, tmp_path / "one.parquet", WORDS, RECIPE)
    write_table(pl.from_arrow(chunked), tmp_path / "two.parquet", WORDS, RECIPE)

    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


@every_contract
@in_one_folder
@given(data=st.data())
def test_pieces_give_the_bytes_of_the_whole(contract: Contract, data: st.DataObject, tmp_path: Path) -> None:
    table = data.draw(tables(contract, max_rows=8))
    cuts = sorted(data.draw(st.lists(st.integers(0, table.num_rows), max_size=4)))
    pieces = [table.slice(start, end - start) for start, end in pairwise([0, *cuts, table.num_rows])]

    write_table(table, tmp_path / "whole.parquet", contract, RECIPE)
    rows = write_pieces(iter(pieces), tmp_path / "pieces.parquet", contract, RECIPE)

    assert rows == table.num_rows
    assert (tmp_path / "whole.parquet").read_bytes() == (tmp_path / "pieces.parquet").read_bytes()


def test_row_groups_do_not_depend_on_the_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dougpt_schema.artifact.ROW_GROUP_ROWS", 7)
    table = GAPS.table(GAP | {"from_ms": row, "to_ms": row + 1} for row in range(40))

    write_table(table, tmp_path / "whole.parquet", GAPS)
    write_pieces([table.slice(at, 9) for at in range(0, 40, 9)], tmp_path / "pieces.parquet", GAPS)

    assert pq.read_metadata(tmp_path / "pieces.parquet").num_row_groups == 6
    assert (tmp_path / "whole.parquet").read_bytes() == (tmp_path / "pieces.parquet").read_bytes()


EVENT = {
    "recording_id": "r",
    "offset_precision_ms": 1,
    "offset_source": "exact",
    "clock_segment": 0,
    "kind": "message",
    "text": "hello",
    "emotes": [],
    "badges": [],
    "confidence": 1.0,
    "origin": "made",
    "source_id": "s",
    "source_row": 0,
}


@pytest.mark.parametrize(
    ("pieces", "says"),
    [
        ([[(3, "a")], [(2, "b")]], "is not sorted by .* from one piece to the next"),
        ([[(1, "b")], [(1, "a")]], "is not sorted by .* from one piece to the next"),
        ([[(1, "a"), (2, "b")], [(3, "a")]], "not unique"),
        ([[(1, "a")], [(2, "b")], [(4, "d"), (3, "c")]], "is not sorted"),
    ],
)
def test_pieces_that_break_the_contract_together_leave_what_was_there(
    pieces: list[list[tuple[int, str]]], says: str, tmp_path: Path
) -> None:
    path = tmp_path / "events.parquet"
    path.write_bytes(b"old")
    parts = [
        pa.Table.from_pylist([EVENT | {"offset_ms": at, "event_id": name} for at, name in piece], CHAT_EVENTS.schema)
        for piece in pieces
    ]

    with pytest.raises(ContractError, match=says) as caught:
        write_pieces(parts, path, CHAT_EVENTS)

    assert str(path) in str(caught.value)
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["events.parquet"]


@every_contract
@in_one_folder
@given(data=st.data())
def test_duckdb_and_polars_read_the_files_with_no_help(contract: Contract, data: st.DataObject, tmp_path: Path) -> None:
    table = data.draw(tables(contract, min_rows=1, max_rows=4))
    path = tmp_path / "t.parquet"
    write_table(table, path, contract)

    in_polars = pl.read_parquet(path)
    in_duckdb = duckdb.sql(f"SELECT * FROM read_parquet('{path}')").to_arrow_table()  # noqa: S608 (our own path)

    assert in_polars.columns == in_duckdb.schema.names == contract.schema.names
    assert contract.conform(in_polars).equals(table)
    assert contract.conform(in_duckdb).equals(table)


@pytest.mark.parametrize("path", sorted(RELEASED.glob("*.parquet")), ids=lambda path: path.stem)
def test_every_released_version_is_still_read(path: Path) -> None:
    contract = CONTRACTS[path.stem.rsplit("-v", 1)[0]]

    table = read_table(path, contract)

    assert table.num_rows == 2
    assert table.schema.names == contract.schema.names


def test_every_contract_has_a_released_table_of_its_version() -> None:
    assert {f"{contract.name}-v{contract.version}" for contract in CONTRACTS.values()} <= {
        path.stem for path in RELEASED.glob("*.parquet")
    }


def test_a_table_that_breaks_its_contract_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "gaps.parquet"
    broken = GAPS.table([GAP]).set_column(2, GAPS.schema.field("to_ms"), pa.array([-5], pa.int64()))

    with pytest.raises(ContractError, match=r"gaps\.parquet: gaps\.to_ms lies before from_ms in 1 row, first in row 0"):
        write_table(broken, path, GAPS)
    assert list(tmp_path.iterdir()) == []


def test_reading_names_file_contract_column_and_row(tmp_path: Path) -> None:
    path = tmp_path / "gaps.parquet"
    pq.write_table(pa.table({**GAPS.table([GAP]).to_pydict(), "cause": ["tea"]}), path)

    with pytest.raises(ContractError, match=r"gaps\.parquet: gaps\.cause is not one of .* in 1 row, first in row 0"):
        read_table(path, GAPS)


def test_a_newer_version_and_another_contract_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "gaps.parquet"
    write_table(GAPS.table([GAP]), path, GAPS)
    with pytest.raises(ContractError, match="words was expected, the file holds gaps"):
        read_table(path, WORDS)

    newer = Contract("gaps", 2, GAPS.meaning, GAPS.columns, GAPS.key, GAPS.order)
    write_table(GAPS.table([GAP]), path, newer)
    with pytest.raises(ContractError, match=r"gaps version 2 is newer than version 1, .* upgrade dougpt"):
        read_table(path, GAPS)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"not parquet at all"])
def test_what_is_no_parquet_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "words.parquet"
    path.write_bytes(content)

    with pytest.raises(ArtifactError, match=r"words\.parquet: cannot be read as Parquet"):
        read_table(path, WORDS)
    with pytest.raises(ArtifactError, match="there is no such file"):
        read_table(tmp_path / "none.parquet", WORDS)


def test_a_table_whose_description_is_damaged_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "words.parquet"
    path.write_bytes(b"PAR1" + b"\xff" * 40 + (40).to_bytes(4, "little") + b"PAR1")

    with pytest.raises(ArtifactError, match=r"^[^\n]*words\.parquet: cannot be read as Parquet[^\n]*$"):
        read_table(path, WORDS)


def test_damaged_text_is_found_when_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "gaps.parquet"
    hurt = pa.Array.from_buffers(
        pa.string(), 1, [None, pa.array([0, 2], pa.int32()).buffers()[1], pa.py_buffer(b"\xf0x")]
    )
    whole = GAPS.table([GAP])
    pq.write_table(whole.set_column(0, "recording_id", hurt), path)

    with pytest.raises(ArtifactError, match="cannot be read as Parquet"):
        read_table(path, GAPS)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("fingerprint", b"\xe3("),
        ("inputs", b"[not json"),
        ("inputs", b"5"),
        ("inputs", b'{"a": 1}'),
        ("inputs", b"[1]"),
        ("note", b'["a"]'),
        ("note", b"\xff"),
        ("note", b"[" * 100_000),
        ("contract_version", b"one"),
    ],
)
def test_a_damaged_recipe_is_refused_in_one_line(name: str, value: bytes, tmp_path: Path) -> None:
    path = tmp_path / "gaps.parquet"
    write_table(GAPS.table([GAP]), path, GAPS)
    whole = pq.read_table(path)
    pq.write_table(whole.replace_schema_metadata({**whole.schema.metadata, f"dougpt.{name}".encode(): value}), path)

    with pytest.raises(ArtifactError, match=r"^[^\n]*gaps\.parquet: [^\n]*damaged[^\n]*$"):
        (read_table(path, GAPS), read_provenance(path))


def test_a_column_whose_name_is_no_text_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "gaps.parquet"
    pq.write_table(GAPS.table([GAP]).append_column("qqqq", pa.array([1])), path)
    path.write_bytes(path.read_bytes().replace(b"qqqq", b"\xe5qqq"))

    for read in (lambda: read_table(path, GAPS), lambda: read_provenance(path)):
        with pytest.raises(ArtifactError, match=r"^[^\n]*gaps\.parquet: cannot be read as Parquet[^\n]*$"):
            read()


def test_what_arrow_has_not_learned_is_refused_like_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "gaps.parquet"
    write_table(GAPS.table([GAP]), path, GAPS)

    def refuse(*_: object, **__: object) -> None:
        raise pa.ArrowNotImplementedError("Integers with more than 64 bits\nnot implemented")

    for name in ("ParquetFile", "read_metadata"):
        with monkeypatch.context() as patched:
            patched.setattr(pq, name, refuse)
            with pytest.raises(ArtifactError, match=r"gaps\.parquet: cannot be read as Parquet: Integers [^\n]*$"):
                read_table(path, GAPS)


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "gaps.parquet"
    write_table(GAPS.table([GAP]), path, GAPS)
    before = path.read_bytes()
    script = f"""
import resource, sys
from dougpt_schema import GAPS, ArtifactError, write_table
resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))
table = GAPS.table([{GAP!r}] + [{{**{GAP!r}, "to_ms": i}} for i in range(20, 900)])
try:
    write_table(table, {str(path)!r}, GAPS)
except ArtifactError as error:
    print(error)
"""
    # -B: under this limit Python would leave cut bytecode in the caches of this environment.
    done = subprocess.run([sys.executable, "-B", "-c", script], capture_output=True, text=True, check=True)

    assert "gaps.parquet: cannot be written: File too large" in done.stdout
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["gaps.parquet"]  # noqa: PTH208 (names alone)


def test_a_file_in_the_place_of_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")

    with pytest.raises(ArtifactError, match=r"cannot be written: (Not a directory|File exists)"):
        atomic_write(tmp_path / "file" / "a.json", b"{}")


def test_an_interrupted_writer_leaves_no_half_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    atomic_write(path, b"old")

    def breaks(file: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        atomic_write(path, breaks)
    assert path.read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 1
