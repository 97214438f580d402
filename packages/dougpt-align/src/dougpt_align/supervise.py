"""What people's labels teach: a stacker, a calibrator, and a threshold that keeps its promise.

A hundred labels train a stacker on top of the model's log odds. Calibrator and threshold are fitted to probabilities
that each label's own fold had no part in, from labels drawn at random alone; the threshold to what may be accepted.
"""

from dataclasses import dataclass

import numpy as np

from dougpt_align.arrays import Bools, Floats, Ints, row_sums
from dougpt_align.attribution import Posterior
from dougpt_align.calibrate import MIN_LABELS, Calibrator, Threshold, certify, fit_platt
from dougpt_align.decide import best_parents
from dougpt_align.labels import Labels
from dougpt_align.link_features import describe_links
from dougpt_align.prepared import Prepared
from dougpt_align.ragged import times_per_row
from dougpt_align.settings import AlignSettings
from dougpt_align.stacker import crossfit

MIN_STACKER_LABELS = 100
FOLDS = 5
# Messages of one burst belong in one fold.
FOLD_S = 60.0


@dataclass(frozen=True, slots=True)
class Answers:
    """Labels as answers of the model's events (A): event, right pair (-1: none of the candidates), drawn at random?

    A reply whose utterance is no candidate is a reply without a right pair.
    """

    event_A: Ints
    pair_A: Ints
    is_reply_A: Bools
    is_random_A: Bools
    weight_A: Floats


@dataclass(frozen=True, slots=True)
class Checked:
    """Random labels that say whether the model's best link is right (A).

    `probability_A` is that of the link, 0 where it cannot be accepted; `weight_A` one over the inclusion.
    """

    probability_A: Floats
    right_A: Bools
    weight_A: Floats


@dataclass(frozen=True, slots=True)
class Learned:
    """Probabilities of pairs and of the background, and what labels made of them.

    Those of labelled events come from folds without their own label. `losses` are nats a random label that the model
    alone and the stacker left unexplained; None where there are too few.
    """

    link_P: Floats
    background_E: Floats
    calibrator: Calibrator
    answers: Answers
    stacker_labels: int
    losses: tuple[float, float] | None


def supervise(prepared: Prepared, fitted: Posterior, labels: Labels, known: Calibrator) -> Learned:
    """Let labels correct the model's probabilities.

    Args:
        prepared: The recording.
        fitted: What the model made of it.
        labels: People's decisions; with few of them the probabilities stay the model's, bent by `known`.
        known: The calibrator of the channel's prior, of no use once labels of this recording make one.
    """
    answers = read_answers(prepared, labels)
    link_P, stacker_labels, losses = fitted.link_P, 0, None
    if len(answers.event_A) >= MIN_STACKER_LABELS and len(set((answers.pair_A >= 0).tolist())) > 1:
        stacked = _stack(prepared, fitted, answers)
        losses = (_loss(prepared, link_P, answers), _loss(prepared, stacked, answers))
        if losses[1] < losses[0]:
            link_P, stacker_labels = stacked, len(answers.event_A)
    calibrator = known
    if int(answers.is_random_A.sum()) >= MIN_LABELS:
        posterior, right, weight, has = checked_links(prepared, link_P, answers)
        calibrator = fit_platt(posterior[has], right[has], weight[has])
    link, background = _final(prepared, link_P, calibrator)
    return Learned(link, background, calibrator, answers, stacker_labels, losses)


def choose_threshold(prepared: Prepared, learned: Learned, refused_E: Bools, settings: AlignSettings) -> Threshold:
    """The lowest threshold whose precision the labels drawn at random certify, among what may be accepted at all.

    Args:
        prepared: The recording.
        learned: Probabilities; those of labelled events come from folds without their own label.
        refused_E: Events that another reason rejects, whatever their probability: their links prove nothing.
        settings: The asked precision, the bound's confidence, and the threshold where nothing is certified.
    """
    answers = learned.answers
    if int(answers.is_random_A.sum()) < MIN_LABELS:
        return Threshold(settings.accept_probability, False, None, 0, None, 0)
    checked = checked_answers(prepared, learned, refused_E)
    return certify(
        checked.probability_A,
        checked.right_A,
        checked.weight_A,
        precision=settings.precision,
        confidence=settings.confidence,
        default=settings.accept_probability,
    )


