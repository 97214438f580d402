"""What stands of the labels of each recording, and what more of them would buy, from what the last alignment said."""

from collections import Counter
from pathlib import Path
from typing import Any

from dougpt_align.majority import decide
from dougpt_align.standing import standing_labels
from dougpt_schema import AskedAs, Verdict

from dougpt.advice import advice
from dougpt.labels import all_labels
from dougpt.project import Project
from dougpt.workspace import read_json

DISPUTED = "disputed"
NONE_YET = "no labels yet: 30 answers to random questions pin the share of replies, 50 tell how precise the links are"


def labels_told(project: Project, recordings: list[str]) -> list[dict[str, Any]]:
    """Return, of each recording that has labels, who said what, and what the last alignment made of it.

    `verdicts` counts messages, each once; `usable` those drawn at random that are neither disputed nor unsure;
    `raters` counts answers. `unattached` and `disputed` are those of the last alignment; `worth` is None where the
    recording was not aligned by this version, `moves` whether more labels would still change a figure.
    """
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in standing_labels(all_labels(project.workspace)):
        rows.setdefault(row["recording_id"], []).append(row)
    return [_told(project, name, rows[name]) for name in recordings if name in rows]


def lines(one: dict[str, Any], root: Path, *, is_aligned: bool) -> list[str]:
    """What to print of the labels of one recording of the workspace at `root`."""
    random = f"{one['random']} drawn at random"
    if one["usable"] < one["random"]:
        random += f" ({one['usable']} usable; the others are disputed or unsure)"
    told = [f"{one['events']} messages labelled, {random}, by {', '.join(one['raters'])}"]
    if not is_aligned:
        return [*told, f"not all of them were learned from yet; run: {advice(root, 'align')}"]
    if one["worth"] is not None:
        more = "more labels still pay" if one["moves"] else "more labels change little"
        told.append(f"{more}: {one['worth']}")
    if one["unattached"]:
        named = ", ".join(one["unattached"][:3]) + (", ..." if len(one["unattached"]) > 3 else "")
        told.append(f"labels that fit no message or no words of this transcript: {len(one['unattached'])} ({named})")
    if one["disputed"]:
        see = advice(root, "labels agreement")
        told.append(f"messages on which people disagree: {len(one['disputed'])}; see: {see}")
    return told


def _told(project: Project, name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    path = project.workspace.staged(name) / "report_align.json"
    report = read_json(path)["report"] if path.exists() else {}
    worth, labels = report.get("worth") or {}, report.get("labels") or {}
    said = _said(rows)
    random = {row["event_id"] for row in rows if row["asked_as"] == AskedAs.RANDOM}
    return {
        "recording_id": name,
        "events": len(said),
        "random": len(random),
        "usable": sum(said[event] in {Verdict.REPLY, Verdict.NOT_A_REPLY} for event in random),
        "verdicts": dict(sorted(Counter(said.values()).items())),
        "raters": dict(sorted(Counter(row["rater"] for row in rows).items())),
        "worth": worth.get("sentence"),
        "moves": worth.get("moves"),
        "unattached": labels.get("unattached") or [],
        "disputed": labels.get("disputed") or [],
    }


def _said(rows: list[dict[str, Any]]) -> dict[str, str]:
    """What people said of each message, all of them together: what one is unsure about, another one decides."""
    answers: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        answers.setdefault(row["event_id"], []).append(row)
    return {event: _verdict(given) for event, given in answers.items()}


def _verdict(answers: list[dict[str, Any]]) -> str:
    if all(row["verdict"] == Verdict.UNSURE for row in answers):
        return Verdict.UNSURE.value
    decision = decide(answers)
    return DISPUTED if decision is None else str(decision.answer["verdict"])
