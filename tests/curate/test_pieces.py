"""A dataset in pieces is the dataset: the same rows in the same order, and nothing stays behind on disk."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from dougpt_curate import CurateSettings, curate, curate_in_pieces, dataset_page, expectations
from dougpt_curate import gathering as gathering_module
from dougpt_curate.talk import mean, quantiles
from dougpt_schema import SAMPLES, Split, read_table, write_pieces, write_table
from hypothesis import given
from hypothesis import strategies as st

LOOSE = CurateSettings(min_confidence=0.2, leak_words=3, leak_similarity=0.6, copypasta_multiplicity=2)
VALUES = st.lists(st.integers(-50, 50), min_size=1, max_size=40)


def reader(made: Any) -> Callable[[str], tuple[pa.Table, ...]]:
    def read(name: str) -> tuple[pa.Table, ...]:
        return tuple(table.filter([row == name for row in table["recording_id"].to_pylist()]) for table in made.tables)

    return read


@pytest.mark.parametrize("rows_at_once", [1, 150, 10**6])
def test_the_pieces_of_all_splits_are_the_dataset(
    make_recordings: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, rows_at_once: int
) -> None:
    made = make_recordings(list("abcdef"), messages=60)
    whole = curate(*made.tables, LOOSE)
    monkeypatch.setattr(gathering_module, "ROWS_AT_ONCE", rows_at_once)
    names = sorted(set(made.utterances["recording_id"].to_pylist()))

    with curate_in_pieces(names, reader(made), LOOSE, folder=tmp_path) as pieces:
        assert pa.concat_tables(pieces.samples()).equals(whole.samples)
        assert pa.concat_tables(pieces.rejects()).equals(whole.rejects)
        assert pieces.profile.equals(whole.profile)
        assert pieces.report == whole.report
        for split in Split:
            rows = whole.samples.filter([name == split for name in whole.samples["split"].to_pylist()])
            assert write_pieces(pieces.samples(split), tmp_path / f"{split}.parquet", SAMPLES) == rows.num_rows
            write_table(rows, tmp_path / "at_once.parquet", SAMPLES)
            assert read_table(tmp_path / f"{split}.parquet", SAMPLES).equals(
                read_table(tmp_path / "at_once.parquet", SAMPLES)
            )
        gates = expectations(pieces.report, pieces.samples(), LOOSE.expect)
        assert gates == expectations(whole.report, whole.samples, LOOSE.expect)
        assert dataset_page(pieces.report, pieces.samples(), pieces.profile) == dataset_page(
            whole.report, whole.samples, whole.profile
        )


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system knows no SIGKILL")
def test_what_is_killed_midway_leaves_nothing_behind(make_recordings: Callable[..., Any], tmp_path: Path) -> None:
    made, names = make_recordings(["a", "b"]), ("utterances", "events", "links")
    for name, table in zip(names, made.tables, strict=True):
        pl.DataFrame(table).write_ipc(tmp_path / name)
    aside = tmp_path / "aside"
    aside.mkdir()
    code = f"""
import os, signal, sys
import polars as pl
from pathlib import Path
from dougpt_curate import CurateSettings, curate_in_pieces, spool
spool.IN_MEMORY = 1
tables = [pl.read_ipc(Path(sys.argv[1]) / name) for name in {names!r}]
ids = tables[0]["recording_id"].unique().to_list()
read = lambda name: tuple(table.filter(pl.col("recording_id") == name) for table in tables)
made = curate_in_pieces(ids, read, CurateSettings(), folder=Path(sys.argv[2]))
assert next(made.samples()).num_rows
os.kill(os.getpid(), signal.SIGKILL)
"""

    ended = subprocess.run([sys.executable, "-c", code, str(tmp_path), str(aside)], check=False, capture_output=True)

    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    assert not list(aside.iterdir())


@given(values=VALUES, share=st.floats(0, 1))
def test_counted_values_have_the_mean_and_quantiles_of_the_values(values: list[int], share: float) -> None:
    counts = {value: values.count(value) for value in values}

    assert mean(counts) == pytest.approx(sum(values) / len(values))
    assert quantiles(counts, [share]) == [pytest.approx(pl.Series(values).quantile(share, "linear"))]
