"""What the next labels buy: a narrower interval of the share, a better bound of the precision, or no more of either."""

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from dougpt_schema import LINKS, ArrowStream, DecidedBy, LinkReason, Verdict

from dougpt_align.arrays import Bools
from dougpt_align.asking.frame import Frame, read_frame
from dougpt_align.calibrate import MIN_LABELS, Threshold, certify, clopper_pearson_lower
from dougpt_align.labelled_share import estimate_from_labels
from dougpt_align.labels import Labels, settle_rows
from dougpt_align.scene import read_speech
from dougpt_align.settings import AlignSettings
from dougpt_align.share import FEWEST_LABELS
from dougpt_align.standing import standing_labels
from dougpt_align.supervise import MIN_STACKER_LABELS, Checked

# A change of less than half a percentage point is none that anybody acts on.
NOTICEABLE = 0.005
FURTHER = 50
# A bound from fewer accepted links says nothing that anybody could use.
FEWEST_ACCEPTED = 10
BY_PROBABILITY = (LinkReason.BACKGROUND.value, LinkReason.AMBIGUOUS_PARENT.value, LinkReason.LOW_CONFIDENCE.value)


@dataclass(frozen=True, slots=True)
class Worth:
    """What labels have bought, and what `more` further random ones are expected to.

    Attributes:
        labels: Events with an answer that counts.
        random: Of these, drawn at random.
        more: How many further random labels the expectations are for.
        share: The share of replies found; None without random labels.
        half_width: Half of its 95 % interval.
        half_width_after: The same after `more`.
        threshold: Where links are accepted.
        accepted: Random labels whose link is accepted there.
        bound: The lower bound of the precision there; None where there are too few labels.
        bound_after: The same after `more`.
        certified: Whether the bound holds what was asked.
        moves: Whether `more` labels change a figure noticeably.
        sentence: All of it for people.
    """

    labels: int
    random: int
    more: int
    share: float | None
    half_width: float | None
    half_width_after: float | None
    threshold: float
    accepted: int
    bound: float | None
    bound_after: float | None
    certified: bool
    moves: bool
    sentence: str

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)


def worth(
    links: ArrowStream,
    labels: ArrowStream | None,
    *,
    candidates: ArrowStream,
    utterances: ArrowStream,
    chat_events: ArrowStream,
    settings: AlignSettings | None = None,
    more: int = FURTHER,
) -> Worth:
    """Say what further labels buy, from the last alignment and all labels until now, aligned with or not.

    Args:
        links: What `align` decided.
        labels: Answers so far.
        candidates: What it weighed.
        utterances: What it was given.
        chat_events: What it was given.
        settings: Those of the alignment: the asked precision, its confidence, and the threshold without labels.
        more: How many further random labels to look ahead.

    Raises:
        ContractError: A table breaks its contract.
        ValueError: The tables are not of one alignment.
    """
    settings = settings or AlignSettings()
    frame = read_frame(links, candidates, utterances, chat_events)
    speech = read_speech(utterances)
    given = [row for row in standing_labels(labels, frame.recording_id) if row["verdict"] != Verdict.UNSURE]
    settled = settle_rows(given, frame.places(), speech)
    random = settled.random
    rows = settled.event_L[random]
    parent = settled.parent_L[random]
    named = np.where(parent >= 0, speech.ids[np.maximum(parent, 0)], -1) if len(speech.ids) else parent
    best = frame.parent_N[rows]
    # A reply of which it is not known to what says neither that the link is right nor that it is wrong.
    usable = (parent >= 0) | ~settled.is_reply_L[random]
    open_L = usable & (best >= 0) & ~_refused(links, frame)[rows]
    probability = np.where(open_L, frame.probability_N[rows], 0.0)
    right, weight = (best >= 0) & (best == named), 1.0 / settled.inclusion_L[random]
    return expect(settled, Checked(probability[usable], right[usable], weight[usable]), settings, more)


