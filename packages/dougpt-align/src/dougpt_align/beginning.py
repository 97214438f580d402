"""Where a fit begins: at the latency under which speech and chat fit best.

A fit that begins at the wrong lag can settle there, on chance. So a few rounds are tried from the starting kernel
moved to each of several latencies (few seconds for a low-latency stream, a quarter of a minute for others), and the
one with the highest likelihood goes on.
"""

from dataclasses import replace

import numpy as np

from dougpt_align.arrays import row_sums
from dougpt_align.attribution import Parameters, Posterior, Problem, Trust, expected_replies, fit, pair_rates, stretch
from dougpt_align.background import Windows

# Beyond the start's own latency.
TRIED_S = (0.0, -3.0, 3.0, 6.0, 9.0, 12.0, 16.0, 21.0)
TRIED_ROUNDS = 4
TRIED_EVENTS = 6000
# A kernel that came from the same channel is moved only for good reason: a standard deviation in seconds.
KNOWN_SPREAD_S = 3.0


def begin(problem: Problem, start: Parameters, share: float, trust: Trust) -> Parameters:
    """`start` with its kernel at the most likely latency.

    Args:
        problem: What is to be fitted.
        start: Where the fit would begin.
        share: The share of replies.
        trust: With `free_latency` the start's own latency is preferred.
    """
    part = stretch(problem, TRIED_EVENTS)
    if not len(part.parent_P):
        return start
    best, best_score = start, -np.inf
    for later_s in TRIED_S:
        tried = replace(start, kernel=start.kernel.later(later_s)) if later_s else start
        score = log_likelihood(part, fit(part, tried, share, trust, TRIED_ROUNDS), trust.shape)
        if trust.free_latency:
            score -= 0.5 * (later_s / KNOWN_SPREAD_S) ** 2
        if score > best_score:
            best, best_score = tried, score
    return best


def log_likelihood(problem: Problem, fitted: Posterior, shape: float) -> float:
    """Log likelihood of the events' times and marks, but for what is the same in all fits of one share."""
    state = fitted.parameters
    mean_U = state.fertility_C[problem.class_U]
    replies = expected_replies(problem, fitted.link_P)
    fertility = (shape + replies) / (shape / np.maximum(mean_U, 1e-12) + problem.exposure_U)
    moved = replace(problem, lag_s_P=problem.lag_s_P - fitted.delay_s_E[problem.event_P])
    rate = row_sums(pair_rates(moved, state, fertility), problem.ptr)
    floor = Windows.of(problem.time_s_E).intensity(fitted.background_E * problem.weight_E, fitted.background_E)
    return float(problem.weight_E @ np.log(rate + floor))
