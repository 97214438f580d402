"""How many replies an utterance draws: most draw none, a few draw many.

Utterance i has fertility a_i ~ Gamma(alpha, alpha / m_i) with the mean m_i of its class. Given n_i expected
replies, of which a share G_i could be seen, its posterior is Gamma(alpha + n_i, alpha / m_i + G_i).
"""

import numpy as np

from dougpt_align.arrays import Floats, sigmoid

CREDIBLE, EVIDENCE_SCALE, LEAST_CREDIBLE = 2.0, 0.5, 0.02


def expected_fertility(replies_U: Floats, mean_U: Floats, exposure_U: Floats, shape: float) -> Floats:
    """exp(E[log a]) of each utterance.

    Args:
        replies_U: Expected replies of each utterance.
        mean_U: Mean replies of its class.
        exposure_U: The share of its replies that could be seen.
        shape: alpha.
    """
    return np.asarray(np.exp(digamma(shape + replies_U)) / (shape / np.maximum(mean_U, 1e-12) + exposure_U))


def credibility(evidence_U: Floats) -> Floats:
    """How far what an utterance's replies say, taken together, bears out that they answer it; in (0, 1).

    One message that shares no word says little. Sixty that share none, where replies on the whole do, are a burst
    of something else that happened to follow.

    Args:
        evidence_U: Sum over its replies of the log ratios of their marks, in nats.
    """
    return LEAST_CREDIBLE + (1 - LEAST_CREDIBLE) * sigmoid(CREDIBLE + EVIDENCE_SCALE * evidence_U)


def digamma(x: Floats) -> Floats:
    """The derivative of log Gamma for x > 0: recurrence up to 6, then the asymptotic series."""
    shift = np.zeros_like(x)
    moved = x.astype(np.float64)
    for _ in range(6):
        small = moved < 6.0
        shift = shift - np.where(small, 1.0 / moved, 0.0)
        moved = np.where(small, moved + 1.0, moved)
    inverse = 1.0 / moved**2
    series = inverse * (1 / 12 - inverse * (1 / 120 - inverse * (1 / 252 - inverse * (1 / 240 - inverse / 132))))
    return np.asarray(np.log(moved) - 0.5 / moved - series + shift)
