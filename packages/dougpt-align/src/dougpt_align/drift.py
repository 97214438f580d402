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
    blocks: Blocks, mass_E: Floats, total_E: Floats, square_E: Floats, *, is_centred: bool = True
) -> Floats:
    """Shift of each block in seconds, from the residual lags of its probable replies.

    A residual is the lag less typing less the kernel's centre, the present shift not taken off; those farther than
    `REACH_S` from the shifted centre are left out.

    Args:
        blocks: The blocks.
        mass_E: Sum of the responsibilities of each event's pairs.
        total_E: Sum of their residuals, weighted by responsibility.
        square_E: Sum of the squares of their residuals, weighted likewise.
        is_centred: The shifts average to 0; what all share is the kernel's to explain.
    """
    count = int(blocks.of_E.max(initial=-1)) + 1
    seen = np.bincount(blocks.of_E, weights=mass_E, minlength=count)
    total = np.bincount(blocks.of_E, weights=total_E, minlength=count)
    mass = float(seen.sum())
    if mass <= 0:
        return np.zeros(count)
    level = float(total.sum()) / mass
    spread = max(float(square_E.sum()) / mass - level**2, 0.25)
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
