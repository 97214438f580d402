"""From posterior to probability, and from labels to a threshold that keeps its promise.

With labels, Platt scaling maps the logit of the posterior to the probability that the link is right. The
threshold is the lowest whose precision is certified: a Clopper-Pearson lower bound on randomly drawn labels,
tested from the strictest threshold down (fixed sequence), so that the claim survives the search.
"""

from dataclasses import dataclass
from math import ceil, exp, lgamma, log

import numpy as np

from dougpt_align.arrays import Bools, Floats

MIN_LABELS = 50
THRESHOLDS = np.round(np.arange(0.98, 0.28, -0.02), 2)
EDGE = 1e-6


@dataclass(frozen=True, slots=True)
class Calibrator:
    """probability = sigmoid(slope * logit(posterior) + intercept)."""

    slope: float = 1.0
    intercept: float = 0.0

    def __call__(self, posterior: Floats) -> Floats:
        """Calibrated probabilities; rising in the posterior, 0 stays 0."""
        if self.slope == 1.0 and self.intercept == 0.0:
            return posterior
        scaled = 1.0 / (1.0 + np.exp(-(self.slope * logit(posterior) + self.intercept)))
        return np.where(posterior <= 0.0, 0.0, scaled)


@dataclass(frozen=True, slots=True)
class Threshold:
    """Where to accept, and what labels say about it.

    `reachable` is the highest precision that these labels certify at any threshold tried; `missing` the least
    number of further accepted labels without an error that would certify the asked one.
    """

    probability: float
    certified: bool
    bound: float | None
    accepted_labels: int
    reachable: float | None
    missing: int


def fit_platt(posterior: Floats, right: Bools, weight: Floats) -> Calibrator:
    """Platt scaling with his smoothed targets and a weak pull towards the identity; Newton's method."""
    if len(right) < MIN_LABELS or right.all() or not right.any():
        return Calibrator()
    x = logit(posterior)
    n_right, n_wrong = int(right.sum()), int((~right).sum())
    target = np.where(right, (n_right + 1) / (n_right + 2), 1 / (n_wrong + 2))
    weight = weight / weight.mean()
    design = np.stack([x, np.ones(len(x))], axis=1)
    start, pull = np.array([1.0, 0.0]), np.array([2.0, 0.2])

    def loss(at: Floats) -> float:
        z = design @ at
        return float(weight @ (np.logaddexp(0.0, z) - target * z) + 0.5 * pull @ (at - start) ** 2)

    beta, now = start, loss(start)
    for _ in range(50):
        p = 1.0 / (1.0 + np.exp(-np.clip(design @ beta, -40, 40)))
        gradient = design.T @ (weight * (p - target)) + pull * (beta - start)
        curvature = (design * (weight * p * (1 - p))[:, None]).T @ design + np.diag(pull)
        step = np.linalg.solve(curvature, gradient)
        # A whole step may overshoot where most labels lie far from a half, and every one after it further.
        moved = [beta - step * 0.5**halvings for halvings in range(20)]
        beta, after = next(((at, loss(at)) for at in moved if loss(at) <= now), (beta, now))
        if now - after < 1e-12 * (1.0 + abs(now)):
            break
        now = after
    return Calibrator(slope=float(max(beta[0], 0.05)), intercept=float(beta[1]))


def certify(
    probability: Floats, right: Bools, weight: Floats, *, precision: float, confidence: float, default: float
) -> Threshold:
    """Choose the lowest threshold whose precision is certified by these random labels.

    Args:
        probability: Probability of the best link of each label drawn at random.
        right: Whether that link is right.
        weight: One over the label's inclusion probability; unequal weights count as fewer labels (Kish).
        precision: The precision asked for.
        confidence: Of the one-sided bound.
        default: The threshold to keep where nothing is certified.
    """
    best: tuple[float, float, int] | None = None
    reachable: float | None = None
    for threshold in THRESHOLDS.tolist():
        accepted = probability >= threshold
        if not accepted.any():
            continue
        bound = _bound(right[accepted], weight[accepted], confidence)
        reachable = bound if reachable is None else max(reachable, bound)
        if bound >= precision:
            best = (threshold, bound, int(accepted.sum()))
        elif best is not None:
            break
    if best is not None:
        return Threshold(best[0], True, best[1], best[2], reachable, 0)
    accepted = probability >= default
    n, wrong = int(accepted.sum()), int((accepted & ~right).sum())
    missing = max(_needed(wrong, precision, confidence) - n, 1)
    kept = _bound(right[accepted], weight[accepted], confidence) if n else None
    return Threshold(default, False, kept, n, reachable, missing)


def clopper_pearson_lower(right: float, n: float, confidence: float) -> float:
    """The lower end of the exact one-sided interval for a share, `right` of `n` seen; n may be an effective number."""
    if right <= 0:
        return 0.0
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = 0.5 * (low + high)
        if incomplete_beta(right, n - right + 1, middle) > 1 - confidence:
            high = middle
        else:
            low = middle
    return low


def incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function I_x(a, b), by Lentz's continued fraction."""
    if x <= 0.0 or x >= 1.0:
        return float(x >= 1.0)
    if x > (a + 1) / (a + b + 2):
        return 1.0 - incomplete_beta(b, a, 1.0 - x)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(1 - x)) / a
    tiny = 1e-300
    value, c, d = 1.0, 1.0, 0.0
    for step in range(400):
        m = step // 2
        if step == 0:
            term = 1.0
        elif step % 2 == 0:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        else:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1.0 + term * d
        d = 1.0 / (d if abs(d) > tiny else tiny)
        c = 1.0 + term / c
        c = c if abs(c) > tiny else tiny
        value *= c * d
        if abs(1.0 - c * d) < 1e-12:
            break
    return front * (value - 1.0)


def _bound(right: Bools, weight: Floats, confidence: float) -> float:
    n = float(weight.sum()) ** 2 / float(weight @ weight)
    return clopper_pearson_lower(n * float(weight @ right) / float(weight.sum()), n, confidence)


def logit(probability: Floats) -> Floats:
    """Log odds, with probabilities kept off 0 and 1."""
    kept = np.clip(probability, EDGE, 1 - EDGE)
    return np.asarray(np.log(kept) - np.log1p(-kept))


def _needed(wrong: int, precision: float, confidence: float) -> int:
    """How many accepted labels certify `precision` with `wrong` errors among them."""
    n = ceil(log(1 - confidence) / log(precision))
    while clopper_pearson_lower(n - wrong, n, confidence) < precision:
        n += max(1, n // 20)
    return n