def checked_answers(prepared: Prepared, learned: Learned, refused_E: Bools) -> Checked:
    """What random labels say of the links that may be accepted at all."""
    answers = learned.answers
    probability, right, weight, has = checked_links(prepared, learned.link_P, answers)
    open_A = has & ~refused_E[answers.event_A[answers.is_random_A]]
    return Checked(np.where(open_A, probability, 0.0), right, weight)


def read_answers(prepared: Prepared, labels: Labels) -> Answers:
    """The labels that say which candidate is right, or that none is; a reply to nothing named says neither."""
    mine = labels.among(prepared.rows)
    usable = (mine.parent_L >= 0) | ~mine.is_reply_L
    event = np.searchsorted(prepared.rows, mine.event_L[usable]).astype(np.int64)
    parent = np.where(mine.is_reply_L[usable], mine.parent_L[usable], -1)
    place = parent - prepared.pairs.first_E[event]
    inside = (parent >= 0) & (place >= 0) & (place < np.diff(prepared.pairs.ptr)[event])
    pair = np.where(inside, prepared.pairs.ptr[event] + place, -1)
    random = mine.random[usable]
    # What was asked because it is doubtful teaches as much, but counts for itself alone.
    weight = np.where(random, 1.0 / np.where(random, mine.inclusion_L[usable], 1.0), np.nan)
    typical = float(np.nanmean(weight)) if random.any() else 1.0
    return Answers(event, pair, mine.is_reply_L[usable], random, np.where(random, weight, typical))


def _stack(prepared: Prepared, fitted: Posterior, answers: Answers) -> Floats:
    """Probabilities of all pairs: of labelled events by the labels of other folds, of all others by all labels."""
    features = describe_links(prepared, fitted)
    events = len(prepared.rows)
    place = np.full(len(fitted.link_P), -1, dtype=np.int64)
    place[features.pair_K] = np.arange(len(features.pair_K))
    chosen, weight = np.full(events, -1, dtype=np.int64), np.zeros(events)
    named = answers.pair_A >= 0
    chosen[answers.event_A[named]] = place[answers.pair_A[named]]
    weight[answers.event_A] = answers.weight_A
    fold = np.full(events, -1, dtype=np.int64)
    fold[answers.event_A] = (prepared.problem.time_s_E[answers.event_A] // FOLD_S).astype(np.int64) % FOLDS
    start = np.zeros(features.x_KF.shape[1])
    start[0] = 1.0
    link_P = np.zeros(len(fitted.link_P))
    link_P[features.pair_K] = crossfit(
        features.ptr, features.x_KF, features.z_EG, chosen, weight, fold_E=fold, start_F=start
    )
    return link_P


def _loss(prepared: Prepared, link_P: Floats, answers: Answers) -> float:
    """Mean negative log probability of the right answer, in nats; random labels by their weight."""
    total = row_sums(link_P, prepared.pairs.ptr)
    chosen = np.where(answers.pair_A >= 0, link_P[answers.pair_A], 1.0 - total[answers.event_A])
    weight = np.where(answers.is_random_A, answers.weight_A, 0.0)
    weight = weight if weight.sum() > 0 else answers.weight_A
    return -float((weight * np.log(np.clip(chosen, 1e-4, 1.0))).sum() / weight.sum())


def checked_links(prepared: Prepared, link_P: Floats, answers: Answers) -> tuple[Floats, Bools, Floats, Bools]:
    """Of each label drawn at random: the probability of the best link, whether it is right, weight, has it a link?"""
    best = best_parents(prepared.pairs, link_P)
    random = answers.is_random_A
    event = answers.event_A[random]
    pair = best.pair_E[event]
    right = (pair >= 0) & (pair == answers.pair_A[random])
    return best.probability_E[event], right, answers.weight_A[random], pair >= 0


def _final(prepared: Prepared, link_P: Floats, calibrator: Calibrator) -> tuple[Floats, Floats]:
    """Calibrated probabilities of pairs and of the background, rounded as they are stored."""
    pairs = prepared.pairs
    link = calibrator(link_P)
    total = row_sums(link, pairs.ptr)
    link = np.round(times_per_row(link, pairs.ptr, 1.0 / np.maximum(total, 1.0)), 4)
    return link, np.round(np.clip(1.0 - total, 0.0, 1.0), 4)
