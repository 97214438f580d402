"""How good links are, against the truth of a made recording or labels of a real one.

A predicted link is right when it names the utterance that the event answers. Scores are over all events of a
recording; spreads over several recordings come from resampling whole recordings, never single messages.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from dougpt_align.arrays import Bools, Floats, Ints
from dougpt_align.calibrate import clopper_pearson_lower
from dougpt_align.synthetic.truth import Synthetic

ECE_BINS = 15


@dataclass(frozen=True, slots=True)
class Scored:
    """Links set against the truth, one entry an event: is the link right, was there one to find, how sure, accepted."""

    right: Bools
    is_reply: Bools
    probability: Floats
    accepted: Bools


def true_parents(made: Synthetic, utterances: pa.Table) -> Ints:
    """The utterance id that each event answers, in the order of `made.truth`; -1 for none."""
    word = np.array([-1 if value is None else value for value in made.truth["parent_word_id"].to_pylist()])
    first = utterances["first_word_id"].to_numpy()
    if not len(first):
        return np.full(len(word), -1, dtype=np.int64)
    place = np.searchsorted(first, word, side="right") - 1
    ids = utterances["utterance_id"].to_numpy()
    return np.where(word >= 0, ids[np.maximum(place, 0)], -1)


def set_against(links: pa.Table, event_ids: Sequence[str], parents: Ints) -> Scored:
    """Compare a `links` table with the true parents of `event_ids`."""
    place = {event: row for row, event in enumerate(event_ids)}
    order = np.array([place[event] for event in links["event_id"].to_pylist()], dtype=np.int64)
    truth = parents[order]
    given = np.array([-1 if value is None else value for value in links["utterance_id"].to_pylist()], dtype=np.int64)
    return Scored(
        right=(truth >= 0) & (given == truth),
        is_reply=truth >= 0,
        probability=links["probability"].to_numpy().astype(np.float64),
        accepted=np.asarray(links["accepted"].to_numpy()),
    )


def precision_recall_f1(scored: Scored, chosen: Bools | None = None) -> tuple[float, float, float]:
    """Precision, recall and F1 of the accepted links, or of those `chosen`."""
    chosen = scored.accepted if chosen is None else chosen
    right, taken, wanted = int((scored.right & chosen).sum()), int(chosen.sum()), int(scored.is_reply.sum())
    return right / max(taken, 1), right / max(wanted, 1), 2 * right / max(taken + wanted, 1)


def best_f1(scored: Scored) -> tuple[float, float]:
    """The best F1 over all thresholds on the probability, and that threshold."""
    order = np.argsort(-scored.probability, kind="stable")
    right = np.cumsum(scored.right[order])
    f1 = 2 * right / (np.arange(1, len(order) + 1) + max(int(scored.is_reply.sum()), 1))
    # A threshold cannot split events of equal probability.
    ordered = scored.probability[order]
    ends = np.flatnonzero(np.r_[ordered[1:] != ordered[:-1], True])
    if not len(ends):
        return 0.0, 1.0
    best = ends[int(np.argmax(f1[ends]))]
    return float(f1[best]), float(ordered[best])


def parent_accuracy(scored: Scored) -> float:
    """The share of true replies whose most probable parent is right, whether accepted or not."""
    return float(scored.right[scored.is_reply].mean()) if scored.is_reply.any() else 0.0


def auroc(score: Floats, positive: Bools) -> float:
    """The chance that a positive scores above a negative; ties count half."""
    n, m = int(positive.sum()), int((~positive).sum())
    if not n or not m:
        return 0.5
    _, inverse, counts = np.unique(score, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - 0.5 * (counts - 1)
    return float((middle[inverse][positive].sum() - n * (n + 1) / 2) / (n * m))


def calibration_error(scored: Scored, bins: int = ECE_BINS) -> float:
    """Expected calibration error of the link's probability, over bins of equal mass."""
    order = np.argsort(scored.probability, kind="stable")
    error = 0.0
    for part in np.array_split(order, bins):
        if len(part):
            error += len(part) * abs(float(scored.probability[part].mean()) - float(scored.right[part].mean()))
    return error / max(len(order), 1)


