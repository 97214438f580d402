"""The list of random questions of a recording: a stratified sample without replacement, in an order for stopping.

Half of each stratum, by a hash of the event's id alone, is kept for the list; only the other half is ever asked to
teach, so that no choice of the model thins what the list is drawn from. Of stratum h with N_h events n_h are on the
list, each with probability n_h / N_h; more of the probable ones, since precision is a matter of these. However many are
asked, those asked are a part of the list in which every stratum has its share, so that ratios of estimates hold.
"""

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from dougpt_align.arrays import Bools, Floats, Ints
from dougpt_align.asking.frame import SCORES, Frame

KEPT_FOR_RANDOM = 0.5
# Strata move with the scores; what lies near the border between the halves is not asked to teach, either.
NEVER_TEACHES_BELOW = 0.6
# How much likelier than an unlikely reply an event of each score is drawn.
TIMES_DRAWN = dict(zip(SCORES, (1.0, 2.0, 4.0), strict=True))


@dataclass(frozen=True, slots=True)
class Draw:
    """Rows of the frame on the list (L), in the order of asking, their inclusion; which events are kept for it (N)."""

    rows_L: Ints
    inclusion_L: Floats
    kept_N: Bools


def draw(frame: Frame, size: int, seed: int) -> Draw:
    """Draw the list of a recording: about `size` events, at least one of each stratum."""
    names, stratum_N = np.unique(frame.strata_N.astype(str), return_inverse=True)
    events_H = np.bincount(stratum_N, minlength=len(names))
    kept_H = np.ceil(KEPT_FOR_RANDOM * events_H).astype(np.int64)
    drawn_H = _allocate(names, events_H, kept_H, size)
    lasting, fresh = chance(frame.event_ids, ""), chance(frame.event_ids, f"{seed}")
    kept = lasting < NEVER_TEACHES_BELOW
    rows, moment = [], []
    for h, start in enumerate(chance(names.tolist(), f"{seed} start")):
        members = np.flatnonzero(stratum_N == h)
        mine = members[np.argsort(lasting[members], kind="stable")][: kept_H[h]]
        kept[mine] = True
        mine = mine[np.argsort(fresh[mine], kind="stable")][: drawn_H[h]]
        rows.append(mine)
        moment.append((np.arange(len(mine)) + start) / max(len(mine), 1))
    rows_L = np.concatenate(rows) if rows else np.zeros(0, dtype=np.int64)
    order = np.argsort(np.concatenate(moment), kind="stable") if rows else rows_L
    inclusion_H = drawn_H / np.maximum(events_H, 1)
    return Draw(rows_L[order], inclusion_H[stratum_N[rows_L[order]]], kept)


def chance(names: list[str] | tuple[str, ...], salt: str) -> Floats:
    """A number in [0, 1) for each name, which looks random and is the same on every machine."""
    person = blake2b(salt.encode(), digest_size=16).digest()
    hashed = b"".join(blake2b(name.encode(), digest_size=8, key=person).digest() for name in names)
    return (np.frombuffer(hashed, dtype=">u8") >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _allocate(names: NDArray[np.str_], events_H: Ints, kept_H: Ints, size: int) -> Ints:
    """How many of each stratum: in proportion to events times score, one at least, all that are kept at most."""
    wanted_H = events_H * np.array([TIMES_DRAWN[name.split()[-2]] for name in names])
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = 0.5 * (low + high)
        if np.clip(middle * wanted_H, 1, kept_H).sum() > size:
            high = middle
        else:
            low = middle
    return np.asarray(np.clip(np.round(low * wanted_H).astype(np.int64), np.minimum(1, kept_H), kept_H))
