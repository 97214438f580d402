"""What people decided, put back onto this run's events and utterances.

Labels point at times and text, because utterance numbers change with every transcription. A label is
attached to the utterance that overlaps it most in time and, among equals, in words; what cannot be
attached is listed and never guessed.
"""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from dougpt_schema import LABELS, ArrowStream, Verdict

from dougpt_align.arrays import Bools, Floats, Ints
from dougpt_align.scene import Scene

MIN_OVERLAP = 0.3


@dataclass(frozen=True, slots=True)
class Labels:
    """Settled labels (L): event row, whether it is a reply, utterance row or -1, and how it was drawn.

    `unattached` lists labels whose event or utterance is not in these tables; `disputed` events on which
    raters disagree; `elsewhere` counts labels of other recordings.
    """

    event_L: Ints
    is_reply_L: Bools
    parent_L: Ints
    is_random_L: Bools
    inclusion_L: Floats
    unattached: tuple[str, ...]
    disputed: tuple[str, ...]
    elsewhere: int = 0

    @property
    def random(self) -> Bools:
        """Which labels estimate shares without bias: drawn at random with a known probability."""
        return np.asarray(self.is_random_L & (self.inclusion_L > 0))

    def among(self, rows: Ints) -> "Labels":
        """Only the labels of the events `rows`, which are sorted."""
        mine = np.isin(self.event_L, rows)
        return replace(
            self,
            event_L=self.event_L[mine],
            is_reply_L=self.is_reply_L[mine],
            parent_L=self.parent_L[mine],
            is_random_L=self.is_random_L[mine],
            inclusion_L=self.inclusion_L[mine],
        )


def settle(labels: ArrowStream | None, scene: Scene) -> Labels:
    """Attach `labels` of the scene's recording.

    Undone and unsure labels are left out. The last answer of each rater counts; an event on which raters
    disagree about being a reply is disputed and left out.

    Raises:
        ContractError: The table breaks its contract.
    """
    table = LABELS.check(LABELS.conform(labels)) if labels is not None else LABELS.empty()
    rows = _standing(table, scene)
    mine = pc.sum(pc.equal(table["recording_id"], scene.chat.recording_id)).as_py() or 0
    events = {event: row for row, event in enumerate(scene.chat.ids.to_pylist())} if rows else {}
    unattached: list[str] = []
    by_event: dict[int, list[dict[str, object]]] = {}
    for label in rows:
        row = events.get(str(label["event_id"]))
        if row is None:
            unattached.append(str(label["label_id"]))
        else:
            by_event.setdefault(row, []).append(label)
    found: list[tuple[int, bool, int, bool, float]] = []
    disputed: list[str] = []
    for row, answers in sorted(by_event.items()):
        verdicts = {answer["verdict"] for answer in answers}
        if len(verdicts) > 1:
            disputed.append(str(answers[0]["event_id"]))
            continue
        last = answers[-1]
        parent = -1
        if last["verdict"] == Verdict.REPLY:
            parent = _attach(last, scene)
            if parent < 0 and last["utterance_start_ms"] is not None:
                unattached.append(str(last["label_id"]))
        inclusion = last["inclusion_probability"]
        found.append(
            (
                row,
                last["verdict"] == Verdict.REPLY,
                parent,
                last["asked_as"] == "random",
                float(inclusion) if isinstance(inclusion, float) else 0.0,
            )
        )
    columns = list(zip(*found, strict=True)) if found else [(), (), (), (), ()]
    return Labels(
        event_L=np.array(columns[0], dtype=np.int64),
        is_reply_L=np.array(columns[1], dtype=np.bool_),
        parent_L=np.array(columns[2], dtype=np.int64),
        is_random_L=np.array(columns[3], dtype=np.bool_),
        inclusion_L=np.array(columns[4], dtype=np.float64),
        unattached=tuple(unattached),
        disputed=tuple(disputed),
        elsewhere=table.num_rows - mine,
    )


def merge(settled: list[Labels]) -> Labels:
    """Labels of several recordings together, for what needs only their verdicts; event rows are renumbered."""
    sizes = [len(labels.event_L) for labels in settled]
    return Labels(
        event_L=np.arange(sum(sizes), dtype=np.int64),
        is_reply_L=np.concatenate([labels.is_reply_L for labels in settled]),
        parent_L=np.full(sum(sizes), -1, dtype=np.int64),
        is_random_L=np.concatenate([labels.is_random_L for labels in settled]),
        inclusion_L=np.concatenate([labels.inclusion_L for labels in settled]),
        unattached=tuple(label for labels in settled for label in labels.unattached),
        disputed=tuple(event for labels in settled for event in labels.disputed),
    )


def share_of_replies(labels: Labels, fewest: int) -> float | None:
    """The share of replies among events, estimated from random labels weighted by their inclusion; None if too few.

    Half a label of each kind is added, so that a handful of equal answers does not make a share of 0 or 1.
    """
    random = labels.random
    if int(random.sum()) < fewest:
        return None
    weight = 1.0 / labels.inclusion_L[random]
    unit = float(weight.mean())
    replies = float(weight @ labels.is_reply_L[random])
    return (replies + 0.5 * unit) / (float(weight.sum()) + unit)


def _standing(table: pa.Table, scene: Scene) -> list[dict[str, object]]:
    rows = [row for row in table.to_pylist() if row["recording_id"] == scene.chat.recording_id]
    undone = {row["undoes"] for row in rows if row["undoes"] is not None}
    latest: dict[tuple[str, str], dict[str, object]] = {}
    for row in rows:
        if row["label_id"] in undone:
            continue
        key = (row["event_id"], row["rater"])
        latest.pop(key, None)
        latest[key] = row
    return [row for row in latest.values() if row["verdict"] != Verdict.UNSURE]


def _attach(label: dict[str, object], scene: Scene) -> int:
    """The utterance row that the label means, or -1."""
    start, end = label["utterance_start_ms"], label["utterance_end_ms"]
    if not isinstance(start, int) or not isinstance(end, int):
        return -1
    speech = scene.speech
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
