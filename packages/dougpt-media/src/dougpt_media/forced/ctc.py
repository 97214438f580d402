"""The most probable way through the emissions of a CTC model that says a given text: Viterbi, exact, without a beam.

Every label needs at least one frame, in order; any number of blank frames may stand between, and one must
where a label follows itself (Graves et al. 2006). A word may also be passed over, at a cost: what nobody said
would else be squeezed in somewhere, and push the words beside it out of their places. Dimensions: T frames,
V symbols, L labels, W words, S = 2 L + 1 states, blanks and labels by turns, B = W + 1 borders of words.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STAY, STEP, SKIP = 0, 1, 2
HALF_AS_CLEAR = float(np.log(0.5))


@dataclass(frozen=True, slots=True)
class Path:
    """Which frames say each label clearly, from `first_L` to `last_L` (exclusive), and their mean log-probability.

    Labels that are passed over have no frames, and a score of minus infinity. `total` is the log-probability of the
    whole path, costs included.
    """

    first_L: NDArray[np.int64]
    last_L: NDArray[np.int64]
    score_L: NDArray[np.float64]
    total: float


def viterbi(
    logs_TV: NDArray[np.float32],
    labels_L: NDArray[np.int64],
    blank: int,
    words_W: NDArray[np.int64] | None = None,
    costs_W: NDArray[np.float64] | None = None,
) -> Path | None:
    """Return the most probable path, or None where the labels do not fit into the frames.

    Args:
        logs_TV: Log-probabilities of the symbols in each frame.
        labels_L: The text as symbols, without blanks.
        blank: The symbol that says nothing.
        words_W: The first label of each word; the first word begins at 0. None: nothing may be passed over.
        costs_W: How much log-probability it costs to pass over each word, up to where the next begins.
    """
    if not len(labels_L) or not len(logs_TV):
        return None
    states_S = np.full(2 * len(labels_L) + 1, blank)
    states_S[1::2] = labels_L
    borders_B = 2 * np.append(words_W if words_W is not None else [0], len(labels_L))
    spent_B = np.append(0.0, np.cumsum(costs_W)) if costs_W is not None else np.array([0.0, np.inf])
    came_TS, passed_TB, best_S = _search(logs_TV, states_S, borders_B, spent_B)
    state = len(states_S) - 1 if best_S[-1] >= best_S[-2] else len(states_S) - 2
    if not np.isfinite(best_S[state]):
        return None
    at_T = _back(came_TS, passed_TB, borders_B, state)
    return _path(logs_TV, states_S, at_T, float(best_S[state]))


def _search(
    logs_TV: NDArray[np.float32],
    states_S: NDArray[np.int64],
    borders_B: NDArray[np.int64],
    spent_B: NDArray[np.float64],
) -> tuple[NDArray[np.int8], NDArray[np.int32], NDArray[np.float64]]:
    """Return how each state is best reached in each frame, from which border words are passed over, and the scores."""
    may_skip_S = np.zeros(len(states_S), bool)
    may_skip_S[3::2] = states_S[3::2] != states_S[1:-2:2]
    came_TS = np.zeros((len(logs_TV), len(states_S)), np.int8)
    passed_TB = np.zeros((len(logs_TV), len(borders_B)), np.int32)
    ways_3S = np.full((3, len(states_S)), -np.inf)
    best_S = np.full(len(states_S), -np.inf)
    best_S[0] = 0.0
    for frame, logs_V in enumerate(logs_TV):
        passed_TB[frame] = _pass_over(best_S, borders_B, spent_B)
        ways_3S[STAY] = best_S
        ways_3S[STEP, 1:] = best_S[:-1]
        ways_3S[SKIP, 2:] = np.where(may_skip_S[2:], best_S[:-2], -np.inf)
        came_TS[frame] = ways_3S.argmax(axis=0)
        best_S = ways_3S.max(axis=0) + logs_V[states_S]
    last = _pass_over(best_S, borders_B, spent_B)
    return came_TS, np.concatenate([passed_TB, last[None]]), best_S


def _pass_over(
    best_S: NDArray[np.float64], borders_B: NDArray[np.int64], spent_B: NDArray[np.float64]
) -> NDArray[np.int32]:
    """Let each border be reached from any before it; return the border that each is best reached from."""
    own_B = np.arange(len(borders_B), dtype=np.int32)
    if not np.isfinite(spent_B[-1]):
        return own_B
    free_B = best_S[borders_B] + spent_B
    most_B = np.maximum.accumulate(free_B)
    best_S[borders_B] = most_B - spent_B
    return np.maximum.accumulate(np.where(free_B >= most_B, own_B, 0)).astype(np.int32)


def _back(
    came_TS: NDArray[np.int8], passed_TB: NDArray[np.int32], borders_B: NDArray[np.int64], state: int
) -> NDArray[np.int64]:
    """Return the state of each frame on the best path to `state`."""
    border_of = {int(at): border for border, at in enumerate(borders_B)}
    at_T = np.empty(len(came_TS), np.int64)
    for frame in range(len(came_TS) - 1, -1, -1):
        if state in border_of:
            state = int(borders_B[passed_TB[frame + 1, border_of[state]]])
        at_T[frame] = state
        state -= int(came_TS[frame, state])
    return at_T


def _path(logs_TV: NDArray[np.float32], states_S: NDArray[np.int64], at_T: NDArray[np.int64], total: float) -> Path:
    said_T = logs_TV[np.arange(len(logs_TV)), states_S[at_T]].astype(np.float64)
    labels = np.arange(len(states_S) // 2)
    first_L = np.searchsorted(at_T, 2 * labels + 1, side="left")
    last_L = np.searchsorted(at_T, 2 * labels + 1, side="right")
    score_L = np.full(len(labels), -np.inf)
    for label, (first, last) in enumerate(zip(first_L, last_L, strict=True)):
        if first == last:
            continue
        # A label may be held over frames that say it no more than anything else.
        clear = np.flatnonzero(said_T[first:last] >= said_T[first:last].max() + HALF_AS_CLEAR)
        first_L[label], last_L[label] = first + clear[0], first + clear[-1] + 1
        score_L[label] = said_T[first_L[label] : last_L[label]].mean()
    return Path(first_L, last_L, score_L, total)
