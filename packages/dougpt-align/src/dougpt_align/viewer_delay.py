"""How much later than others each viewer answers.

The stream reaches people with different delays, and some think longer before they type. Each author's mean residual
lag is shrunk towards 0, by as much as the spread within authors and between them asks for (empirical Bayes with the
variances by the method of moments).
"""

import numpy as np

from dougpt_align.arrays import Floats, Ints

LARGEST_S = 6.0
# What is known of the spread between viewers before any is seen: half a second of standard deviation in this many.
PRIOR_VARIANCE_S2, PRIOR_AUTHORS = 0.25, 20.0


def viewer_delays(author_P: Ints, residual_s_P: Floats, weight_P: Floats, n_authors: int) -> Floats:
    """Delay of each author in seconds; over all replies they average to 0.

    Args:
        author_P: The author of each pair's event, from 0.
        residual_s_P: Lag less everything else that explains it.
        weight_P: How likely the pair is a link.
        n_authors: How many authors there are.
    """
    seen = np.bincount(author_P, weights=weight_P, minlength=n_authors)
    mass = float(seen.sum())
    if mass <= 0:
        return np.zeros(n_authors)
    total = np.bincount(author_P, weights=weight_P * residual_s_P, minlength=n_authors)
    square = np.bincount(author_P, weights=weight_P * residual_s_P**2, minlength=n_authors)
    mean = total / np.maximum(seen, 1e-9)
    overall = float(total.sum()) / mass
    # An author seen once says nothing of the spread within.
    often = seen >= 2
    freedom = float((seen[often] - 1).sum())
    inside = float((square - seen * mean**2)[often].sum()) / freedom if freedom > 0 else float(square.sum()) / mass
    inside = max(inside, 0.05)
    spread = seen[often] * ((mean[often] - overall) ** 2) - inside
    trusted = float(seen[often].sum()) + PRIOR_AUTHORS
    between = max((float(spread.sum()) + PRIOR_AUTHORS * PRIOR_VARIANCE_S2) / trusted, 1e-3)
    delay = (total - seen * overall) / (seen + inside / between)
    delay = delay - float(seen @ delay) / mass
    return np.clip(delay, -LARGEST_S, LARGEST_S)
