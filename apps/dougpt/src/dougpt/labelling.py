"""Labels that come from files and go into files, and what stands of those that are here."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from dougpt_align.agreement import kappa
from dougpt_align.asking import questions
from dougpt_align.label_csv import columns_of, from_csv, to_csv
from dougpt_align.label_rows import Imported
from dougpt_align.label_studio import CONFIG, NotLabelStudioError, from_label_studio, to_tasks
from dougpt_align.standing import standing_labels, standing_rows
from dougpt_schema import (
    CANDIDATES,
    CHAT_EVENTS,
    LABELS,
    LINKS,
    UTTERANCES,
    DougptError,
    Provenance,
    Verdict,
    atomic_write,
    fingerprint,
    read_table,
    write_table,
)
from dougpt_schema.journal import append_journal, open_journal
from pyarrow import compute as pc

from dougpt.advice import advice
from dougpt.disputes import disputes_told
from dougpt.labels import all_labels, labels_of
from dougpt.project import Project
from dougpt.workspace import to_json

SUFFIXES = {"label-studio": ".json", "csv": ".csv", "parquet": ".parquet"}
NOT_HERE, NO_EVENT, STANDS, CUT = (
    "its recording is not in this workspace",
    "its message is not in the recording's chat",
    "another label has its label_id",
    "the file's last line is cut short",
)


class LabelFileError(DougptError):
    """A file of labels that cannot be read as any of the forms that are known."""


@dataclass(frozen=True, slots=True)
class Merged:
    """What an import did.

    Attributes:
        file: What was read.
        read: Labels that could be read.
        added: Labels that are new here.
        duplicates: Labels that were here already.
        conflicts: Messages that somebody else calls something else; both answers stay.
        rejects: How many rows could not be used, by reason.
        journal: Where the new labels are.
    """

    file: str
    read: int
    added: int
    duplicates: int
    conflicts: int
    rejects: dict[str, int]
    journal: str


def import_labels(project: Project, path: Path, rater: str | None = None) -> Merged:
    """Add the labels of a file that are not here yet; what cannot be used is counted with its reason.

    Args:
        project: The workspace.
        path: A journal or table of labels, or an export of Label Studio.
        rater: Under which name the file's labels are kept; by default the file's own names.

    Raises:
        LabelFileError: The file is none of these, is no text, lacks a column, or holds new labels of several people
            where one name is to be theirs.
        ArtifactError: A journal or table is damaged.
    """
    here = all_labels(project.workspace)
    found = _read(path, first_order=(pc.max(here["at_order"]).as_py() or 0) + 1 if here.num_rows else 0)
    rejects = Counter(found.rejects)
    known = {row["label_id"]: row for row in here.to_pylist()}
    added: list[dict[str, Any]] = []
    duplicates = 0
    for row in _usable(project, found.labels.to_pylist(), rejects):
        old = known.get(row["label_id"])
        if old is None:
            added.append(row)
        elif _says(old) == _says(row):
            duplicates += 1
        else:
            rejects[STANDS] += 1
    journal = project.workspace.labels / "imported.jsonl"
    if added:
        append_journal(journal, LABELS, _named(added, rater, path))
    return Merged(
        file=str(path),
        read=found.labels.num_rows,
        added=len(added),
        duplicates=duplicates,
        conflicts=_conflicts(all_labels(project.workspace), {row["label_id"] for row in added}),
        rejects=dict(sorted(rejects.items())),
        journal=str(journal),
    )


def export_labels(
    project: Project, recordings: list[str], form: str, out: Path, count: int, *, history: bool = False
) -> list[Path]:
    """Write the labels of some recordings, or Label Studio's tasks with the next `count` questions of each.

    A table holds the answers that stand; with `history` also those that were taken back or answered anew, and the rows
    that say so.

    Raises:
        LabelFileError: There is nothing to write.
    """
    if form == "label-studio":
        tasks = [task for name in recordings for task in _tasks(project, name, count)]
        if not tasks:
            run = advice(project.workspace.root, "align")
            raise LabelFileError(f"no recording is aligned yet, so there is nothing to ask; run: {run}")
        interface = out.with_suffix(".xml")
        atomic_write(out, to_json(tasks))
        atomic_write(interface, CONFIG.encode())
        return [out, interface]
    table = all_labels(project.workspace)
    table = table.filter(pc.is_in(table["recording_id"], pa.array(recordings, pa.string())))
    if not history:
        table = standing_rows(table)
    if not table.num_rows:
        raise LabelFileError("there are no labels of these recordings")
    if form == "csv":
        atomic_write(out, to_csv(table).encode())
    else:
        write_table(table, out, LABELS, Provenance("dougpt", fingerprint(table.to_pylist())))
    return [out]


def agreement(project: Project, recordings: list[str]) -> dict[str, Any]:
    """Return how the raters of some recordings agree, and what they disagree on."""
    table = all_labels(project.workspace)
    found = kappa(table.filter(pc.is_in(table["recording_id"], pa.array(recordings, pa.string()))))
    return found.to_dict() | {"disputed": disputes_told(project, recordings)}


def _read(path: Path, first_order: int) -> Imported:
    if path.suffix == ".parquet":
        return Imported(LABELS.sort(read_table(path, LABELS).select(LABELS.schema.names)), {})
    if path.suffix == ".jsonl":
        journal = open_journal(path, LABELS)
        return Imported(journal.table, {CUT: journal.torn} if journal.torn else {})
    if path.suffix not in {".csv", ".tsv", ".json"}:
        raise LabelFileError(f"{path}: labels are read from .jsonl, .parquet, .csv, .tsv and .json files")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise LabelFileError(f"{path}: no text in UTF-8") from error
    columns = [] if path.suffix == ".json" else columns_of(text)
    if "label_id" in columns or "verdict" in columns:
        missing = [field.name for field in LABELS.fields if not field.nullable and field.name not in columns]
        if missing:
            word = "column" if len(missing) == 1 else "columns"
            raise LabelFileError(f"{path}: {word} {', '.join(missing)} missing")
        return from_csv(text)
    try:
        return from_label_studio(text, first_order)
    except NotLabelStudioError as error:
        raise LabelFileError(f"{path}: {error}") from error


def _named(rows: list[dict[str, Any]], rater: str | None, path: Path) -> list[dict[str, Any]]:
    """The rows under one name, which is one person's: two people under it would seem to have changed their minds."""
    people = sorted({row["rater"] for row in rows})
    if rater is not None and len(people) > 1:
        raise LabelFileError(
            f"{path}: holds labels of {len(people)} people ({', '.join(people)}); leave --rater out, "
            "or import a file of each person"
        )
    return rows if rater is None else [row | {"rater": rater} for row in rows]


