"""What a few hundred labels add: a choice among an event's candidates and 'none', learned on top of the model's odds.

Candidate p of event e scores  s_p = start . x_p + beta . (standardised x_p, z_e, 1) + trees(x_p, z_e),  'none' scores
0, and the probabilities are the softmax over both. `start` is the answer without labels: coefficient 1 on the log
odds of a candidate against the background gives the unsupervised posterior back. beta is pulled towards 0 (a ridge),
so few labels move it little; small trees, boosted on the same loss, add what no line can say.

Shape suffixes: E events, P candidate pairs (grouped by event), F features of pairs, G of events, D columns of the
design, N nodes, B bins.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from dougpt_align.arrays import Bools, Floats, Ints, row_maxima, row_sums, take_rows
from dougpt_align.forest import Forest, Growth, grow

NEWTON_STEPS = 30
NEWTON_REST = 1e-8
NEGLIGIBLE = 1e-4
EVENTS_AT_ONCE = 1 << 14


@dataclass(frozen=True, slots=True)
class Recipe:
    """How hard beta and its intercept are pulled to 0, in labels' worth of curvature; and the trees that follow."""

    pull: float = 5.0
    intercept_pull: float = 0.3
    growth: Growth = field(default_factory=Growth)


@dataclass(frozen=True, slots=True)
class Stacker:
    """A fitted stacker. Call it with the candidates of any events of the same features."""

    start_F: Floats
    centre_D: Floats
    scale_D: Floats
    beta_D: Floats
    forest: Forest

    def __call__(self, ptr: Ints, x_PF: Floats, z_EG: Floats | None = None) -> Floats:
        """Probability of each pair; one less a row's sum is that of 'none'."""
        given = x_PF.shape[1] + (0 if z_EG is None else z_EG.shape[1])
        if given != len(self.centre_D):
            raise ValueError(f"fitted on {len(self.centre_D)} features, called with {given}")
        score = np.empty(len(x_PF))
        # A million events at once would need gigabytes for features that are used once.
        for first in range(0, len(ptr) - 1, EVENTS_AT_ONCE):
            rows = ptr[first : first + EVENTS_AT_ONCE + 1]
            pairs, events = slice(int(rows[0]), int(rows[-1])), slice(first, first + len(rows) - 1)
            part_PD = _joined(rows - rows[0], x_PF[pairs], None if z_EG is None else z_EG[events])
            line = (part_PD - self.centre_D) / self.scale_D @ self.beta_D[:-1] + self.beta_D[-1]
            score[pairs] = x_PF[pairs] @ self.start_F + line + self.forest(part_PD)
        return softmax_with_none(score, ptr)


def fit_stacker(
    ptr: Ints,
    x_PF: Floats,
    z_EG: Floats | None,
    chosen_E: Ints,
    weight_E: Floats,
    *,
    start_F: Floats | None = None,
    recipe: Recipe | None = None,
) -> Stacker:
    """Fit a stacker to the events of positive weight.

    Args:
        ptr: Pairs ptr[e] .. ptr[e + 1] - 1 are the candidates of event e.
        x_PF: Features of pairs.
        z_EG: Features of events, if any.
        chosen_E: The right pair's number, -1 for none; not read where the weight is 0.
        weight_E: Weight of each label, 0 where there is none. Only proportions count: together the labels weigh as
            much as their effective number (Kish).
        start_F: Coefficients of `x_PF` to begin at and to be pulled to; zeros if not given.
        recipe: Pulls and trees.
    """
    recipe = Recipe() if recipe is None else recipe
    start_F = np.zeros(x_PF.shape[1]) if start_F is None else start_F
    _check(ptr, x_PF, z_EG, chosen_E, weight_E)
    rows = _labelled_rows(ptr, x_PF, z_EG, chosen_E, weight_E)
    centre, scale = _moments(rows)
    design = np.c_[(rows.both_PD - centre) / scale, np.ones(len(rows.both_PD))]
    base = rows.both_PD[:, : len(start_F)] @ start_F
    pull = np.r_[np.full(len(centre), recipe.pull), recipe.intercept_pull]
    beta = _newton(rows, design, base, pull)
    score = base + design @ beta
    forest = grow(rows.both_PD, score, rows.gradients, recipe.growth)
    return Stacker(start_F, centre, scale, beta, forest)


def crossfit(
    ptr: Ints,
    x_PF: Floats,
    z_EG: Floats | None,
    chosen_E: Ints,
    weight_E: Floats,
    *,
    fold_E: Ints,
    start_F: Floats | None = None,
    recipe: Recipe | None = None,
) -> Floats:
    """Probability of each pair under a stacker that saw no label of its event's fold.

    Calibrators and thresholds fitted to these are honest. Events that belong together (a file, a burst) belong in
    one fold. A fold number of -1 marks events that no fold holds: all labels train what they are given.
    """
    link_P = np.zeros(len(x_PF))
    for fold in np.unique(fold_E).tolist():
        training = np.where((fold_E == fold) & (fold >= 0), 0.0, weight_E)
        fitted = fit_stacker(ptr, x_PF, z_EG, chosen_E, training, start_F=start_F, recipe=recipe)
        events = np.flatnonzero(fold_E == fold)
        part, pairs = take_rows(ptr, events)
        link_P[pairs] = fitted(part, x_PF[pairs], None if z_EG is None else z_EG[events])
    return link_P


def softmax_with_none(score_P: Floats, ptr: Ints) -> Floats:
    """Softmax of each row's scores and of a 0 for 'none'."""
    counts = np.diff(ptr)
    top = np.maximum(row_maxima(score_P, ptr), 0.0)
    raised = np.exp(score_P - np.repeat(top, counts))
    total = row_sums(raised, ptr) + np.exp(-top)
    return np.asarray(raised / np.repeat(total, counts))


