"""Questions and labels for Label Studio, and its answers back: JSON, JSON-MIN, CSV and TSV exports.

A task asks about one message; its answers are choices that the task itself carries, so that what was chosen says where
the answered speech lies. Answers that are there already go along as annotations and come back as themselves: by the id
of their result, or, in exports that keep none, by what was chosen.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from dougpt_schema import CANDIDATES, CHAT_EVENTS, UTTERANCES, ArrowStream, DougptError, Verdict, fingerprint

from dougpt_align.label_csv import rows_of
from dougpt_align.label_rows import ELSEWHERE, Imported, keep_usable
from dougpt_align.standing import standing_labels

CONFIG = """<View>
  <Header value="What does this chat message answer?"/>
  <Text name="message" value="$message"/>
  <Choices name="answer" toName="message" value="$options" choice="single-radio" required="true"/>
  <Header value="Chat around it"/>
  <Text name="chat" value="$chat"/>
</View>
"""
"""The labelling interface of the tasks, to be pasted into a project's settings."""

NOTHING, NOT_LISTED, UNSURE = "nothing that was said", "something that was said, but not listed", "I cannot tell"
CHOICE = "answer"
MOST_CANDIDATES = 12
LONGEST_TEXT = 300
CHAT_AROUND = 6


class NotLabelStudioError(DougptError):
    """A file is no export of Label Studio."""


@dataclass(frozen=True, slots=True)
class _Annotation:
    """One answer of an export: who chose what, when, and the ids of its results."""

    choice: str | None
    rater: str
    at: str
    name: str
    result_ids: tuple[str, ...] | None
    is_skipped: bool


def to_tasks(
    questions: ArrowStream,
    labels: ArrowStream | None,
    candidates: ArrowStream,
    utterances: ArrowStream,
    chat_events: ArrowStream,
) -> list[dict[str, Any]]:
    """Return tasks to import into Label Studio as JSON: labelled messages first, then the questions, in their order.

    Args:
        questions: What `asking.questions` found.
        labels: Answers so far; they become annotations, one of each rater.
        candidates: What `align` weighed.
        utterances: What it was given.
        chat_events: What it was given.

    Raises:
        ContractError: A table breaks its contract.
    """
    events = CHAT_EVENTS.check(CHAT_EVENTS.conform(chat_events)).to_pylist()
    speech = {row["utterance_id"]: row for row in UTTERANCES.check(UTTERANCES.conform(utterances)).to_pylist()}
    places = {event["event_id"]: place for place, event in enumerate(events)}
    answered: dict[str, list[dict[str, Any]]] = {}
    for label in standing_labels(labels, events[0]["recording_id"] if events else None):
        answered.setdefault(label["event_id"], []).append(label)
    asked = {event: _how_asked(given[-1]) for event, given in answered.items()}
    asked |= {row["event_id"]: _how_asked(row) for row in pa.table(questions).to_pylist()}
    weighed = _candidates(CANDIDATES.check(CANDIDATES.conform(candidates)), list(asked), speech)
    return [
        _task(events, places[name], how, weighed.get(name, []), answered.get(name, []))
        for name, how in asked.items()
        if name in places
    ]


def from_label_studio(text: str, first_order: int = 0) -> Imported:
    """Read an export of Label Studio, in JSON, JSON-MIN, CSV or TSV.

    Args:
        text: The file.
        first_order: The place in the order of answering that the first answer gets.

    Raises:
        NotLabelStudioError: The file is none, or its tasks are not those that `to_tasks` made.
    """
    tasks: dict[str, tuple[dict[str, Any], list[_Annotation]]] = {}
    rejects: Counter[str] = Counter()
    for data, annotations in _read(text):
        if "event_id" not in data or "recording_id" not in data:
            rejects["no task of dougpt: it names no event"] += max(len(annotations), 1)
            continue
        _, known = tasks.setdefault(f"{data['recording_id']}/{data['event_id']}", (data, []))
        known.extend(annotations)
    if not tasks:
        raise NotLabelStudioError("no task names an event: export the tasks that dougpt labels export made")
    rows = sorted((row for data, given in tasks.values() for row in _labels(data, given, rejects)), key=_when)
    numbered = [
        {name: value for name, value in row.items() if name != "at"} | {"at_order": first_order + place}
        for place, row in enumerate(rows)
    ]
    return keep_usable(numbered, rejects)