def _usable(project: Project, rows: Iterable[dict[str, Any]], rejects: Counter[str]) -> Iterable[dict[str, Any]]:
    """Labels of messages that are here; of a recording whose chat is not read yet, all of them."""
    events: dict[str, set[str] | None] = {}
    for row in rows:
        name = row["recording_id"]
        if name not in project.recordings:
            rejects[NOT_HERE] += 1
            continue
        if name not in events:
            events[name] = _events(project.workspace.staged(name) / "chat_events.parquet")
        there = events[name]
        if there is not None and row["event_id"] not in there:
            rejects[NO_EVENT] += 1
            continue
        yield row


def _events(path: Path) -> set[str] | None:
    return set(read_table(path, CHAT_EVENTS)["event_id"].to_pylist()) if path.exists() else None


def _says(row: dict[str, Any]) -> dict[str, Any]:
    """A label without its place in the order and its rater's name, which an import may change."""
    return {name: value for name, value in row.items() if name not in {"at_order", "rater"}}


def _conflicts(table: pa.Table, added: set[str]) -> int:
    """Messages on which a label that was added differs from another rater's."""
    verdicts: dict[tuple[str, str], set[str]] = {}
    new: set[tuple[str, str]] = set()
    for row in standing_labels(table):
        event = (row["recording_id"], row["event_id"])
        if row["verdict"] != Verdict.UNSURE:
            verdicts.setdefault(event, set()).add(row["verdict"])
        if row["label_id"] in added:
            new.add(event)
    return sum(len(verdicts.get(event, ())) > 1 for event in new)


def _tasks(project: Project, name: str, count: int) -> list[dict[str, Any]]:
    folder = project.workspace.staged(name)
    if not (folder / "links.parquet").exists():
        return []
    links, candidates, utterances, chat_events = (
        read_table(folder / f"{contract.name}.parquet", contract)
        for contract in (LINKS, CANDIDATES, UTTERANCES, CHAT_EVENTS)
    )
    labels = labels_of(project.workspace, name)
    asked = questions(links, candidates, utterances, chat_events, labels=labels, count=count)
    return to_tasks(asked, labels, candidates, utterances, chat_events)