def expect(labels: Labels, checked: Checked, settings: AlignSettings, more: int = FURTHER) -> Worth:
    """Say what further labels buy.

    Args:
        labels: Settled labels of one recording.
        checked: The random ones that say whether the model's best link is right.
        settings: The asked precision, its confidence, and the threshold without labels.
        more: How many further random labels to look ahead.
    """
    share = estimate_from_labels(labels)
    found = certify(
        checked.probability_A,
        checked.right_A,
        checked.weight_A,
        precision=settings.precision,
        confidence=settings.confidence,
        default=settings.accept_probability,
    )
    accepted = int((checked.probability_A >= found.probability).sum())
    enough = len(checked.right_A) >= MIN_LABELS and accepted >= FEWEST_ACCEPTED
    known = Worth(
        labels=len(labels.event_L),
        random=int(labels.random.sum()),
        more=more,
        share=None if share is None else round(share.value, 4),
        half_width=None if share is None else round(share.half_width, 4),
        half_width_after=None if share is None else round(share.after(more), 4),
        threshold=found.probability,
        accepted=accepted,
        bound=None if found.bound is None or not enough else round(found.bound, 4),
        bound_after=_bound_after(checked, found.probability, more, settings.confidence) if enough else None,
        certified=enough and found.certified,
        moves=True,
        sentence="",
    )
    return replace(known, moves=_moves(known), sentence=_told(known, found, settings) + _left_out(labels))


def _bound_after(checked: Checked, threshold: float, more: int, confidence: float) -> float | None:
    """The bound that is expected once `more` labels like these have come; one more right and wrong are added."""
    accepted = checked.probability_A >= threshold
    weight, right = checked.weight_A[accepted], checked.right_A[accepted]
    if not len(weight):
        return None
    effective = float(weight.sum()) ** 2 / float(weight @ weight)
    precision = (effective * float(weight @ right) / float(weight.sum()) + 0.5) / (effective + 1)
    new = more * len(weight) / len(checked.right_A)
    old = effective * float(weight @ right) / float(weight.sum())
    return round(clopper_pearson_lower(old + new * precision, effective + new, confidence), 4)


def _moves(known: Worth) -> bool:
    if known.random < MIN_LABELS or known.labels < MIN_STACKER_LABELS:
        return True
    narrower = (known.half_width or 0.0) - (known.half_width_after or 0.0)
    surer = (known.bound_after or 0.0) - (known.bound or 0.0)
    return max(narrower, surer) >= NOTICEABLE


def _told(known: Worth, found: Threshold, settings: AlignSettings) -> str:
    if known.random < FEWEST_LABELS:
        return (
            f"{_labels(FEWEST_LABELS - known.random)} pin the share of replies,"
            f" {MIN_LABELS - known.random} calibrate the probabilities and tell how precise the links are"
        )
    parts = [f"the share of replies is {known.share:.0%} ± {_points(known.half_width)}"]
    if known.random < MIN_LABELS:
        parts.append(f"{_labels(MIN_LABELS - known.random)} tell how precise the links are")
        return "; ".join(parts)
    if known.bound is None:
        few = f"{known.accepted or 'no'} random label{'s have' if known.accepted != 1 else ' has'} a link"
        parts.append(f"{few} from {known.threshold:.2f} on, too few to tell how many such are right")
    else:
        parts.append(f"at least {known.bound:.0%} of the links from {known.threshold:.2f} on are right")
        parts[-1] += " (certified)" if known.certified else f", {settings.precision:.0%} are asked"
    if not _moves(known):
        parts.append(f"{_labels(known.more)} would change neither by half a point")
        return "; ".join(parts)
    bound = "" if known.bound_after is None else f" and the bound to {known.bound_after:.0%}"
    parts.append(f"{_labels(known.more)} should bring that to ± {_points(known.half_width_after)}{bound}")
    if not known.certified and found.missing:
        parts.append(f"{found.missing} accepted ones without an error would certify {settings.precision:.0%}")
    return "; ".join(parts)


def _left_out(labels: Labels) -> str:
    count = len(labels.disputed)
    if not count:
        return ""
    return f"; {count} disputed message{'s count' if count != 1 else ' counts'} for nothing until most people agree"


def _labels(count: int) -> str:
    return f"{count} more random label{'s' if count != 1 else ''}"


def _points(half_width: float | None) -> str:
    return f"{100 * (half_width or 0.0):.1f} points"


def _refused(links: ArrowStream, frame: Frame) -> Bools:
    """Events of the frame that the model rejects whatever their probability."""
    table = LINKS.conform(links)
    by_model = pc.equal(table["decided_by"], DecidedBy.MODEL.value)
    by_probability = pc.is_in(table["reason"], value_set=pa.array([None, *BY_PROBABILITY], pa.string()))
    refused = set(table.filter(pc.and_not(by_model, by_probability))["event_id"].to_pylist())
    return np.array([event in refused for event in frame.event_ids], dtype=np.bool_)
