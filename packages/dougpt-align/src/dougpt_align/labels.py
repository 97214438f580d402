"""What people decided, put back onto this run's events and utterances.

Labels point at times and text, because utterance numbers change with every transcription. A label is
attached to the utterance that overlaps it most in time and, among equals, in words; what cannot be
attached is listed and never guessed.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from dougpt_schema import LABELS, ArrowStream, AskedAs, Verdict

from dougpt_align.arrays import Bools, Floats, Ints
from dougpt_align.majority import MIN_OVERLAP, decide
from dougpt_align.scene import Scene, Speech
from dougpt_align.standing import standing_labels


@dataclass(frozen=True, slots=True)
class Labels:
    """Settled labels (L): event row, whether it is a reply, utterance row or -1, and how it was drawn.

    `share_L` says how many of the raters who were sure say whether it is a reply as `is_reply_L` does. `unattached`
    lists labels whose event or utterance is not in these tables; `disputed` events on which no more than half of the
    raters say the same; `elsewhere` counts labels of other recordings.
    """

    event_L: Ints
    is_reply_L: Bools
    share_L: Floats
    parent_L: Ints
    is_random_L: Bools
    inclusion_L: Floats
    stratum_L: Ints
    unattached: tuple[str, ...]
    disputed: tuple[str, ...]
    elsewhere: int = 0

    @property
    def random(self) -> Bools:
        """Which labels estimate shares without bias: drawn at random with a known probability."""
        return np.asarray(self.is_random_L & (self.inclusion_L > 0))

    def none(self) -> "Labels":
        """As if nobody had answered."""
        return self.among(np.zeros(0, dtype=np.int64))

    def among(self, rows: Ints) -> "Labels":
        """Only the labels of the events `rows`, which are sorted."""
        mine = np.isin(self.event_L, rows)
        return replace(
            self,
            event_L=self.event_L[mine],
            is_reply_L=self.is_reply_L[mine],
            share_L=self.share_L[mine],
            parent_L=self.parent_L[mine],
            is_random_L=self.is_random_L[mine],
            inclusion_L=self.inclusion_L[mine],
            stratum_L=self.stratum_L[mine],
        )


def settle(labels: ArrowStream | None, scene: Scene) -> Labels:
    """Attach `labels` of the scene's recording.

    Undone and unsure labels are left out. The last answer of each rater counts; an event of which no more than half
    of the raters say the same is disputed and left out.

    Raises:
        ContractError: The table breaks its contract.
    """
    table = LABELS.conform(labels) if labels is not None else LABELS.empty()
    rows = [row for row in standing_labels(table, scene.chat.recording_id) if row["verdict"] != Verdict.UNSURE]
    mine = pc.sum(pc.equal(table["recording_id"], scene.chat.recording_id)).as_py() or 0
    events = {event: row for row, event in enumerate(scene.chat.ids.to_pylist())} if rows else {}
    return replace(settle_rows(rows, events, scene.speech), elsewhere=table.num_rows - mine)


def settle_rows(rows: list[dict[str, Any]], events: dict[str, int], speech: Speech) -> Labels:
    """Attach labels that stand, none of them unsure, to events by their rows and to utterances."""
    unattached: list[str] = []
    by_event: dict[int, list[dict[str, Any]]] = {}
    for label in rows:
        row = events.get(str(label["event_id"]))
        if row is None:
            unattached.append(str(label["label_id"]))
        else:
            by_event.setdefault(row, []).append(label)
    found: list[tuple[int, bool, float, int, bool, float, str]] = []
    disputed: list[str] = []
    for row, answers in sorted(by_event.items()):
        decision = decide(answers)
        if decision is None:
            disputed.append(str(answers[0]["event_id"]))
            continue
        answer = decision.answer
        is_reply = answer["verdict"] == Verdict.REPLY
        parent = attach(answer, speech) if is_reply else -1
        if is_reply and parent < 0 and answer["utterance_start_ms"] is not None:
            unattached.append(str(answer["label_id"]))
        found.append((row, is_reply, decision.share, parent, *drawn(answers)))
    columns = list(zip(*found, strict=True)) if found else [()] * 7
    return Labels(
        event_L=np.array(columns[0], dtype=np.int64),
        is_reply_L=np.array(columns[1], dtype=np.bool_),
        share_L=np.array(columns[2], dtype=np.float64),
        parent_L=np.array(columns[3], dtype=np.int64),
        is_random_L=np.array(columns[4], dtype=np.bool_),
        inclusion_L=np.array(columns[5], dtype=np.float64),
        stratum_L=_numbered(columns[6]),
        unattached=tuple(unattached),
        disputed=tuple(disputed),
    )


def drawn(answers: list[dict[str, Any]]) -> tuple[bool, float, str]:
    """Whether any rater was asked about an event because it was drawn, with which probability, from which stratum.

    An event that one rater drew counts as drawn, whoever else chose to ask about it.
    """
    last = next((answer for answer in reversed(answers) if answer["asked_as"] == AskedAs.RANDOM), answers[-1])
    return last["asked_as"] == AskedAs.RANDOM, float(last["inclusion_probability"]), str(last["stratum"])


def _numbered(names: tuple[str, ...]) -> Ints:
    return np.unique(np.array(names, dtype=str), return_inverse=True)[1].astype(np.int64)


def merge(settled: list[Labels]) -> Labels:
    """Labels of several recordings together, for what needs only their verdicts; event rows are renumbered."""
    sizes = [len(labels.event_L) for labels in settled]
    return Labels(
        event_L=np.arange(sum(sizes), dtype=np.int64),
        is_reply_L=np.concatenate([labels.is_reply_L for labels in settled]),
        share_L=np.concatenate([labels.share_L for labels in settled]),
        parent_L=np.full(sum(sizes), -1, dtype=np.int64),
        is_random_L=np.concatenate([labels.is_random_L for labels in settled]),
        inclusion_L=np.concatenate([labels.inclusion_L for labels in settled]),
        stratum_L=_apart([labels.stratum_L for labels in settled]),
        unattached=tuple(label for labels in settled for label in labels.unattached),
        disputed=tuple(event for labels in settled for event in labels.disputed),
    )


def _apart(numbers: list[Ints]) -> Ints:
    """Strata of several recordings, which have nothing in common."""
    starts = np.cumsum([0, *(int(one.max(initial=-1)) + 1 for one in numbers)])
    return np.concatenate([one + start for one, start in zip(numbers, starts, strict=False)]).astype(np.int64)


def attach(label: dict[str, Any], speech: Speech) -> int:
    """The utterance row that the label means, or -1."""
    start, end = label["utterance_start_ms"], label["utterance_end_ms"]
    if not isinstance(start, int) or not isinstance(end, int):
        return -1
    overlap = np.minimum(speech.end_ms, end) - np.maximum(speech.start_ms, start)
    shorter = np.maximum(np.minimum(speech.end_ms - speech.start_ms, end - start), 1)
    share = np.where((speech.start_ms == start) & (speech.end_ms == end), 1.0, overlap / shorter)
    near = np.flatnonzero(share >= MIN_OVERLAP)
    if not len(near):
        return -1
    wanted = set(str(label["utterance_text"] or "").casefold().split())
    texts = speech.texts.take(pa.array(near)).to_pylist()
    common = [len(wanted & set(text.casefold().split())) / max(len(wanted), 1) for text in texts]
    if wanted and max(common) == 0:
        return -1
    best = max(
        range(len(near)), key=lambda k: (round(common[k] + float(overlap[near[k]]) / max(end - start, 1), 9), -k)
    )
    return int(near[best])
