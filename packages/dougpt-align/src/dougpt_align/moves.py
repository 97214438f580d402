"""Which moves of chat's clock are believed: a search over many offsets finds something in any chat.

What the moves of a path gain over a clock that stands still is set against what the best paths of copies of the chat
that run backwards gain. Such copies keep how chat bursts, repeats itself and dwells on topics, and answer nothing.
"""

from dataclasses import dataclass

import numpy as np

from dougpt_align.arrays import Bools, Floats, Ints
from dougpt_align.offset import (
    LOBE_S,
    STEP_S,
    USUAL_S,
    OffsetPath,
    best_path_score,
    collect_votes,
    constant_path,
    evidence,
    window_starts,
)
from dougpt_align.scene import Scene

COPIES = 10
# A move must stand out from chance by this many standard deviations; by more where the path as a whole does not.
BELIEVED_Z, ALONE_Z = 4.5, 12.0


@dataclass(frozen=True, slots=True)
class Moves:
    """Standard scores of what the path gains as a whole (`total_z`) and in each of its pieces, and which stand."""

    total_z: float
    piece_z: Floats
    believed: Bools


def weigh_moves(scene: Scene, use_E: Ints, path: OffsetPath, max_offset_ms: int) -> Moves:
    """Weigh the pieces of `path`, which were found in the events `use_E`, against what chance finds."""
    reach_s = max(max_offset_ms / 1000.0, STEP_S)
    at_ms = scene.chat.at_ms
    starts = window_starts(at_ms[use_E])
    score = _score(scene, at_ms, use_E, starts, reach_s)
    still = _usual(score.shape[1], reach_s)
    # Where the clock stands still: at the latency of the pieces that did not move, if there are any.
    unmoved = (path.offset_ms == 0)[np.maximum(np.searchsorted(path.from_ms, starts, side="right") - 1, 0)]
    base = int(still[np.argmax(score[unmoved if unmoved.any() else slice(None)].sum(axis=0)[still])])
    begin, end = int(at_ms[use_E[0]]), int(at_ms[use_E[-1]])
    span_ms = end - begin + 1
    chance = []
    for copy in range(COPIES):
        backwards = begin + (end - at_ms + copy * span_ms // COPIES) % span_ms
        copied = _score(scene, backwards, use_E, window_starts(backwards[use_E]), reach_s)
        chance.append(_gain(copied, still) / len(copied))
    level, spread = float(np.mean(chance)), max(float(np.std(chance, ddof=1)) * np.sqrt(len(starts)), 1e-6)
    total_z = (_gain(score, still) - level * len(starts)) / (spread * np.sqrt(len(starts)))
    piece_z = np.zeros(len(path.from_ms))
    for piece, (from_ms, to_ms, offset_ms) in enumerate(zip(path.from_ms, path.to_ms, path.offset_ms, strict=True)):
        inside = score[(starts >= from_ms) & (starts < to_ms)]
        if offset_ms and len(inside):
            columns = np.clip(still + round(float(offset_ms) / 1000.0 / STEP_S), 0, score.shape[1] - 1)
            own = int(columns[np.argmax(inside.sum(axis=0)[columns])])
            gain = float((_near(inside, own) - _near(inside, base)).sum())
            piece_z[piece] = (gain - level * len(inside)) / (spread * np.sqrt(len(inside)))
    least = BELIEVED_Z if total_z >= BELIEVED_Z else ALONE_Z
    return Moves(float(total_z), piece_z, np.asarray((path.offset_ms == 0) | (piece_z >= least)))


def without_doubtful(path: OffsetPath, believed_K: Bools) -> OffsetPath:
    """The path with each doubtful piece at the offset of the piece before it, or after it where that is the first."""
    sure = np.flatnonzero(believed_K)
    if not len(sure):
        return constant_path(int(path.from_ms[0]), int(path.to_ms[-1]), 0, 0.0)
    before = sure[np.maximum(np.searchsorted(sure, np.arange(len(believed_K)), side="right") - 1, 0)]
    offset_ms = np.where(believed_K, path.offset_ms, path.offset_ms[before])
    # Neighbours that now agree are one piece, as sure as its surest part.
    first = np.flatnonzero(np.r_[True, offset_ms[1:] != offset_ms[:-1]])
    return OffsetPath(
        from_ms=path.from_ms[first],
        to_ms=path.to_ms[np.r_[first[1:], len(offset_ms)] - 1],
        offset_ms=offset_ms[first],
        sd_ms=np.maximum.reduceat(path.sd_ms, first),
        margin=np.maximum.reduceat(np.where(believed_K, path.margin, 0.0), first),
    )


def _score(scene: Scene, at_ms_E: Ints, use_E: Ints, starts: Ints, reach_s: float) -> Floats:
    votes = collect_votes(scene, at_ms_E, use_E, LOBE_S[0] - reach_s, LOBE_S[1] + reach_s)
    return evidence(votes, at_ms_E, starts, reach_s)


def _usual(columns: int, reach_s: float) -> Ints:
    """Columns of offsets that are latency, not a move of the clock."""
    offsets_s = np.arange(columns) * STEP_S - round(reach_s / STEP_S) * STEP_S
    return np.flatnonzero((offsets_s >= USUAL_S[0]) & (offsets_s <= USUAL_S[1]))


def _gain(score_WO: Floats, still: Ints) -> float:
    """What the best path has over the best offset that stands still at a usual latency."""
    return best_path_score(score_WO) - float(score_WO.sum(axis=0)[still].max())


def _near(score_WO: Floats, column: int) -> Floats:
    """The best score of each window within a step of a column."""
    return np.asarray(score_WO[:, max(column - 1, 0) : column + 2].max(axis=1))
