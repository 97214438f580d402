"""Where a person stands in a workspace: every row, page and record that goes when they are forgotten."""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from dougpt_chat import forget_author, forget_names, known_by, names_of
from dougpt_chat.events import NAMES, RAW_TEXTS
from dougpt_schema import (
    ANCHORS,
    CANDIDATES,
    CHAT_EVENTS,
    LABELS,
    LINKS,
    REJECTS,
    SAMPLES,
    Contract,
    Split,
    atomic_write,
    read_provenance,
    read_table,
    write_table,
)
from dougpt_schema.journal import SUFFIX, read_journal
from pyarrow import compute as pc

from dougpt.forgotten import forgotten_json
from dougpt.labels import label_files
from dougpt.plan import Plan, State
from dougpt.project import Project
from dougpt.removal import Draft, Removal
from dougpt.training import PREFLIGHT
from dougpt.workspace import Workspace, read_json, to_json

BY_EVENT: tuple[tuple[str, Contract], ...] = (("anchors", ANCHORS), ("candidates", CANDIDATES), ("links", LINKS))


@dataclass(frozen=True, slots=True)
class Person:
    """Who is looked for.

    Attributes:
        author: Their pseudonym.
        names: What they are called in any recording, and the login that was given.
        hashes: The same under the key, with what is known of earlier.
        key: The pseudonyms' key.
    """

    author: str
    names: frozenset[str]
    hashes: frozenset[str]
    key: bytes


@dataclass(slots=True)
class _Found:
    """What was found so far: what there is to do, and how many rows go from tables of which name."""

    draft: Draft
    removed: Counter[str]

    def drop(self, path: Path, contract: Contract, chosen: Callable[[pa.Table], pa.Array]) -> bool:
        """Take the chosen rows out of a table, if it is there; return whether there were any."""
        if not path.exists():
            return False
        table = read_table(path, contract)
        kept = table.filter(pc.invert(chosen(table)))
        if kept.num_rows == table.num_rows:
            return False
        self.removed[path.stem] += table.num_rows - kept.num_rows
        self.draft.replace(path, lambda ready: write_table(kept, ready, contract, read_provenance(path)))
        return True

    def replace_json(self, path: Path, content: dict[str, Any]) -> None:
        self.draft.replace(path, lambda ready: atomic_write(ready, to_json(content)))


def survey(project: Project, author: str, login: str | None, *, keep: bool) -> Removal:
    """Return what is to be done to forget an author; it is prepared too where it is to be kept.

    Where they are found not to be is written down as well: what was made there stays as it is.
    """
    workspace, nowhere = project.workspace, _as_read(project, author)
    found = _Found(Draft(workspace, author, keep=keep), Counter())
    removal = found.draft.removal
    person = _person(project, author, login)
    for recording_id in project.recordings:
        if _in_recording(workspace, recording_id, person, found):
            nowhere.pop(recording_id, None)
    _in_labels(workspace, removal.gone, found.removed)
    datasets = sorted(path.parent for path in (workspace.root / "curated").glob("*/train.parquet"))
    touched = [folder.name for folder in datasets if _in_samples(folder, removal.gone, author, found)]
    if removal.gone:  # a dataset that a gate refused is described with samples that stand in no table
        found.draft.remove(*(workspace.refused(path.name) for path in sorted((workspace.root / "curated").glob("*"))))
    for name in touched:
        found.draft.remove(workspace.dataset(name) / "exports", *_quoting_report(workspace, name))
    trained = _in_runs(workspace, touched, found)
    left_out = project.forgotten.with_absence(author, nowhere).with_names(author, person.hashes)
    found.draft.replace(workspace.forgotten_file, lambda ready: atomic_write(ready, forgotten_json(left_out)))
    removal.told = {
        "author": author,
        "removed": dict(sorted(found.removed.items())),
        "datasets": touched,
        "trained_on_them": trained,
    }
    return removal


def _as_read(project: Project, author: str) -> dict[str, str]:
    """Return the recordings whose chat is today's and was read with the author in it, with the recipe of that."""
    plan = Plan(project)
    recipes = {
        name: plan.chat_of_everybody(name).fingerprint
        for name in project.recordings
        if plan.job("chat", name).state is State.DONE
    }
    left_out = project.forgotten.left_out_of
    return {name: recipe for name, recipe in recipes.items() if author not in left_out(name, recipe)}


def _person(project: Project, author: str, login: str | None) -> Person:
    """Gather what the person is called, as far as the side tables of any recording know."""
    names = {login} if login else set()
    for path in map(project.workspace.names_file, project.recordings):
        names |= names_of(pq.ParquetFile(path).read(), author) if path.exists() else set()
    hashes = project.forgotten.names.get(author, frozenset()) | frozenset(known_by(names, author, project.key))
    return Person(author, frozenset(names), hashes, project.key)


