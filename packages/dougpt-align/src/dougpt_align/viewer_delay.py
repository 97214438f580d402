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


def viewer_delays(author_E: Ints, event_P: Ints, residual_s_P: Floats, weight_P: Floats) -> Floats:
    """Delay of each event's author in seconds; over all replies they average to 0.

    Args:
        author_E: The author of each event, numbered from 0.
        event_P: The event of each pair.
        residual_s_P: Lag less everything else that explains it.
        weight_P: How likely the pair is a link.
    """
    events = len(author_E)
    seen_E = np.bincount(event_P, weights=weight_P, minlength=events)
    total_E = np.bincount(event_P, weights=weight_P * residual_s_P, minlength=events)
    mass = float(seen_E.sum())
    if mass <= 0:
        return np.zeros(events)
    overall = float(total_E.sum()) / mass
    total_E = total_E - overall * seen_E
    square_E = np.bincount(event_P, weights=weight_P * (residual_s_P - overall) ** 2, minlength=events)
    seen, total, square = (np.bincount(author_E, weights=value) for value in (seen_E, total_E, square_E))
    ratio = _spread_ratio(seen, total, square)
    delay = (total[author_E] - total_E) / (seen[author_E] - seen_E + ratio)
    delay = delay - float((seen_E * delay).sum()) / mass
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
