"""What an alignment did, in numbers that a person and a machine can read."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from dougpt_align.arrays import Floats, Ints
from dougpt_align.asking.worth import Worth
from dougpt_align.attribution import Posterior
from dougpt_align.belonging import Belonging, Relation
from dougpt_align.calibrate import MIN_LABELS, Threshold
from dougpt_align.decide import NONE, REASONS, reason_names
from dougpt_align.labels import Labels
from dougpt_align.outcome import Outcome
from dougpt_align.prepared import Prepared
from dougpt_align.share import FEWEST_LABELS, Share
from dougpt_align.supervise import Learned

EXAMPLES = 6
FEWEST_REPLIES = 200
PINS_IT = f"{FEWEST_LABELS} random labels pin it"
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of chat's clock; `uncertain` where its events are left out, since it hangs on too little."""

    from_ms: int
    to_ms: int
    offset_ms: int
    offset_sd_ms: float
    margin: float
    uncertain: bool = False


@dataclass(frozen=True, slots=True)
class Example:
    """An event with the utterance that it was linked to, or would have been."""

    event_id: str
    message: str
    utterance: str | None
    lag_s: float | None
    probability: float
    reason: str | None


@dataclass(frozen=True, slots=True)
class AlignReport:
    """The whole report of one `align` call; times in seconds unless the name says otherwise.

    `worth` tells what further labels would buy (`asking.Worth`), `effect` what those that are there have changed.
    """

    recording_id: str
    events: int
    utterances: int
    candidates: int
    accepted: int
    reasons: dict[str, int]
    share: Share
    belonging: dict[str, Any]
    clock: tuple[Piece, ...]
    lag_s: dict[str, float]
    messages_per_minute: float
    utterances_per_minute: float
    threshold: dict[str, Any]
    calibration: dict[str, Any]
    labels: dict[str, Any]
    fit: dict[str, Any]
    examples: dict[str, tuple[Example, ...]]
    warnings: tuple[str, ...]
    worth: dict[str, Any] | None = None
    effect: dict[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """The report as plain values, ready for JSON; the same call always gives the same ones."""
        return asdict(self)

    @classmethod
    def from_dict(cls, facts: Mapping[str, Any]) -> "AlignReport":
        """Return the report whose `to_dict` gave `facts`, through JSON or not."""
        rebuilt = {
            "share": Share(**facts["share"]),
            "clock": tuple(Piece(**piece) for piece in facts["clock"]),
            "examples": {
                name: tuple(Example(**example) for example in examples) for name, examples in facts["examples"].items()
            },
            "warnings": tuple(facts["warnings"]),
        }
        return cls(**{**facts, **rebuilt})


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that a report tells of."""

    prepared: Prepared
    outcome: Outcome
    fitted: Posterior
    share: Share
    belonging: Belonging
    learned: Learned
    threshold: Threshold
    labels: Labels
    worth: Worth
    effect: dict[str, Any] | None


def write_report(found: Findings) -> AlignReport:
    """Put the findings into numbers and words."""
    prepared, labels = found.prepared, found.labels
    chat, speech = prepared.scene.chat, prepared.scene.speech
    return AlignReport(
        recording_id=chat.recording_id or speech.recording_id,
        events=len(chat.ids),
        utterances=len(speech.ids),
        candidates=len(prepared.pairs.parent_P),
        accepted=int(found.outcome.is_accepted.sum()),
        reasons=_count_reasons(found.outcome),
        share=found.share,
        belonging=found.belonging.rounded(),
        clock=_clock_pieces(prepared),
        lag_s=_lag_quantiles(prepared, found.outcome),
        messages_per_minute=_per_minute(chat.at_ms),
        utterances_per_minute=_per_minute(speech.end_ms),
        threshold=asdict(found.threshold),
        calibration=_calibration(found.learned),
        labels={
            "used": len(labels.event_L),
            "random": int(labels.random.sum()),
            "unattached": list(labels.unattached),
            "disputed": list(labels.disputed),
            "by_majority": int((labels.share_L < 1).sum()),
        },
        fit=_fit(found.fitted),
        examples=_pick_examples(prepared, found.outcome),
        warnings=tuple(text for applies, text in _warnings(found) if applies),
        worth=found.worth.to_dict(),
        effect=found.effect,
    )


def _fit(fitted: Posterior) -> dict[str, Any]:
    kernel = fitted.parameters.kernel
    return {
        "rounds": fitted.rounds,
        "converged": fitted.converged,
        "share_reached": round(fitted.share, 4),
        "typing_s_per_character": round(kernel.typing_s, 4),
        "kernel_start_s": kernel.start_s,
        "kernel_bin_s": kernel.bin_s,
        "kernel_density": kernel.density_B.round(6).tolist(),
        "ratios": {name: ratio.round(4).tolist() for name, ratio in fitted.parameters.ratios.items()},
    }


def _calibration(learned: Learned) -> dict[str, Any]:
    """What labels changed: Platt's line, how many labels the stacker had, and the loss before and after it."""
    before, after = learned.losses or (None, None)
    return asdict(learned.calibrator) | {
        "stacker_labels": learned.stacker_labels,
        "loss_without_stacker": None if before is None else round(before, 4),
        "loss_with_stacker": None if after is None else round(after, 4),
    }


def _warnings(found: Findings) -> list[tuple[bool, str]]:
    """What may apply, and the words for it."""
    prepared, fitted, labels = found.prepared, found.fitted, found.labels
    speech, chat = prepared.scene.speech, prepared.scene.chat
    relation = found.belonging.relation
    both = bool(len(speech.ids) and len(chat.ids))
    replies = float(fitted.replies_U.sum())
    lags = _lag_quantiles(prepared, found.outcome)
    return [
        (not len(speech.ids), "there is no speech"),
        (not len(chat.ids), "there is no chat"),
        (
            both and speech.recording_id != chat.recording_id,
            f"speech is of recording {speech.recording_id}, chat of {chat.recording_id}",
        ),
        (relation is Relation.UNRELATED, "speech and chat do not belong together: nothing is accepted"),
        (
            both and relation is Relation.UNKNOWN,
            "too little evidence to tell whether speech and chat belong together",
        ),
        (
            found.share.pinned_by == "default",
            f"the share of replies is not known: {found.share.value:.2f} is assumed; {PINS_IT}",
        ),
        (
            found.share.pinned_by == "estimate",
            f"the share of replies is estimated from the recording, at {found.share.value:.2f}; {PINS_IT}",
        ),
        (
            not found.threshold.certified,
            f"the precision is not certified: {_what_certifies(found)}",
        ),
        (
            lags.get("p50", 1.0) < 0,
            "half of the accepted messages come before what they would answer ends: no replies, or a clock that is off",
        ),
        (
            labels.elsewhere > 0 and not len(labels.event_L),
            f"none of the {labels.elsewhere} labels is of recording {chat.recording_id or speech.recording_id}",
        ),
        (
            0 < replies < FEWEST_REPLIES,
            "few replies: lags and ratios stay close to where they started; a channel prior helps",
        ),
        (
            prepared.pairs.dropped > 0,
            f"{prepared.pairs.dropped} candidates left out: too many utterances at one time",
        ),
        (bool(labels.unattached), f"{len(labels.unattached)} labels could not be attached"),
        (bool(labels.disputed), f"raters disagree on {len(labels.disputed)} events"),
    ]


def _what_certifies(found: Findings) -> str:
    """What is missing for a bound on the precision."""
    drawn = int(found.labels.among(found.prepared.rows).random.sum())
    if not drawn:
        return "there are no random labels; on made recordings 6 to 10 of 10 accepted links are right without any"
    if drawn < MIN_LABELS:
        return f"{drawn} random labels are too few; it takes {MIN_LABELS}"
    most = found.threshold.reachable
    certified = "" if most is None else f"; these certify {most:.0%} at most"
    return f"{found.threshold.missing} more accepted labels without an error are needed{certified}"


def _count_reasons(outcome: Outcome) -> dict[str, int]:
    """How many events each reason rejected, the commonest first."""
    counts = np.bincount(outcome.reason_N - NONE)[1:].tolist()
    names = {reason.value: count for reason, count in zip(REASONS, counts, strict=False) if count}
    return dict(sorted(names.items(), key=lambda item: (-item[1], item[0])))


def _lag_quantiles(prepared: Prepared, outcome: Outcome) -> dict[str, float]:
    """Quantiles of the lag of accepted events, in seconds."""
    lags = outcome.lag_ms(prepared)[outcome.is_accepted]
    if not len(lags):
        return {}
    found = np.quantile(lags / 1000.0, QUANTILES)
    return {f"p{round(100 * share):02d}": round(float(lag), 2) for share, lag in zip(QUANTILES, found, strict=True)}


def _per_minute(at_ms: Ints) -> float:
    """How many a minute, over the span from first to last."""
    if len(at_ms) < 2 or at_ms.max() == at_ms.min():
        return 0.0
    return round(60_000 * len(at_ms) / float(at_ms.max() - at_ms.min()), 2)


def _clock_pieces(prepared: Prepared) -> tuple[Piece, ...]:
    """The clock path as it stands in the `clock` table."""
    path = prepared.path
    uncertain = np.zeros(len(path.from_ms), dtype=np.bool_)
    uncertain[path.piece_of(prepared.scene.chat.at_ms)[prepared.uncertain]] = True
    columns = (path.from_ms, path.to_ms, path.offset_ms, path.sd_ms.round(1), path.margin.round(4), uncertain)
    return tuple(Piece(*row) for row in zip(*(column.tolist() for column in columns), strict=True))


def _pick_examples(prepared: Prepared, outcome: Outcome) -> dict[str, tuple[Example, ...]]:
    """A few accepted and rejected events, spread evenly over the recording."""
    accepted = np.flatnonzero(outcome.is_accepted)
    rejected = np.flatnonzero(~outcome.is_accepted)
    return {
        "accepted": tuple(_example(prepared, outcome, row) for row in _spread(accepted)),
        "rejected": tuple(_example(prepared, outcome, row) for row in _spread(rejected)),
    }


def _spread(rows: Ints) -> list[int]:
    if len(rows) <= EXAMPLES:
        return [int(row) for row in rows]
    places: Floats = (np.arange(EXAMPLES) + 0.5) * len(rows) / EXAMPLES
    return [int(rows[int(place)]) for place in places]


def _example(prepared: Prepared, outcome: Outcome, row: int) -> Example:
    parent = int(outcome.parent_N[row])
    chat, speech = prepared.scene.chat, prepared.scene.speech
    return Example(
        event_id=chat.ids[row].as_py(),
        message=chat.texts[row].as_py(),
        utterance=speech.texts[parent].as_py() if parent >= 0 else None,
        lag_s=round(float(prepared.time_ms[row] - speech.end_ms[parent]) / 1000.0, 2) if parent >= 0 else None,
        probability=round(float(outcome.probability_N[row]), 4),
        reason=reason_names(outcome.reason_N[row : row + 1])[0],
    )
