"""The labels of a recording: append-only tables below labels/, one a sitting."""

from pathlib import Path

import pyarrow as pa
from dougpt_schema import LABELS, file_sha256, read_table
from pyarrow import compute as pc

from dougpt.workspace import Workspace


def label_files(workspace: Workspace) -> list[Path]:
    """Return every label table, in order."""
    return sorted(workspace.labels.glob("*.parquet"))


def labels_of(workspace: Workspace, recording_id: str) -> pa.Table | None:
    """Return the labels of one recording, None where nobody gave any.

    Raises:
        ContractError: A table breaks its contract.
    """
    tables = [read_table(path, LABELS).select(LABELS.schema.names) for path in label_files(workspace)]
    kept = [table.filter(pc.equal(table["recording_id"], recording_id)) for table in tables]
    found = pa.concat_tables(kept) if kept else LABELS.empty()
    return LABELS.check(LABELS.sort(found)) if found.num_rows else None


def labels_fingerprint(workspace: Workspace, recording_id: str) -> tuple[str, ...]:
    """Return what a recipe holds of the labels of a recording: the files that name it."""
    found = []
    for path in label_files(workspace):
        table = read_table(path, LABELS)
        if recording_id in set(table["recording_id"].to_pylist()):
            found.append(file_sha256(path))
    return tuple(found)
