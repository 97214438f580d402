"""Small regression trees, boosted: what `stacker` adds to its line, in numpy.

Trees are complete to their depth and grown level by level from histograms: each column is cut into bins where the
loss is curved (as XGBoost's weighted sketch does), one bincount sums first and second derivatives a node, column and
bin, and the split of the highest gain is taken. No randomness anywhere.

Shape suffixes: P pairs, D columns, N nodes, B bins, T trees, L leaves.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dougpt_align.arrays import Floats, Ints

BINS = 32
CHUNK = 1 << 15
LEAST_GAIN = 1e-6
# Pairs whose derivatives are smaller move no split; among many candidates they are most.
NEGLIGIBLE = 1e-4
# Sums that differ by less are one sum, added up in another order.
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Growth:
    """How many trees and how deep, how much of each is taken, how hard leaves are pulled to 0, how heavy they must be.

    The last two are in the loss's curvature, of which a label brings at most a quarter a candidate.
    """

    trees: int = 60
    depth: int = 2
    shrinkage: float = 0.1
    leaf_pull: float = 3.0
    least_leaf: float = 2.0


@dataclass(frozen=True, slots=True)
class Forest:
    """Trees as arrays: node n sends a pair to node 2n + 2 where its column exceeds the cut, else to 2n + 1."""

    column_TN: Ints
    cut_TN: Floats
    leaf_TL: Floats

    def __call__(self, x_PD: Floats) -> Floats:
        """Sum of the trees' leaves of each pair."""
        total = np.zeros(len(x_PD))
        for begin in range(0, len(x_PD), CHUNK):
            x_DP = np.ascontiguousarray(x_PD[begin : begin + CHUNK].T)
            for column_N, cut_N, leaf_L in zip(self.column_TN, self.cut_TN, self.leaf_TL, strict=True):
                total[begin : begin + CHUNK] += leaf_L[_leaf_of(x_DP, column_N, cut_N)]
        return total


@dataclass(frozen=True, slots=True)
class Bins:
    """The cuts of each column, and the bin of each pair in it: how many cuts lie below its value."""

    edges: tuple[Floats, ...]
    code_PD: Ints

    @classmethod
    def cut(cls, x_DP: Floats, weight_P: Floats) -> "Bins":
        """At most BINS - 1 cuts a column, at equal steps of weight."""
        edges = tuple(_edges(x_P, weight_P) for x_P in x_DP)
        codes = [np.searchsorted(edge, x_P) for edge, x_P in zip(edges, x_DP, strict=True)]
        return cls(edges, np.stack(codes, axis=1))


def grow(
    x_PD: Floats, score_P: Floats, derivatives: Callable[[Floats], tuple[Floats, Floats]], growth: Growth
) -> Forest:
    """Boost trees from the scores that are there.

    Args:
        x_PD: Columns to split on.
        score_P: Scores to begin at.
        derivatives: Of the loss, first and second, by each score.
        growth: How many trees of which kind.
    """
    nodes, leaves = 2**growth.depth - 1, 2**growth.depth
    column, cut = np.zeros((growth.trees, nodes), dtype=np.int64), np.full((growth.trees, nodes), np.inf)
    leaf = np.zeros((growth.trees, leaves))
    if not len(x_PD):
        return Forest(column, cut, leaf)
    x_DP = np.ascontiguousarray(x_PD.T)
    bins = Bins.cut(x_DP, derivatives(score_P)[1])
    for tree in range(growth.trees):
        first, second = derivatives(score_P)
        live = np.flatnonzero(np.abs(first) + second > NEGLIGIBLE)
        column[tree], cut[tree] = _split(bins, live, (first[live], second[live]), growth)
        place = _leaf_of(x_DP, column[tree], cut[tree])
        slope = np.bincount(place, weights=first, minlength=leaves)
        curvature = np.bincount(place, weights=second, minlength=leaves)
        leaf[tree] = -growth.shrinkage * slope / (curvature + growth.leaf_pull)
        score_P = score_P + leaf[tree][place]
    return Forest(column, cut, leaf)


def _leaf_of(x_DP: Floats, column_N: Ints, cut_N: Floats) -> Ints:
    """The leaf of one tree that each pair falls into; whole columns are compared, which beats looking pairs up."""
    place = np.zeros(x_DP.shape[1], dtype=np.int64)
    base = 0
    while base < len(column_N):
        right = x_DP[column_N[base]] > cut_N[base]
        for at in range(1, base + 1):
            right = np.where(place == at, x_DP[column_N[base + at]] > cut_N[base + at], right)
        place = 2 * place + right
        base = 2 * base + 1
    return place


def _split(bins: Bins, live: Ints, derivatives: tuple[Floats, Floats], growth: Growth) -> tuple[Ints, Floats]:
    """Columns and cuts of one tree, from the pairs that are live; a node that gains nothing sends all to the left."""
    code_PD = bins.code_PD[live]
    columns = code_PD.shape[1]
    flat_PD = code_PD + BINS * np.arange(columns)
    column, cut = np.zeros(2**growth.depth - 1, dtype=np.int64), np.full(2**growth.depth - 1, np.inf)
    node = np.zeros(len(live), dtype=np.int64)
    for level in range(growth.depth):
        here, base = 2**level, 2**level - 1
        keys = (flat_PD + (node * (BINS * columns))[:, None]).ravel()
        slope, curved = (
            np.bincount(keys, np.repeat(values, columns), here * columns * BINS).reshape(here, columns, BINS)
            for values in derivatives
        )
        gain = _gains(slope, curved, growth).reshape(here, -1)
        code = np.full(here, BINS, dtype=np.int64)
        for at, best in enumerate(gain.argmax(axis=1).tolist()):
            if gain[at, best] > LEAST_GAIN:
                column[base + at], code[at] = divmod(best, BINS)
                cut[base + at] = bins.edges[column[base + at]][code[at]]
        node = 2 * node + (code_PD[np.arange(len(node)), column[base + node]] > code[node])
    return column, cut


def _gains(slope_NDB: Floats, curved_NDB: Floats, growth: Growth) -> Floats:
    """Fall of the loss when a node is cut after each bin; -inf where a side would be too light."""
    left, left_curved = slope_NDB.cumsum(axis=2), curved_NDB.cumsum(axis=2)
    whole, whole_curved = left[:, :, -1:], left_curved[:, :, -1:]
    right, right_curved = whole - left, whole_curved - left_curved
    pull = growth.leaf_pull
    gain = left**2 / (left_curved + pull) + right**2 / (right_curved + pull) - whole**2 / (whole_curved + pull)
    least = growth.least_leaf - ROUNDING
    heavy = (left_curved >= least) & (right_curved >= least)
    # Cuts that part the pairs alike gain alike; the order in which sums were added up must not choose among them.
    return np.where(heavy, np.round(gain, 9), -np.inf)


def _edges(x_P: Floats, weight_P: Floats) -> Floats:
    """At most BINS - 1 cuts between values that differ: at equal steps of weight, and above the lowest value."""
    order = np.argsort(x_P, kind="stable")
    ordered, mass = x_P[order], np.cumsum(weight_P[order])
    at = np.searchsorted(mass / mass[-1] + ROUNDING, np.arange(1, BINS - 1) / (BINS - 1))
    at = np.minimum(at, len(ordered) - 1)
    cuts = np.unique(np.r_[ordered[0], ordered[at]])
    return np.asarray(cuts[cuts < ordered[-1]])
