"""From a sample back to the bytes it came from, and from a message or a stretch of a recording to its samples."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dougpt_align.standing import standing_labels
from dougpt_schema import CHAT_EVENTS, LINKS, REJECTS, SAMPLES, UTTERANCES, WORDS, DougptError, Split, read_table
from pyarrow import compute as pc

from dougpt.labels import labels_of
from dougpt.plan import Plan, State, mark
from dougpt.project import Project
from dougpt.recipes import STAGES
from dougpt.workspace import read_json

ROWS_AT_ONCE = 1024


class NoSuchSampleError(DougptError):
    """No sample, or several, begin with what was asked for."""


class NoSuchEventError(DougptError):
    """No chat message, or several, begin with what was asked for."""


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
    labels = _labels(project, recording_id)
    return {
        "dataset": dataset,
        "sample": sample,
        "utterances": [_utterance(utterances[name], words, sources) for name in sample["utterance_ids"]],
        "replies": [
            {
                "response": response,
                "link": links[response["event_id"]],
                "labels": labels.get(response["event_id"], []),
                "event": _plain(events[response["event_id"]]),
                "source": _named(sources[events[response["event_id"]]["source_id"]]),
            }
            for response in sample["responses"]
        ],
        "stages": [_stage(project, name, recording_id, dataset) for name in ("transcribe", "chat", "align", "curate")],
        "due": _due(project, recording_id),
    }


def sample_of_line(line: str) -> tuple[str, str | None]:
    """Return the sample's id that an exported line carries, and the event's where it is one reply.

    Raises:
        NoSuchSampleError: The line is no exported one.
    """
    try:
        row = json.loads(line)
        sample_id = row["sample_id"]
    except (ValueError, KeyError, TypeError) as error:
        raise NoSuchSampleError(f"no exported line, which is a JSON object with a sample_id: {line[:60]!r}") from error
    return str(sample_id), row.get("event_id")


def trace_event(project: Project, event_id: str) -> dict[str, Any]:
    """Return what became of a chat message: its source row, its link, and the sample that it is in or the reason.

    Raises:
        NoSuchEventError: No recording has exactly one message whose id starts with `event_id`.
    """
    found: list[tuple[str, dict[str, Any]]] = []
    for recording_id in project.recordings:
        path = project.workspace.staged(recording_id) / "chat_events.parquet"
        if path.exists():
            events = read_table(path, CHAT_EVENTS)
            chosen = events.filter(pc.starts_with(events["event_id"], event_id)).to_pylist()
            exact = [row for row in chosen if row["event_id"] == event_id]
            found += [(recording_id, row) for row in exact or chosen]
    if len(found) != 1:
        raise NoSuchEventError(f"{len(found) or 'no'} chat messages have an id that starts with {event_id!r}")
    recording_id, event = found[0]
    sources = {source.source_id: source.row for source in project.recordings[recording_id].sources}
    return {
        "event": _plain(event),
        "source": _named(sources[event["source_id"]]),
        "link": _link_of(project.workspace.staged(recording_id), event["event_id"]),
        "labels": _labels(project, recording_id).get(event["event_id"], []),
        "uses": _uses(project, recording_id, event["event_id"]),
        "due": _due(project, recording_id),
    }


def trace_stretch(project: Project, recording_id: str, from_ms: int, to_ms: int | None) -> list[dict[str, Any]]:
    """Return the samples of which the prompt was said in a stretch of a recording, by time."""
    rows = [
        row
        for row in _samples(project.workspace.dataset(project.settings.dataset.name))
        if row["recording_id"] == recording_id
        and row["end_ms"] > from_ms
        and (to_ms is None or row["start_ms"] < to_ms)
    ]
    return sorted(rows, key=lambda row: (row["start_ms"], row["sample_id"]))


def _due(project: Project, recording_id: str) -> list[dict[str, Any]]:
    """Which of alignment and dataset are of before, and why: of what they say, not all may stand today."""
    plan = Plan(project)
    jobs = [plan.job("align", recording_id)]
    if recording_id in project.members():
        jobs.append(plan.job("curate", plan.dataset))
    return [{"stage": job.stage.name, "why": list(job.why)} for job in jobs if job.state is not State.DONE]


def _labels(project: Project, recording_id: str) -> dict[str, list[dict[str, Any]]]:
    """What people said of each message of a recording, as far as it stands."""
    found: dict[str, list[dict[str, Any]]] = {}
    for label in standing_labels(labels_of(project.workspace, recording_id)):
        said = _chosen(
            label, "label_id", "rater", "verdict", "utterance_start_ms", "utterance_end_ms", "utterance_text"
        )
        found.setdefault(label["event_id"], []).append(said)
    return found


def _link_of(staged: Path, event_id: str) -> dict[str, Any] | None:
    path = staged / "links.parquet"
    if not path.exists():
        return None
    links = read_table(path, LINKS)
    return next(iter(links.filter(pc.equal(links["event_id"], event_id)).to_pylist()), None)


def _uses(project: Project, recording_id: str, event_id: str) -> list[dict[str, Any]]:
    """Where a message is in the dataset: as a reply, as a copy of one, or left out for a reason."""
    dataset = project.workspace.dataset(project.settings.dataset.name)
    uses: list[dict[str, Any]] = []
    for row in _samples(dataset):
        if row["recording_id"] != recording_id:
            continue
        place = {name: row[name] for name in ("sample_id", "split", "prompt")}
        uses += [place | {"as": "reply"} for reply in row["responses"] if reply["event_id"] == event_id]
        uses += [place | {"as": f"copy of {copy['into']}"} for copy in row["merged"] if copy["event_id"] == event_id]
    path = dataset / "rejects.parquet"
    if path.exists():
        rejects = read_table(path, REJECTS)
        mine = pc.and_(pc.equal(rejects["recording_id"], recording_id), pc.equal(rejects["subject_id"], event_id))
        uses += [{"as": "left out", **_chosen(row, "reason", "detail")} for row in rejects.filter(mine).to_pylist()]
    return uses


def _chosen(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: row[name] for name in names}


def _samples(folder: Path) -> Iterator[dict[str, Any]]:
    for split in Split:
        path = folder / f"{split}.parquet"
        if path.exists():
            for batch in read_table(path, SAMPLES).to_batches(max_chunksize=ROWS_AT_ONCE):
                yield from batch.to_pylist()


def _find(folder: Path, sample_id: str) -> dict[str, Any]:
    # Samples that an older version made do not tell which of their replies a person linked.
    found = [
        _chosen(row, *SAMPLES.schema.names) | {"labelled": row.get("labelled") or []}
        for row in _samples(folder)
        if row["sample_id"].startswith(sample_id)
    ]
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
