"""How often links are right that claim a probability, as far as labels drawn at random can tell.

A person's decision replaces the model's in `links`; what the model had said is still in `candidates`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from dougpt_schema import ArrowStream, DecidedBy, Verdict

from dougpt_align.aligner import Alignment
from dougpt_align.arrays import Bools, Floats
from dougpt_align.calibrate import clopper_pearson_lower
from dougpt_align.labels import drawn
from dougpt_align.standing import standing_labels

MOST_BINS = 10
LABELS_A_BIN = 12
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Bin:
    """Labelled events of like probability: what was claimed, what was right, and its 95 % interval."""

    labels: int
    claimed: float
    right: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Judged:
    """The model's best link of each event that a person drew at random and judged, and whether it is right."""

    probability_L: Floats
    right_L: Bools
    weight_L: Floats


def judge(alignment: Alignment, labels: ArrowStream) -> Judged:
    """Compare the model's links with the labels of this recording that were drawn at random."""
    inclusion = _drawn_at_random(labels, alignment.report.recording_id)
    links = alignment.links
    links = links.filter(
        pc.and_(
            pc.equal(links["decided_by"], DecidedBy.LABEL.value),
            pc.is_in(links["event_id"], pa.array(sorted(inclusion), pa.string())),
        )
    )
    best = best_candidates(alignment.candidates, links["event_id"])
    found = []
    for link in links.select(["event_id", "utterance_id", "accepted"]).to_pylist():
        weighed = best.get(link["event_id"])
        if weighed:
            right = link["accepted"] and weighed[0]["utterance_id"] == link["utterance_id"]
            found.append((weighed[0]["probability"], right, 1.0 / inclusion[link["event_id"]]))
    probability, right, weight = zip(*found, strict=True) if found else ((), (), ())
    return Judged(np.array(probability, float), np.array(right, dtype=np.bool_), np.array(weight, float))


def best_candidates(candidates: pa.Table, event_ids: pa.Array | pa.ChunkedArray) -> dict[str, list[dict[str, Any]]]:
    """The candidates of some events, the most probable first; of equals, as `align` does, the later utterance."""
    wanted = pc.is_in(candidates["event_id"], value_set=pa.array(event_ids.to_pylist(), pa.string()))
    found: dict[str, list[dict[str, Any]]] = {}
    for row in candidates.filter(wanted).to_pylist():
        found.setdefault(row["event_id"], []).append(row)
    for rows in found.values():
        rows.sort(key=lambda row: (-row["probability"], row["lag_ms"], -row["utterance_id"]))
    return found


def curve(judged: Judged) -> tuple[Bin, ...]:
    """Bins of equally many labels, from the least probable links to the most."""
    labels = len(judged.right_L)
    bins = min(MOST_BINS, labels // LABELS_A_BIN)
    order = np.argsort(judged.probability_L, kind="stable")
    return tuple(_bin(judged, rows) for rows in np.array_split(order, bins)) if bins else ()


def _bin(judged: Judged, rows: Any) -> Bin:
    weight, right = judged.weight_L[rows], judged.right_L[rows]
    total = float(weight.sum())
    share = float(weight @ right) / total
    effective = total**2 / float(weight @ weight)  # unequal weights count as fewer labels (Kish)
    level = 0.5 + CONFIDENCE / 2
    return Bin(
        labels=len(rows),
        claimed=float(weight @ judged.probability_L[rows]) / total,
        right=share,
        low=clopper_pearson_lower(effective * share, effective, level),
        high=1.0 - clopper_pearson_lower(effective * (1.0 - share), effective, level),
    )


def _drawn_at_random(labels: ArrowStream, recording_id: str) -> dict[str, float]:
    """The inclusion probability of each event whose standing label was drawn at random."""
    answers: dict[str, list[dict[str, Any]]] = {}
    for row in standing_labels(labels, recording_id):
        if row["verdict"] != Verdict.UNSURE:
            answers.setdefault(row["event_id"], []).append(row)
    found = {event: drawn(rows) for event, rows in answers.items()}
    return {event: inclusion for event, (is_random, inclusion, _) in found.items() if is_random and inclusion > 0}