@dataclass(frozen=True, slots=True)
class Rows:
    """The labelled events: their candidates' features (those of events repeated), the answers and weights."""

    ptr: Ints
    both_PD: Floats
    right_P: Floats
    answered_E: Bools
    weight_E: Floats
    weight_P: Floats

    def loss(self, score_P: Floats) -> float:
        """Weighted negative log likelihood."""
        link = softmax_with_none(score_P, self.ptr)
        none = np.maximum(1.0 - row_sums(link, self.ptr), 1e-300)
        chosen = row_sums(link * self.right_P, self.ptr)
        return -float(self.weight_E @ np.log(np.where(self.answered_E, np.maximum(chosen, 1e-300), none)))

    def gradients(self, score_P: Floats) -> tuple[Floats, Floats]:
        """First and (diagonal) second derivative of the loss by each pair's score."""
        link = softmax_with_none(score_P, self.ptr)
        return self.weight_P * (link - self.right_P), self.weight_P * link * (1.0 - link)


def _check(ptr: Ints, x_PF: Floats, z_EG: Floats | None, chosen_E: Ints, weight_E: Floats) -> None:
    events = len(ptr) - 1
    if len(x_PF) != ptr[-1] or len(chosen_E) != events or len(weight_E) != events:
        raise ValueError(f"{events} rows of {ptr[-1]} pairs, but {x_PF.shape}, {chosen_E.shape}, {weight_E.shape}")
    if z_EG is not None and len(z_EG) != events:
        raise ValueError(f"{events} rows, but features of {len(z_EG)} events")
    labelled = (weight_E > 0) & (chosen_E >= 0)
    if np.any((chosen_E < ptr[:-1])[labelled] | (chosen_E >= ptr[1:])[labelled]):
        raise ValueError("a chosen pair lies outside its event's row")


def _labelled_rows(ptr: Ints, x_PF: Floats, z_EG: Floats | None, chosen_E: Ints, weight_E: Floats) -> Rows:
    """Labelled events that have candidates; weights add up to the effective number of labels."""
    events = np.flatnonzero((weight_E > 0) & (ptr[1:] > ptr[:-1]))
    part, pairs = take_rows(ptr, events)
    both = _joined(part, x_PF[pairs], None if z_EG is None else z_EG[events])
    chosen = chosen_E[events]
    right = (pairs == np.repeat(chosen, np.diff(part))).astype(np.float64)
    weight = weight_E[events].astype(np.float64)
    if len(weight):
        weight = weight * float(weight.sum()) / float(weight @ weight)
    return Rows(part, both, right, chosen >= 0, weight, np.repeat(weight, np.diff(part)))


def _joined(ptr: Ints, x_PF: Floats, z_EG: Floats | None) -> Floats:
    return x_PF if z_EG is None else np.c_[x_PF, np.repeat(z_EG, np.diff(ptr), axis=0)]


def _moments(rows: Rows) -> tuple[Floats, Floats]:
    """Mean and spread of each column over the pairs, every event counting alike; 1 where it does not vary."""
    weight = rows.weight_P / np.repeat(np.diff(rows.ptr), np.diff(rows.ptr))
    if not len(weight):
        return np.zeros(rows.both_PD.shape[1]), np.ones(rows.both_PD.shape[1])
    weight = weight / weight.sum()
    centre = weight @ rows.both_PD
    spread = np.sqrt(weight @ (rows.both_PD - centre) ** 2)
    return centre, np.where(spread > 1e-9 * (1.0 + np.abs(centre)), spread, 1.0)


def _newton(rows: Rows, design_PD: Floats, base_P: Floats, pull_D: Floats) -> Floats:
    """Newton's method with halved steps on the ridge's loss, which is convex."""
    beta = np.zeros(design_PD.shape[1])

    def value(at: Floats) -> float:
        return rows.loss(base_P + design_PD @ at) + 0.5 * float(pull_D @ at**2)

    now = value(beta)
    for _ in range(NEWTON_STEPS if len(rows.weight_E) else 0):
        link = softmax_with_none(base_P + design_PD @ beta, rows.ptr)
        gradient = design_PD.T @ (rows.weight_P * (link - rows.right_P)) + pull_D * beta
        step = np.linalg.solve(_curvature(rows, design_PD, link) + np.diag(pull_D), gradient)
        beta, after = _downhill(value, beta, step, now)
        if now - after <= NEWTON_REST * (1.0 + abs(now)):
            break
        now = after
    return beta


def _curvature(rows: Rows, design_PD: Floats, link_P: Floats) -> Floats:
    """Second derivative of the loss; candidates of next to no probability are left out, for they are most."""
    kept = np.flatnonzero(link_P > NEGLIGIBLE)
    weighted_PD = design_PD[kept] * link_P[kept, None]
    event = np.repeat(np.arange(len(rows.weight_E)), np.diff(rows.ptr))[kept]
    first = np.flatnonzero(np.r_[True, event[1:] != event[:-1]]) if len(kept) else kept
    mean_ED = np.add.reduceat(weighted_PD, first, axis=0) if len(kept) else weighted_PD
    whole = (weighted_PD * rows.weight_P[kept, None]).T @ design_PD[kept]
    return np.asarray(whole - (mean_ED * rows.weight_E[event[first], None]).T @ mean_ED)


def _downhill(value: Callable[[Floats], float], beta: Floats, step: Floats, now: float) -> tuple[Floats, float]:
    for halvings in range(20):
        moved = beta - step * 0.5**halvings
        after = value(moved)
        if after <= now:
            return moved, after
    return beta, now
