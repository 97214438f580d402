"""The most probable way through the emissions of a CTC model that says a given text: Viterbi, exact, without a beam.

Every label needs at least one frame, in order; any number of blank frames may stand between, and one must
where a label follows itself (Graves et al. 2006). Dimensions: T frames, V symbols, L labels, S = 2 L + 1 states,
blanks and labels by turns.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STAY, STEP, SKIP = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Path:
    """Which frames say each label: from `first_L` to `last_L` (exclusive), and with which mean log-probability."""

    first_L: NDArray[np.int64]
    last_L: NDArray[np.int64]
    score_L: NDArray[np.float64]


def viterbi(logs_TV: NDArray[np.float32], labels_L: NDArray[np.int64], blank: int) -> Path | None:
    """Return the most probable path, or None where the labels do not fit into the frames.

    Args:
        logs_TV: Log-probabilities of the symbols in each frame.
        labels_L: The text as symbols, without blanks.
        blank: The symbol that says nothing.
    """
    n_frames, n_labels = len(logs_TV), len(labels_L)
    repeats = int((labels_L[1:] == labels_L[:-1]).sum())
    if n_labels == 0 or n_frames < n_labels + repeats:
        return None
    states_S = np.full(2 * n_labels + 1, blank)
    states_S[1::2] = labels_L
    may_skip_S = np.zeros(len(states_S), bool)
    may_skip_S[3::2] = labels_L[1:] != labels_L[:-1]
    came_TS = np.zeros((n_frames, len(states_S)), np.int8)
    best_S = np.full(len(states_S), -np.inf)
    best_S[:2] = logs_TV[0, states_S[:2]]
    ways_3S = np.full((3, len(states_S)), -np.inf)
    for frame in range(1, n_frames):
        ways_3S[STAY] = best_S
        ways_3S[STEP, 1:] = best_S[:-1]
        ways_3S[SKIP, 2:] = np.where(may_skip_S[2:], best_S[:-2], -np.inf)
        came_TS[frame] = ways_3S.argmax(axis=0)
        best_S = ways_3S.max(axis=0) + logs_TV[frame, states_S]
    state = len(states_S) - 1 if best_S[-1] >= best_S[-2] else len(states_S) - 2
    return _path(logs_TV, states_S, came_TS, state)


def _path(logs_TV: NDArray[np.float32], states_S: NDArray[np.int64], came_TS: NDArray[np.int8], state: int) -> Path:
    at_T = np.empty(len(logs_TV), np.int64)
    for frame in range(len(logs_TV) - 1, -1, -1):
        at_T[frame] = state
        state -= int(came_TS[frame, state])
    labels = np.arange(len(states_S) // 2)
    first_L = np.searchsorted(at_T, 2 * labels + 1, side="left")
    last_L = np.searchsorted(at_T, 2 * labels + 1, side="right")
    said_T = logs_TV[np.arange(len(logs_TV)), states_S[at_T]].astype(np.float64)
    sums = np.concatenate([[0.0], np.cumsum(said_T)])
    return Path(first_L, last_L, (sums[last_L] - sums[first_L]) / (last_L - first_L))
