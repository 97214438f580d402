"""Taking a person out of a workspace: every table now, and by their pseudonym every run to come."""

import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from dougpt_chat import forget_author, forget_names, names_of, pseudonym
from dougpt_schema import (
    ANCHORS,
    CANDIDATES,
    CHAT_EVENTS,
    LABELS,
    LINKS,
    REJECTS,
    SAMPLES,
    Contract,
    DougptError,
    Split,
    atomic_write,
    read_provenance,
    read_table,
    write_table,
)
from dougpt_schema.journal import SUFFIX, rewrite_journal
from pyarrow import compute as pc

from dougpt.labels import label_files
from dougpt.project import Project
from dougpt.training import PREFLIGHT
from dougpt.workspace import read_json, to_json

PSEUDONYM = re.compile(r"[0-9a-f]{16}")
BY_EVENT: tuple[tuple[str, Contract], ...] = (("anchors", ANCHORS), ("candidates", CANDIDATES), ("links", LINKS))


class NotAPseudonymError(DougptError):
    """What was given as a pseudonym is none."""


def forget(project: Project, author: str, *, is_pseudonym: bool = False) -> dict[str, Any]:
    """Remove an author from every table and return how many rows went, and which runs were trained on them.

    Their pseudonym is written down first: should this be cut short, what is made later leaves them out all the same.

    Raises:
        NotAPseudonymError: `is_pseudonym` is true of something else.
    """
    if is_pseudonym and not PSEUDONYM.fullmatch(author):
        raise NotAPseudonymError(f"{author!r} is no pseudonym, which has 16 hex digits")
    target = author if is_pseudonym else pseudonym(author, project.key)
    workspace = project.workspace
    atomic_write(workspace.forgotten_file, to_json({"authors": sorted(project.forgotten | {target})}))
    removed: dict[str, int] = {}
    gone: set[str] = set()
    for recording_id in project.recordings:
        names = _names(project, recording_id, target) | (set() if is_pseudonym else {author})
        events = _forget_events(project, recording_id, target, names, removed)
        _forget_secrets(project, recording_id, target, events, None if is_pseudonym else author)
        for name, contract in BY_EVENT:
            path = workspace.staged(recording_id) / f"{name}.parquet"
            _drop(
                path,
                contract,
                lambda table, out=events: pc.is_in(table["event_id"], pa.array(sorted(out), pa.string())),
                removed,
            )
        if events:  # these quote some messages, or show them
            (workspace.staged(recording_id) / "report_align.json").unlink(missing_ok=True)
            workspace.align_page_file(recording_id).unlink(missing_ok=True)
            workspace.picture_page(recording_id).unlink(missing_ok=True)
        gone |= events
    for path in label_files(workspace):
        _forget_labels(path, gone, removed)
    datasets = sorted(path.parent for path in (workspace.root / "curated").glob("*/train.parquet"))
    touched = [folder.name for folder in datasets if _forget_samples(folder, gone, target, removed)]
    if gone:  # a dataset that a gate refused is described with samples that stand in no table
        _remove_folders(workspace.refused(path.name) for path in (workspace.root / "curated").glob("*"))
    for name in touched:
        _remove_folders([workspace.dataset(name) / "exports"])
        _forget_report(workspace.report(name), {workspace.history_file(name), workspace.blind_results(name)})
    return {"author": target, "removed": removed, "datasets": touched, "trained_on_them": _trained_on(project, touched)}


def _names(project: Project, recording_id: str, author: str) -> set[str]:
    """What the person is called, as far as the side table knows."""
    path = project.workspace.names_file(recording_id)
    return names_of(pq.ParquetFile(path).read(), author) if path.exists() else set()


def _forget_events(
    project: Project, recording_id: str, author: str, names: set[str], removed: dict[str, int]
) -> set[str]:
    path = project.workspace.staged(recording_id) / "chat_events.parquet"
    if not path.exists():
        return set()
    table = read_table(path, CHAT_EVENTS)
    gone = set(table.filter(pc.equal(table["author"], author))["event_id"].to_pylist())
    forgotten = forget_author(table, author, names)
    if forgotten.removed or forgotten.masked:
        write_table(forgotten.table, path, CHAT_EVENTS, read_provenance(path))
        _count(removed, path, forgotten.removed)
    return gone


