"""The labels of a workspace: append-only tables and journals below labels/, one a sitting or one that was imported."""

import os
from collections import Counter
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
from dougpt_schema import LABELS, DougptError, fingerprint, read_table
from dougpt_schema.journal import SUFFIX, read_journal
from pyarrow import compute as pc

from dougpt.workspace import Workspace


class LabelsDifferError(DougptError):
    """Two files hold a label of one id that says two things."""


def label_files(workspace: Workspace) -> list[Path]:
    """Return every table and journal of labels, in order."""
    return sorted([*workspace.labels.glob("*.parquet"), *workspace.labels.glob(f"*{SUFFIX}")])


def all_labels(workspace: Workspace) -> pa.Table:
    """Return the labels of every recording; one that stands in several files counts once.

    Raises:
        ArtifactError: A journal is damaged before its end.
        ContractError: A table breaks its contract.
        LabelsDifferError: One id stands for two labels.
    """
    tables = [_read(path, *_stamp(path)) for path in label_files(workspace)]
    return _once(LABELS.sort(pa.concat_tables(tables))) if tables else LABELS.empty()


def labels_of(workspace: Workspace, recording_id: str) -> pa.Table | None:
    """Return the labels of one recording, None where nobody gave any.

    Raises:
        ArtifactError: A journal is damaged before its end.
        ContractError: A table breaks its contract.
        LabelsDifferError: One id stands for two labels.
    """
    table = all_labels(workspace)
    found = table.filter(pc.equal(table["recording_id"], recording_id))
    return LABELS.check(found) if found.num_rows else None


def labels_fingerprint(workspace: Workspace, recording_id: str) -> tuple[str, ...]:
    """Return what a recipe holds of the labels of a recording: their rows, wherever they stand."""
    found = labels_of(workspace, recording_id)
    return () if found is None else (fingerprint(found.to_pylist()),)


def _stamp(path: Path) -> tuple[int, int, int]:
    found = os.stat(path)  # noqa: PTH116 - its three numbers say whether the file is the one that was read
    return found.st_ino, found.st_size, found.st_mtime_ns


@lru_cache(maxsize=256)
def _read(path: Path, *_stamp: int) -> pa.Table:
    """The rows of a file, read again only once it changed: a plan asks for each recording."""
    table = read_journal(path, LABELS) if path.suffix == SUFFIX else read_table(path, LABELS)
    return table.select(LABELS.schema.names)


def _once(table: pa.Table) -> pa.Table:
    if pc.count_distinct(table["label_id"]).as_py() == table.num_rows:
        return table
    rows = {tuple(row.items()): row for row in table.to_pylist()}
    ids = Counter(row["label_id"] for row in rows.values())
    if twice := sorted(label_id for label_id, times in ids.items() if times > 1):
        raise LabelsDifferError(f"the label {twice[0]} stands in several files of labels/ and says different things")
    return LABELS.table(rows.values())
