"""From a sample back to the bytes it came from."""

from pathlib import Path
from typing import Any

from dougpt_schema import CHAT_EVENTS, LINKS, SAMPLES, UTTERANCES, WORDS, DougptError, Split, read_table

from dougpt.plan import mark
from dougpt.project import Project
from dougpt.recipes import STAGES
from dougpt.workspace import read_json


class NoSuchSampleError(DougptError):
    """No sample, or several, begin with what was asked for."""


def trace(project: Project, sample_id: str) -> dict[str, Any]:
    """Return sample, utterances with words, replies with link and event, sources, and each stage's recipe and settings.

    Raises:
        NoSuchSampleError: `sample_id` is the start of no sample's id, or of several.
    """
    dataset = project.settings.dataset.name
    sample = _find(project.workspace.dataset(dataset), sample_id)
    recording_id = sample["recording_id"]
    staged = project.workspace.staged(recording_id)
    sources = {source.source_id: source.row for source in project.recordings[recording_id].sources}
    words = read_table(staged / "words.parquet", WORDS).to_pylist()
    utterances = _by(staged / "utterances.parquet", UTTERANCES, "utterance_id")
    events = _by(staged / "chat_events.parquet", CHAT_EVENTS, "event_id")
    links = _by(staged / "links.parquet", LINKS, "event_id")
    return {
        "dataset": dataset,
        "sample": sample,
        "utterances": [_utterance(utterances[name], words, sources) for name in sample["utterance_ids"]],
        "replies": [
            {
                "response": response,
                "link": links[response["event_id"]],
                "event": _plain(events[response["event_id"]]),
                "source": _named(sources[events[response["event_id"]]["source_id"]]),
            }
            for response in sample["responses"]
        ],
        "stages": [_stage(project, name, recording_id, dataset) for name in ("transcribe", "chat", "align", "curate")],
    }


def _find(folder: Path, sample_id: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = []
    for split in Split:
        path = folder / f"{split}.parquet"
        if path.exists():
            rows = read_table(path, SAMPLES).select(SAMPLES.schema.names).to_pylist()
            found += [row for row in rows if row["sample_id"].startswith(sample_id)]
    if len(found) != 1:
        raise NoSuchSampleError(f"{folder}: {len(found) or 'no'} samples have an id that starts with {sample_id!r}")
    return found[0]


def _by(path: Path, contract: Any, key: str) -> dict[Any, dict[str, Any]]:
    return {row[key]: row for row in read_table(path, contract).to_pylist()}


def _utterance(
    utterance: dict[str, Any], words: list[dict[str, Any]], sources: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    spoken = [word for word in words if utterance["first_word_id"] <= word["word_id"] <= utterance["last_word_id"]]
    return utterance | {"words": spoken, "source": _named(sources[spoken[0]["source_id"]])}


def _named(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("source_id", "role", "name", "sha256", "bytes")}


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in row.items()}


def _stage(project: Project, name: str, recording_id: str, dataset: str) -> dict[str, Any]:
    """Return what an artifact says of the stage that made it, whatever today's settings are."""
    per_recording = STAGES[name].per == "recording"
    folder = project.workspace.staged(recording_id) if per_recording else project.workspace.dataset(dataset)
    made = mark(folder / STAGES[name].outputs[-1])
    report = read_json(folder / f"report_{name}.json")
    return {
        "stage": name,
        "fingerprint": made.fingerprint if made else "",
        "code": made.code if made else "",
        "settings": report["settings"],
    }
