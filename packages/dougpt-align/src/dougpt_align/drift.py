"""How the broadcast's latency wanders over a recording: a smooth path of small shifts of the lag kernel.

The recording is cut into blocks (D) of events; each block's shift is a random walk's, seen through the mean
residual of its probable replies (a Kalman smoother of one dimension, as a tridiagonal system).
"""

from dataclasses import dataclass

import numpy as np

from dougpt_align.arrays import Floats, Ints

BLOCK_S = 150.0
STEP_SD_S = 0.5
REACH_S = 7.0
LARGEST_S = 8.0
# How many replies of our own outweigh that the latency is the usual one.
LEVEL_REPLIES = 30.0


@dataclass(frozen=True, slots=True)
class Blocks:
    """Which block each event is in, blocks without events left out; and the time steps between neighbours."""

    of_E: Ints
    gap: Floats

    @classmethod
    def cut(cls, time_s_E: Floats) -> "Blocks":
        """Cut sorted times into blocks of `BLOCK_S`."""
        cell = np.floor((time_s_E - (time_s_E[0] if len(time_s_E) else 0.0)) / BLOCK_S).astype(np.int64)
        cells, of_E = np.unique(cell, return_inverse=True)
        return cls(of_E.astype(np.int64), np.diff(cells).astype(np.float64))


def smooth_drift(
    blocks: Blocks, residual_s_P: Floats, weight_P: Floats, event_P: Ints, *, is_centred: bool = True
) -> Floats:
    """Shift of each block in seconds, from the residual lags of its probable replies.

    Args:
        blocks: The blocks.
        residual_s_P: Lag less typing less the kernel's centre, the present shift not taken off.
        weight_P: Responsibility of each pair; pairs farther than `REACH_S` from the centre should have none.
        event_P: The event of each pair.
        is_centred: The shifts average to 0; what all share is the kernel's to explain.
    """
    count = int(blocks.of_E.max(initial=-1)) + 1
    block_P = blocks.of_E[event_P]
    seen = np.bincount(block_P, weights=weight_P, minlength=count)
    total = np.bincount(block_P, weights=weight_P * residual_s_P, minlength=count)
    mass = float(seen.sum())
    if mass <= 0:
        return np.zeros(count)
    level = float(total.sum()) / mass
    spread = max(float(weight_P @ (residual_s_P - level) ** 2) / mass, 0.25)
    precision = seen / spread
    shift = _walk(precision, total / spread - precision * level, blocks.gap)
    shift = shift - float(seen @ shift) / mass
    if not is_centred:
        shift = shift + level * mass / (mass + LEVEL_REPLIES)
    return np.clip(shift, -LARGEST_S, LARGEST_S)


def _walk(precision: Floats, pull: Floats, gap: Floats) -> Floats:
    """Solve (diag(precision) + random-walk precision) x = pull by elimination and back substitution."""
    link = 1.0 / (STEP_SD_S**2 * np.maximum(gap, 1.0))
    diagonal = precision + np.r_[link, 0.0] + np.r_[0.0, link] + 1e-6
    upper = np.zeros(len(diagonal))
    found = np.zeros(len(diagonal))
    for k in range(len(diagonal)):
        below = -link[k - 1] if k else 0.0
        scale = diagonal[k] - below * (upper[k - 1] if k else 0.0)
        upper[k] = -link[k] / scale if k < len(link) else 0.0
        found[k] = (pull[k] - below * (found[k - 1] if k else 0.0)) / scale
    for k in range(len(diagonal) - 2, -1, -1):
        found[k] -= upper[k] * found[k + 1]
    return found
