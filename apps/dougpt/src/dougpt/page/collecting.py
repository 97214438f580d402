"""Reading what stages left in a workspace; a piece that is not there is no error."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
from dougpt_eval.history import read_history
from dougpt_schema import CLOCK, LINKS, SOURCES, Contract, Split, read_provenance, read_table
from pyarrow import parquet

from dougpt.page.facts import LineageRow, PageFacts, RecordingFacts
from dougpt.workspace import Workspace, read_json

LINK_COLUMNS = ["accepted", "reason", "probability", "lag_ms"]
STAGED = ("words", "chat_events", "utterances", "links")


def read_facts(root: Path, dataset: str, run_id: str | None, model: str | None = None) -> PageFacts:
    """Return the facts of one run, or of one model alone; see `dougpt.page.collect`."""
    workspace = Workspace(root)
    curate_file = workspace.dataset(dataset) / "report_curate.json"
    members = [] if model is not None else _members(curate_file) or workspace.recordings()
    found: dict[str, dict[str, Any] | None] = {}
    if model is None:
        found |= {
            "curate": _report(curate_file),
            "evaluation": _report(workspace.report(dataset) / "report_evaluate.json"),
        }
    if run_id is not None:
        run = workspace.run(run_id)
        found |= {name: _report(run / f"{name}.json") for name in ("settings", "preflight", "metrics", "run")}
    recordings = tuple(_recording(workspace, name) for name in members)
    history, blind = read_history(workspace.history_file(dataset)), _report(workspace.blind_results(dataset))
    return PageFacts(
        dataset=dataset,
        run_id=run_id,
        model=model,
        recordings=recordings,
        **found,
        history=tuple(history),
        blind=blind,
        lineage=tuple(_lineage(workspace, dataset, members)),
        missing=tuple(_missing(recordings, found)),
    )


def _recording(workspace: Workspace, recording_id: str) -> RecordingFacts:
    staged, page = workspace.staged(recording_id), workspace.align_page_file(recording_id)
    links = _table(staged / "links.parquet", LINKS)
    return RecordingFacts(
        recording_id=recording_id,
        sources=_table(workspace.sources_file(recording_id), SOURCES),
        transcribe=_report(staged / "report_transcribe.json"),
        chat=_report(staged / "report_chat.json"),
        align=_report(staged / "report_align.json"),
        links=None if links is None else links.select(LINK_COLUMNS),
        clock=_table(staged / "clock.parquet", CLOCK),
        words=_rows(staged / "words.parquet"),
        events=_rows(staged / "chat_events.parquet"),
        align_page=f"../{page.name}" if page.is_file() else None,
    )


def _lineage(workspace: Workspace, dataset: str, members: list[str]) -> list[LineageRow]:
    staged = [workspace.staged(name) / f"{table}.parquet" for name in members for table in STAGED]
    curated = [workspace.dataset(dataset) / f"{split}.parquet" for split in Split]
    rows = []
    for path in (*staged, *curated):
        if path.is_file():
            made = read_provenance(path)
            place = path.relative_to(workspace.root).as_posix()
            rows.append(LineageRow(place, made.producer, made.fingerprint, made.settings, made.code, made.inputs))
    return rows


def _missing(recordings: tuple[RecordingFacts, ...], found: Mapping[str, object]) -> list[str]:
    words = {
        "curate": "the dataset's report",
        "preflight": "the checks before training",
        "metrics": "the loss curves",
        "run": "the record of the training",
        "evaluation": "the evaluation",
    }
    gone = [text for name, text in words.items() if name in found and found[name] is None]
    for name, text in (
        ("sources", "the list of files"),
        ("chat", "the chat's report"),
        ("align", "the alignment's report"),
    ):
        without = [one.recording_id for one in recordings if getattr(one, name) is None]
        if without:
            gone.append(f"{text} of {', '.join(without[:3])}{' and others' if len(without) > 3 else ''}")
    return gone


def _members(path: Path) -> list[str]:
    """Return the recordings that the dataset was made from, as its report names them."""
    return sorted(read_json(path).get("recordings", ())) if path.is_file() else []


def _report(path: Path) -> dict[str, Any] | None:
    """Return a report, out of the envelope that names its recipe where it is in one."""
    if not path.is_file():
        return None
    content = read_json(path)
    inner = content.get("report", content)
    return dict(inner) if isinstance(inner, dict) else None


def _table(path: Path, contract: Contract) -> pa.Table | None:
    return read_table(path, contract) if path.is_file() else None


def _rows(path: Path) -> int | None:
    return int(parquet.read_metadata(path).num_rows) if path.is_file() else None