def _forget_labels(path: Path, gone: set[str], removed: dict[str, int]) -> None:
    if path.suffix == SUFFIX:
        _count(removed, path, rewrite_journal(path, LABELS, lambda row: row["event_id"] not in gone))
    else:
        _drop(path, LABELS, lambda table: pc.is_in(table["event_id"], pa.array(sorted(gone), pa.string())), removed)


def _forget_secrets(project: Project, recording_id: str, author: str, events: set[str], login: str | None) -> None:
    names_file, texts_file = project.workspace.names_file(recording_id), project.workspace.raw_texts_file(recording_id)
    if not names_file.exists() or not texts_file.exists():
        return
    names, texts = forget_names(
        pq.ParquetFile(names_file).read(),
        pq.ParquetFile(texts_file).read(),
        author,
        forgotten_events=events,
        login=login,
    )
    for path, table in ((names_file, names.table), (texts_file, texts.table)):
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, compression="zstd")
        atomic_write(path, sink.getvalue().to_pybytes())


def _forget_samples(folder: Path, gone: set[str], author: str, removed: dict[str, int]) -> bool:
    """Drop samples that answer with, or quote, the person; return whether there were any."""
    before = sum(removed.values())
    ids = pa.array(sorted(gone), pa.string())
    _drop(folder / "rejects.parquet", REJECTS, lambda table: pc.is_in(table["subject_id"], ids), removed)
    for split in Split:

        def theirs(table: pa.Table) -> pa.Array:
            rows = table.to_pylist()
            return pa.array([_holds(row, gone, f"@{author}") for row in rows], pa.bool_())

        _drop(folder / f"{split}.parquet", SAMPLES, theirs, removed)
    return sum(removed.values()) > before


def _holds(row: dict[str, Any], gone: set[str], mention: str) -> bool:
    texts = [row["prompt"], *row["context"], *(reply["text"] for reply in row["responses"])]
    events = {reply["event_id"] for reply in (*row["responses"], *(row.get("merged") or ()))}
    return not events.isdisjoint(gone) or any(mention in text for text in texts)


def _remove_folders(folders: Iterable[Path]) -> None:
    for folder in folders:
        if folder.exists():
            shutil.rmtree(folder)


def _forget_report(folder: Path, kept: set[Path]) -> None:
    """Remove what quotes samples; what holds figures alone stays."""
    for path in folder.glob("*"):
        if path.is_dir():
            shutil.rmtree(path)
        elif path not in kept:
            path.unlink()


def _drop(path: Path, contract: Contract, chosen: Any, removed: dict[str, int]) -> None:
    if not path.exists():
        return
    table = read_table(path, contract)
    kept = table.filter(pc.invert(chosen(table)))
    if kept.num_rows < table.num_rows:
        write_table(kept, path, contract, read_provenance(path))
        _count(removed, path, table.num_rows - kept.num_rows)


def _count(removed: dict[str, int], path: Path, rows: int) -> None:
    if rows:
        removed[path.stem] = removed.get(path.stem, 0) + rows


def _trained_on(project: Project, datasets: list[str]) -> list[str]:
    """Mark and return the runs whose stage.json names one of the datasets; what quotes samples in them is taken out."""
    if datasets:
        for path in project.workspace.runs.glob(f"*{PREFLIGHT}"):
            path.unlink()
    found = []
    for path in sorted(project.workspace.runs.glob("*/stage.json")):
        if read_json(path)["dataset"] in datasets:
            found.append(path.parent.name)
            (path.parent / "index.html").unlink(missing_ok=True)
            _without_rows(path.parent / "preflight.json")
            atomic_write(path.parent / "forgotten.json", to_json({"trained_on_forgotten_people": True}))
    return found


def _without_rows(path: Path) -> None:
    """Take the sample rows out of a run's preflight; what it found stays."""
    if not path.exists():
        return
    told = read_json(path)
    for check in told["checks"]:
        check["facts"].pop("shown", None)
    atomic_write(path, to_json(told))
