"""The labels of a workspace: append-only tables and journals below labels/, one a sitting or one that was imported."""

import os
from collections import Counter
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
from dougpt_schema import LABELS, ArtifactError, ContractError, DougptError, fingerprint, read_table
from dougpt_schema.journal import SUFFIX, read_journal
from pyarrow import compute as pc

from dougpt.workspace import Workspace


class LabelsDifferError(DougptError):
    """Two files hold a label of one id that says two things."""


class UnreadableLabelsError(ArtifactError):
    """A file of labels/ is damaged, or holds something else."""


def label_files(workspace: Workspace) -> list[Path]:
    """Return every table and journal of labels that counts, in order."""
    found = sorted([*workspace.labels.glob("*.parquet"), *workspace.labels.glob(f"*{SUFFIX}")])
    return [path for path in found if workspace.label_bytes is None or path.name in workspace.label_bytes]


def freeze_labels(workspace: Workspace) -> Workspace:
    """Return the workspace with the labels that it has now: people may answer while a command works.

    Files of labels only ever grow, so that their lengths say what was there.
    """
    return replace(workspace, label_bytes={path.name: path.stat().st_size for path in label_files(workspace)})


def has_more_labels(workspace: Workspace) -> bool:
    """Whether labels were added since the workspace was frozen."""
    return freeze_labels(Workspace(workspace.root)).label_bytes != workspace.label_bytes


def all_labels(workspace: Workspace) -> pa.Table:
    """Return the labels of every recording; one that stands in several files counts once.

    Raises:
        UnreadableLabelsError: A journal is damaged before its end, or a file holds something else.
        LabelsDifferError: One id stands for two labels.
    """
    upto = workspace.label_bytes or {}
    tables = [_read(path, upto.get(path.name), *_stamp(path)) for path in label_files(workspace)]
    return _once(LABELS.sort(pa.concat_tables(tables))) if tables else LABELS.empty()


def labels_of(workspace: Workspace, recording_id: str) -> pa.Table | None:
    """Return the labels of one recording, None where nobody gave any.

    Raises:
        UnreadableLabelsError: A journal is damaged before its end, or a file holds something else.
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
def _read(path: Path, upto: int | None, *_stamp: int) -> pa.Table:
    """The rows of a file, read again only once it changed: a plan asks for each recording."""
    try:
        table = read_journal(path, LABELS, upto=upto) if path.suffix == SUFFIX else read_table(path, LABELS)
    except (ArtifactError, ContractError) as error:
        where = "" if str(path) in str(error) else f"{path}: "
        raise UnreadableLabelsError(
            f"{where}{error}; move it out of labels/, or put a whole copy in its place"
        ) from error
    return table.select(LABELS.schema.names)


def _once(table: pa.Table) -> pa.Table:
    if pc.count_distinct(table["label_id"]).as_py() == table.num_rows:
        return table
    rows = {tuple(row.items()): row for row in table.to_pylist()}
    ids = Counter(row["label_id"] for row in rows.values())
    if twice := sorted(label_id for label_id, times in ids.items() if times > 1):
        raise LabelsDifferError(f"the label {twice[0]} stands in several files of labels/ and says different things")
    return LABELS.table(rows.values())