def _in_recording(workspace: Workspace, recording_id: str, person: Person, found: _Found) -> bool:
    """Find the person in what was staged of a recording; return whether they are there."""
    staged = workspace.staged(recording_id)
    gone, changed = _in_events(staged / "chat_events.parquet", person, found)
    named = _in_secrets(workspace, recording_id, person, gone, found.draft)
    if gone:
        found.draft.removal.events[recording_id] = sorted(gone)
        for name, contract in BY_EVENT:
            found.drop(staged / f"{name}.parquet", contract, _those(gone))
    if changed:  # these quote some messages, or show them
        found.draft.remove(
            staged / "report_align.json", workspace.align_page_file(recording_id), workspace.picture_page(recording_id)
        )
    return changed or named


def _in_events(path: Path, person: Person, found: _Found) -> tuple[set[str], bool]:
    """Return the events that go, and whether these or others that name the person change the table."""
    if not path.exists():
        return set(), False
    table = read_table(path, CHAT_EVENTS)
    gone = set(table.filter(pc.equal(table["author"], person.author))["event_id"].to_pylist())
    without = forget_author(table, person.author, person.names, key=person.key, hashes=person.hashes)
    if not without.removed and not without.masked:
        return gone, False
    if without.removed:
        found.removed[path.stem] += without.removed
    found.draft.replace(path, lambda ready: write_table(without.table, ready, CHAT_EVENTS, read_provenance(path)))
    return gone, True


def _in_secrets(workspace: Workspace, recording_id: str, person: Person, gone: Collection[str], draft: Draft) -> bool:
    """Find the person in the side tables; return whether they are there."""
    names_file, texts_file = workspace.names_file(recording_id), workspace.raw_texts_file(recording_id)
    names, texts = forget_names(
        _side_table(names_file, NAMES),
        _side_table(texts_file, RAW_TEXTS),
        person.author,
        forgotten_events=gone,
        spellings=person.names,
        key=person.key,
        hashes=person.hashes,
    )
    for path, without in ((names_file, names), (texts_file, texts)):
        if without.removed:
            draft.replace(path, _writing(without.table))
    return bool(names.removed or texts.removed)


def _side_table(path: Path, schema: pa.Schema) -> pa.Table:
    """A killed stage may have written the one and not the other."""
    return pq.ParquetFile(path).read() if path.exists() else schema.empty_table()


def _writing(table: pa.Table) -> Callable[[Path], None]:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    return lambda ready: atomic_write(ready, sink.getvalue().to_pybytes())


def _those(events: Collection[str], column: str = "event_id") -> Callable[[pa.Table], pa.Array]:
    ids = pa.array(sorted(events), pa.string())
    return lambda table: pc.fill_null(pc.is_in(table[column], ids), False)


def _in_labels(workspace: Workspace, gone: Collection[str], removed: Counter[str]) -> None:
    """Count only: labels are taken out when all else is."""
    for path in label_files(workspace):
        table = read_journal(path, LABELS) if path.suffix == SUFFIX else read_table(path, LABELS)
        if rows := pc.sum(_those(gone)(table)).as_py():
            removed[path.stem] += rows


def _in_samples(folder: Path, gone: Collection[str], author: str, found: _Found) -> bool:
    """Find samples that answer with, or quote, the person; return whether there are any."""

    def theirs(table: pa.Table) -> pa.Array:
        return pa.array([_holds(row, gone, f"@{author}") for row in table.to_pylist()], pa.bool_())

    dropped = [found.drop(folder / "rejects.parquet", REJECTS, _those(gone, "subject_id"))]
    dropped += [found.drop(folder / f"{split}.parquet", SAMPLES, theirs) for split in Split]
    return any(dropped)


def _holds(row: dict[str, Any], gone: Collection[str], mention: str) -> bool:
    texts = [row["prompt"], *row["context"], *(reply["text"] for reply in row["responses"])]
    events = {reply["event_id"] for reply in (*row["responses"], *(row.get("merged") or ()))}
    return not events.isdisjoint(gone) or any(mention in text for text in texts)


def _quoting_report(workspace: Workspace, dataset: str) -> list[Path]:
    """Return what quotes samples in a report; what holds figures alone stays."""
    kept = {workspace.history_file(dataset), workspace.blind_results(dataset)}
    return [path for path in sorted(workspace.report(dataset).glob("*")) if path.is_dir() or path not in kept]


def _in_runs(workspace: Workspace, datasets: list[str], found: _Found) -> list[str]:
    """Mark and return the runs whose stage.json names one of the datasets; what quotes samples in them goes."""
    if datasets:
        found.draft.remove(*sorted(workspace.runs.glob(f"*{PREFLIGHT}")))
    trained = [
        path.parent for path in sorted(workspace.runs.glob("*/stage.json")) if read_json(path)["dataset"] in datasets
    ]
    for run in trained:
        found.draft.remove(run / "index.html")
        if (run / "preflight.json").exists():
            found.replace_json(run / "preflight.json", _without_rows(read_json(run / "preflight.json")))
        found.replace_json(run / "forgotten.json", {"trained_on_forgotten_people": True})
    return [run.name for run in trained]


def _without_rows(told: dict[str, Any]) -> dict[str, Any]:
    """Return a run's preflight without the sample rows; what it found stays."""
    for check in told["checks"]:
        check["facts"].pop("shown", None)
    return told
