"""How much later than others each viewer answers.

The stream reaches people with different delays, and some think longer before they type. Each author's mean residual
lag is shrunk towards 0, by as much as the spread within authors and between them asks for (empirical Bayes with the
variances by the method of moments). An event is given the delay that its author's other events show, so that none
explains itself.
"""

import numpy as np

from dougpt_align.arrays import Floats, Ints

LARGEST_S = 6.0
# What is known of the spread between viewers before any is seen: half a second of standard deviation in this many.
PRIOR_VARIANCE_S2, PRIOR_AUTHORS = 0.25, 20.0
LEAST_VARIANCE_S2, LEAST_RATIO = 0.05, 1e-3


def viewer_delays(author_E: Ints, mass_E: Floats, total_E: Floats, square_E: Floats) -> Floats:
    """Delay of each event's author in seconds; over all replies they average to 0.

    A residual is a pair's lag less everything else that explains it.

    Args:
        author_E: The author of each event, numbered from 0.
        mass_E: Sum of the responsibilities of each event's pairs.
        total_E: Sum of their residuals, weighted by responsibility.
        square_E: Sum of the squares of their residuals, weighted likewise.
    """
    mass = float(mass_E.sum())
    if mass <= 0:
        return np.zeros(len(author_E))
    overall = float(total_E.sum()) / mass
    square_E = square_E - 2.0 * overall * total_E + overall**2 * mass_E
    total_E = total_E - overall * mass_E
    seen, total, square = (np.bincount(author_E, weights=value) for value in (mass_E, total_E, square_E))
    ratio = _spread_ratio(seen, total, square)
    delay = (total[author_E] - total_E) / (seen[author_E] - mass_E + ratio)
    delay = delay - float((mass_E * delay).sum()) / mass
    return np.clip(delay, -LARGEST_S, LARGEST_S)


def _spread_ratio(seen_A: Floats, total_A: Floats, square_A: Floats) -> float:
    """Variance within authors over that between them: how many replies of an author weigh as much as the prior."""
    # An author seen once says nothing of the spread within.
    often = seen_A >= 2
    mean = total_A[often] / seen_A[often]
    freedom = float((seen_A[often] - 1).sum())
    inside = float((square_A[often] - seen_A[often] * mean**2).sum()) if freedom > 0 else float(square_A.sum())
    inside = max(inside / (freedom if freedom > 0 else float(seen_A.sum())), LEAST_VARIANCE_S2)
    between = float((seen_A[often] * mean**2).sum()) - inside * int(often.sum())
    trusted = float(seen_A[often].sum()) + PRIOR_AUTHORS
    return inside / max((between + PRIOR_AUTHORS * PRIOR_VARIANCE_S2) / trusted, LEAST_RATIO * inside)