def _when(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["at"], row["label_id"]


def _how_asked(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("asked_as", "stratum", "inclusion_probability")}


def _candidates(
    candidates: pa.Table, events: list[str], speech: Mapping[int, dict[str, Any]]
) -> dict[str, list[dict[str, Any]]]:
    """The likeliest utterances of each event in the order of time, with the lag from each."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in candidates.filter(pc.is_in(candidates["event_id"], pa.array(events, pa.string()))).to_pylist():
        found.setdefault(row["event_id"], []).append(row)
    for name, rows in found.items():
        likeliest = sorted(rows, key=lambda row: (-row["probability"], row["utterance_id"]))[:MOST_CANDIDATES]
        said = [speech[row["utterance_id"]] | {"lag_ms": row["lag_ms"]} for row in likeliest]
        found[name] = sorted(said, key=lambda row: (row["start_ms"], row["utterance_id"]))
    return found


def _task(
    events: list[dict[str, Any]],
    place: int,
    how: dict[str, Any],
    weighed: list[dict[str, Any]],
    given: list[dict[str, Any]],
) -> dict[str, Any]:
    event = events[place]
    # The recording's clock, as far as a candidate tells it.
    ahead_ms = event["offset_ms"] - weighed[0]["end_ms"] - weighed[0]["lag_ms"] if weighed else 0
    named = [_span(label) for label in given if label["verdict"] == Verdict.REPLY]
    spans = [(row["start_ms"], row["end_ms"], row["text"]) for row in weighed]
    spans = sorted({*spans, *(span for span in named if span is not None)})
    choices = {_shown(start, text): (start, end, text) for start, end, text in spans}
    chosen = {label["label_id"]: _choice(label) for label in given}
    return {
        "data": {
            "recording_id": event["recording_id"],
            "event_id": event["event_id"],
            "message": _shown(event["offset_ms"] - ahead_ms, event["text"]),
            "chat": "\n".join(
                _shown(other["offset_ms"] - ahead_ms, other["text"])
                for other in events[max(place - CHAT_AROUND, 0) : place + CHAT_AROUND + 1]
            ),
            "options": [{"value": choice} for choice in (*choices, NOTHING, NOT_LISTED, UNSURE)],
            "candidates": [
                {"choice": choice, "start_ms": start, "end_ms": end, "text": text}
                for choice, (start, end, text) in choices.items()
            ],
            "answers": [
                {"label_id": label["label_id"], "rater": label["rater"], "choice": chosen[label["label_id"]]}
                | {"blind": label["blind"], **_how_asked(label)}
                for label in given
            ],
            "blind": True,
            **how,
        },
        "annotations": [_annotation(label["label_id"], chosen[label["label_id"]]) for label in given],
    }


def _span(label: Mapping[str, Any]) -> tuple[int, int, str] | None:
    if label["utterance_start_ms"] is None or label["utterance_end_ms"] is None:
        return None
    return label["utterance_start_ms"], label["utterance_end_ms"], label["utterance_text"] or ""


def _choice(label: Mapping[str, Any]) -> str:
    if label["verdict"] == Verdict.REPLY:
        span = _span(label)
        return NOT_LISTED if span is None else _shown(span[0], span[2])
    return NOTHING if label["verdict"] == Verdict.NOT_A_REPLY else UNSURE


def _shown(at_ms: int, text: str) -> str:
    """A time to the hundredth of a second and a text on one line, cut where it is long."""
    seconds, rest = divmod(abs(at_ms) // 10, 100)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    line = " ".join(text.split())
    line = line if len(line) <= LONGEST_TEXT else line[:LONGEST_TEXT] + "…"
    return f"{'-' if at_ms < 0 else ''}{hours}:{minutes:02}:{seconds:02}.{rest:02}  {line}"


def _annotation(label_id: str, choice: str) -> dict[str, Any]:
    result = {"id": label_id, "from_name": CHOICE, "to_name": "message", "type": "choices"}
    return {"result": [result | {"value": {"choices": [choice]}}], "was_cancelled": False}


def _read(text: str) -> Iterator[tuple[dict[str, Any], list[_Annotation]]]:
    """Tasks with their answers."""
    if text.lstrip("\ufeff \r\n\t")[:1] not in {"[", "{"}:
        for row in rows_of(text):
            data = {name: _unpacked(cell) for name, cell in row.items()}
            yield data, [_flat_annotation(data)]
        return
    try:
        tasks = json.loads(text.removeprefix("\ufeff"))
    except ValueError as error:
        raise NotLabelStudioError(f"no JSON that can be read ({error})") from error
    tasks = tasks if isinstance(tasks, list) else [tasks]
    for task in tasks:
        if not isinstance(task, dict):
            raise NotLabelStudioError(f"a task is no object but {str(task)[:40]!r}")
        if isinstance(task.get("data"), dict):
            given = [one for one in task.get("annotations") or [] if isinstance(one, dict)]
            yield task["data"], [_full_annotation(one) for one in given]
        else:
            yield task, [_flat_annotation(task)]


def _unpacked(cell: str) -> Any:
    """What a CSV holds of lists and objects, which Label Studio writes as JSON."""
    if cell[:1] not in {"[", "{"}:
        return cell
    try:
        return json.loads(cell)
    except ValueError:
        return cell


def _full_annotation(given: Mapping[str, Any]) -> _Annotation:
    results = [one for one in given.get("result") or [] if isinstance(one, dict) and one.get("from_name") == CHOICE]
    choices = [choice for one in results for choice in (one.get("value") or {}).get("choices") or []]
    return _Annotation(
        choice=str(choices[0]) if len(choices) == 1 else None,
        rater=_rater(given.get("completed_by")),
        at=str(given.get("updated_at") or given.get("created_at") or ""),
        name=str(given.get("id") or ""),
        result_ids=tuple(str(one.get("id")) for one in results),
        is_skipped=bool(given.get("was_cancelled")),
    )


def _flat_annotation(row: Mapping[str, Any]) -> _Annotation:
    """The answer of a row of CSV or JSON-MIN, where the name of the control is a column."""
    choice = row.get(CHOICE)
    return _Annotation(
        choice=choice if isinstance(choice, str) and choice else None,
        rater=_rater(row.get("annotator")),
        at=str(row.get("updated_at") or row.get("created_at") or ""),
        name=str(row.get("annotation_id") or ""),
        result_ids=None,
        is_skipped=False,
    )


def _rater(who: Any) -> str:
    if isinstance(who, dict):
        who = who.get("email") or who.get("username") or who.get("id")
    return "label-studio" if who is None else str(who).strip() or "label-studio"


def _labels(data: Mapping[str, Any], given: list[_Annotation], rejects: Counter[str]) -> Iterator[dict[str, Any]]:
    """The labels of one task; answers that went along come back as they were."""
    known = [one for one in data.get("answers") or [] if isinstance(one, dict)]
    spans = {one.get("choice"): one for one in data.get("candidates") or [] if isinstance(one, dict)}
    for annotation in given:
        if annotation.is_skipped or annotation.choice is None:
            rejects["skipped in Label Studio" if annotation.is_skipped else "without exactly one answer"] += 1
            continue
        said = _said(annotation.choice, spans)
        if said is None:
            rejects["the answer is none of the task's choices"] += 1
            continue
        old = next((one for one in known if _is_same(one, annotation)), None)
        if old is not None:
            known.remove(old)
        row = {name: data.get(name, default) for name, default in ELSEWHERE.items()} | {
            "recording_id": data["recording_id"],
            "event_id": data["event_id"],
            "rater": annotation.rater,
            "at": annotation.at,
            **said,
        }
        row |= {name: old[name] for name in ("label_id", "rater", *ELSEWHERE) if name in old} if old else {}
        if old is None:
            identity = [*(row[name] for name in ("recording_id", "event_id", "rater")), annotation.name, said]
            row["label_id"] = f"label-studio-{fingerprint(identity)[:24]}"
        yield _typed(row)


def _is_same(known: Mapping[str, Any], annotation: _Annotation) -> bool:
    if known.get("choice") != annotation.choice:
        return False
    return annotation.result_ids is None or known.get("label_id") in annotation.result_ids


def _said(choice: str, spans: Mapping[Any, Mapping[str, Any]]) -> dict[str, Any] | None:
    nothing = {"utterance_start_ms": None, "utterance_end_ms": None, "utterance_text": None}
    verdicts = {NOTHING: Verdict.NOT_A_REPLY, NOT_LISTED: Verdict.REPLY, UNSURE: Verdict.UNSURE}
    if choice in verdicts:
        return {"verdict": verdicts[choice].value, **nothing}
    span = spans.get(choice)
    if span is None:
        return None
    return {
        "verdict": Verdict.REPLY.value,
        "utterance_start_ms": span.get("start_ms"),
        "utterance_end_ms": span.get("end_ms"),
        "utterance_text": span.get("text"),
    }


def _typed(row: dict[str, Any]) -> dict[str, Any]:
    """What a CSV gave as text, as what it is; where it is none, the contract says so."""
    inclusion, blind = row["inclusion_probability"], row["blind"]
    if isinstance(inclusion, str):
        try:
            inclusion = float(inclusion)
        except ValueError:
            inclusion = None
    return row | {"inclusion_probability": inclusion, "blind": str(blind).strip().lower() in {"true", "1"}}
