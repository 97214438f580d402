"""What people's labels teach: a stacker, a calibrator, and a threshold that keeps its promise.

A hundred labels train a stacker on top of the model's log odds. Calibrator and threshold are fitted to probabilities
that each label's own fold had no part in, from labels drawn at random alone.
"""

from dataclasses import dataclass

import numpy as np

from dougpt_align.arrays import Bools, Floats, Ints, row_sums
from dougpt_align.attribution import Posterior
from dougpt_align.calibrate import MIN_LABELS, Calibrator, Threshold, certify, fit_platt
from dougpt_align.decide import best_parents
from dougpt_align.labels import Labels
from dougpt_align.link_features import LinkFeatures, describe_links
from dougpt_align.prepared import Prepared
from dougpt_align.ragged import times_per_row
from dougpt_align.settings import AlignSettings
from dougpt_align.stacker import crossfit, fit_stacker

MIN_STACKER_LABELS = 100
FOLDS = 5
# Messages of one burst belong in one fold.
FOLD_S = 60.0


@dataclass(frozen=True, slots=True)
class Learned:
    """Probabilities of pairs and of the background, what labels made of them, and the threshold.

    `losses` are nats a random label that the model alone and the stacker left unexplained, each on labels that it did
    not see; None where there are too few.
    """

    link_P: Floats
    background_E: Floats
    calibrator: Calibrator
    threshold: Threshold
    stacker_labels: int
    losses: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Answers:
    """Labels as answers of the model's events (A): event, right pair (-1: none of the candidates), drawn at random?"""

    event_A: Ints
    pair_A: Ints
    is_random_A: Bools
    weight_A: Floats


def supervise(
    prepared: Prepared, fitted: Posterior, labels: Labels, settings: AlignSettings, known: Calibrator
) -> Learned:
    """Let labels correct the model's probabilities and choose the threshold.

    Args:
        prepared: The recording.
        fitted: What the model made of it.
        labels: People's decisions; with few of them the probabilities stay the model's, bent by `known`.
        settings: Threshold and precision.
        known: The calibrator of the channel's prior, of no use once labels of this recording make one.
    """
    answers = read_answers(prepared, labels)
    link_P, stacker_labels, losses = fitted.link_P, 0, None
    out_of_fold = link_P
    if len(answers.event_A) >= MIN_STACKER_LABELS and len(set((answers.pair_A >= 0).tolist())) > 1:
        stacked, held_out = _stack(prepared, fitted, answers)
        losses = (_loss(prepared, link_P, answers), _loss(prepared, held_out, answers))
        if losses[1] < losses[0]:
            link_P, out_of_fold, stacker_labels = stacked, held_out, len(answers.event_A)
    calibrator, threshold = _calibrated(prepared, out_of_fold, answers, settings, known)
    link, background = _final(prepared, link_P, calibrator)
    return Learned(link, background, calibrator, threshold, stacker_labels, losses)


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
    return Answers(event, pair, random, np.where(random, weight, typical))


def _stack(prepared: Prepared, fitted: Posterior, answers: Answers) -> tuple[Floats, Floats]:
    """Probabilities of all pairs by a stacker of all labels, and those of the labelled events out of their folds."""
    features = describe_links(prepared, fitted)
    chosen = np.full(len(prepared.rows), -1, dtype=np.int64)
    weight = np.zeros(len(prepared.rows))
    kept = np.searchsorted(features.pair_K, answers.pair_A)
    found = (answers.pair_A >= 0) & (kept < len(features.pair_K))
    found[found] = features.pair_K[kept[found]] == answers.pair_A[found]
    chosen[answers.event_A] = np.where(found, kept, -1)
    weight[answers.event_A] = answers.weight_A
    start = np.zeros(features.x_KF.shape[1])
    start[0] = 1.0
    fold = np.full(len(prepared.rows), -2, dtype=np.int64)
    fold[answers.event_A] = (prepared.problem.time_s_E[answers.event_A] // FOLD_S).astype(np.int64) % FOLDS
    part, labelled = _only(features, np.flatnonzero(fold >= 0))
    held = crossfit(
        part.ptr, part.x_KF, part.z_EG, _renumbered(features, part, chosen, labelled), weight[labelled],
        fold_E=fold[labelled], start_F=start,
    )  # fmt: skip
    stacker = fit_stacker(features.ptr, features.x_KF, features.z_EG, chosen, weight, start_F=start)
    whole, held_out = np.zeros(len(fitted.link_P)), np.zeros(len(fitted.link_P))
    whole[features.pair_K] = stacker(features.ptr, features.x_KF, features.z_EG)
    held_out[part.pair_K] = held
    return whole, held_out


def _only(features: LinkFeatures, events: Ints) -> tuple[LinkFeatures, Ints]:
    """The features of these events alone."""
    counts = np.diff(features.ptr)[events]
    ptr = np.r_[0, np.cumsum(counts)].astype(np.int64)
    row = np.repeat(features.ptr[:-1][events] - ptr[:-1], counts) + np.arange(int(ptr[-1]))
    return LinkFeatures(ptr, features.pair_K[row], features.x_KF[row], features.z_EG[events]), events


def _renumbered(features: LinkFeatures, part: LinkFeatures, chosen_E: Ints, events: Ints) -> Ints:
    """Chosen pairs as they are numbered in the part."""
    chosen = chosen_E[events]
    return np.where(chosen >= 0, chosen - features.ptr[:-1][events] + part.ptr[:-1], -1)


def _loss(prepared: Prepared, link_P: Floats, answers: Answers) -> float:
    """Mean negative log probability of the right answer, in nats; random labels by their weight."""
    total = row_sums(link_P, prepared.pairs.ptr)
    chosen = np.where(answers.pair_A >= 0, link_P[answers.pair_A], 1.0 - total[answers.event_A])
    weight = np.where(answers.is_random_A, answers.weight_A, 0.0)
    weight = weight if weight.sum() > 0 else answers.weight_A
    return -float((weight * np.log(np.clip(chosen, 1e-4, 1.0))).sum() / weight.sum())


def _calibrated(
    prepared: Prepared, link_P: Floats, answers: Answers, settings: AlignSettings, known: Calibrator
) -> tuple[Calibrator, Threshold]:
    """Calibrator and threshold from the labels that were drawn at random."""
    default = Threshold(settings.accept_probability, False, None, 0, None, 0)
    random = answers.is_random_A
    if int(random.sum()) < MIN_LABELS:
        return known, default
    posterior, right, weight, has = checked_links(prepared, link_P, answers)
    calibrator = fit_platt(posterior[has], right[has], weight[has])
    probability = np.where(has, calibrator(posterior), 0.0)
    return calibrator, certify(
        probability,
        right,
        weight,
        precision=settings.precision,
        confidence=settings.confidence,
        default=settings.accept_probability,
    )


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