def recall_at_precision(scored: Scored, precision: float) -> tuple[float, float]:
    """The highest recall at a true precision of at least `precision`, and the 95 % lower bound on that precision."""
    order = np.argsort(-scored.probability, kind="stable")
    ordered = scored.probability[order]
    right = np.cumsum(scored.right[order])
    taken = np.arange(1, len(order) + 1)
    ends = np.flatnonzero(np.r_[ordered[1:] != ordered[:-1], True])
    enough = ends[right[ends] >= precision * taken[ends]]
    if not len(enough):
        return 0.0, 0.0
    last = enough[-1]
    bound = clopper_pearson_lower(float(right[last]), float(taken[last]), 0.95)
    return float(right[last]) / max(int(scored.is_reply.sum()), 1), bound


def path_error_s(clock: pa.Table, truth: pa.Table, at_ms: Ints) -> float:
    """Root mean square error of the clock in seconds at the times `at_ms`, their common shift left out."""
    found, true = offsets_at(clock, at_ms), offsets_at(truth, at_ms)
    known = ~np.isnan(found) & ~np.isnan(true)
    if not known.any():
        return 0.0
    difference = found[known] - true[known]
    return float(np.sqrt(np.mean((difference - np.median(difference)) ** 2))) / 1000.0


def offsets_at(clock: pa.Table, at_ms: Ints) -> Floats:
    """The clock's offset in ms at chat times, NaN outside of it."""
    if not clock.num_rows:
        return np.full(len(at_ms), np.nan)
    from_ms, to_ms = clock["from_ms"].to_numpy(), clock["to_ms"].to_numpy()
    row = np.searchsorted(from_ms, at_ms, side="right") - 1
    inside = (row >= 0) & (at_ms < to_ms[np.maximum(row, 0)])
    return np.where(inside, clock["offset_ms"].to_numpy()[np.maximum(row, 0)].astype(np.float64), np.nan)


def jump_recall(clock: pa.Table, truth: pa.Table, *, within_ms: int = 60_000, size_ms: int = 3000) -> float:
    """The share of true jumps that the clock has too: near in time, of nearly the same size."""
    true = _jumps(truth)
    found = _jumps(clock)
    if not true:
        return 1.0
    met = [any(abs(at - mine) <= within_ms and abs(by - size) <= size_ms for mine, size in found) for at, by in true]
    return sum(met) / len(met)


def macro_f1(found: Sequence[str | None], true: Sequence[str | None]) -> float:
    """F1 of each reason that occurs in the truth, averaged with equal weight."""
    scores = []
    for reason in sorted({reason for reason in true if reason is not None}):
        both = sum(a == reason and b == reason for a, b in zip(found, true, strict=True))
        either = sum(a == reason for a in found) + sum(b == reason for b in true)
        scores.append(2 * both / either)
    return sum(scores) / len(scores) if scores else 1.0


def bootstrap(
    streams: Sequence[Scored], measure: Callable[[Scored], float], *, draws: int = 1000, seed: int = 0
) -> tuple[float, float]:
    """A 95 % interval of the mean of `measure` over streams, by resampling whole streams."""
    values = np.array([measure(stream) for stream in streams])
    rng = np.random.default_rng(seed)
    means = values[rng.integers(len(values), size=(draws, len(values)))].mean(axis=1)
    return float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975))


def _jumps(clock: pa.Table) -> list[tuple[int, int]]:
    from_ms, offset_ms = clock["from_ms"].to_pylist(), clock["offset_ms"].to_pylist()
    return [
        (from_ms[k], offset_ms[k] - offset_ms[k - 1])
        for k in range(1, len(from_ms))
        if abs(offset_ms[k] - offset_ms[k - 1]) > 3000
    ]
