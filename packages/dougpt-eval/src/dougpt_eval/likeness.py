"""How like real chat the replies are, as a sanity band and never as the aim.

Marginal style cannot tell fitting replies from random old ones: real chat of another minute is as like as can
be. Each distance is therefore read beside that ceiling. All are functions of counts by recording, so that
they are resampled like everything else. Shape suffixes: B draws, R recordings, V kinds, N replies, D features.
"""

import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from dougpt_eval.behaviour import Bursts
from dougpt_eval.resampling import Estimate, Floats, Resampler, Statistic

KINDS = 4000
LONGEST = 500
FEATURES = 512
RIDGE = 1.0
CHUNK = 256


type StylesOf = Callable[[Sequence[Sequence[str]], Sequence[str]], Sequence[Sequence[str]]]
"""From bursts and their prompts to the style of each reply."""


def measure_likeness(
    generated: Bursts, real: Bursts, resampler: Resampler, *, emotes: set[str], styles_of: StylesOf | None = None
) -> dict[str, Estimate]:
    """Return the distances of generated from real replies to the same windows.

    Args:
        generated: A model's replies.
        real: Those of the real chat.
        resampler: Draws recordings.
        emotes: The channel's emotes; without them their mix is not compared.
        styles_of: Names the style of replies; without it the mix of styles is not compared.
    """

    def compare(
        statistic: Callable[[Floats, Floats], Statistic], kinds: Callable[[Sequence[str]], Sequence[object]]
    ) -> Estimate:
        ours, theirs = _counts(generated, kinds), _counts(real, kinds)
        return resampler.estimate(statistic(*_tables(ours, theirs)))

    found = {
        "trigram_divergence": compare(divergence, lambda burst: [gram for reply in burst for gram in _trigrams(reply)]),
        "word_divergence": compare(divergence, lambda burst: [word for reply in burst for word in reply.split()]),
        "length_distance": resampler.estimate(
            distance(*(_histogram(side, lambda burst: [len(reply) for reply in burst]) for side in (generated, real)))
        ),
        "burst_distance": resampler.estimate(
            distance(*(_histogram(side, lambda burst: [len(burst)]) for side in (generated, real)))
        ),
    }
    if emotes:
        found["emote_divergence"] = compare(
            divergence, lambda burst: [word for reply in burst for word in reply.split() if word in emotes]
        )
    if styles_of is not None:
        named = [
            replace(side, replies=list(map(list, styles_of(side.replies, side.prompts)))) for side in (generated, real)
        ]
        counts = [_counts(side, lambda styles: styles) for side in named]
        found["style_divergence"] = resampler.estimate(divergence(*_tables(*counts)))
    if any(map(any, generated.replies)) and any(map(any, real.replies)):
        found["two_sample_auc"] = resampler.estimate(two_sample_auc(generated, real))
    return found


def divergence(ours_RV: Floats, theirs_RV: Floats) -> Statistic:
    """Return the Jensen-Shannon divergence in bits, in [0, 1]: 0 for equal mixes, 1 for nothing in common."""

    def chunk(weights_BR: Floats) -> Floats:
        shares = [shares_of(weights_BR @ counts_RV) for counts_RV in (ours_RV, theirs_RV)]
        middle = (shares[0] + shares[1]) / 2
        with np.errstate(divide="ignore", invalid="ignore"):
            parts = [np.where(share > 0, share * np.log2(share / middle), 0.0).sum(axis=1) for share in shares]
        empty = np.isnan(shares[0]).any(axis=1) | np.isnan(shares[1]).any(axis=1)
        return np.where(empty, np.nan, np.clip((parts[0] + parts[1]) / 2, 0, 1))

    return _chunked(chunk)


def distance(ours_RV: Floats, theirs_RV: Floats) -> Statistic:
    """Return the Wasserstein distance between histograms over 0, 1, 2, ..., in their unit."""

    def chunk(weights_BR: Floats) -> Floats:
        ours, theirs = (shares_of(weights_BR @ counts_RV).cumsum(axis=1) for counts_RV in (ours_RV, theirs_RV))
        return np.abs(ours - theirs).sum(axis=1)

    return _chunked(chunk)


def two_sample_auc(generated: Bursts, real: Bursts) -> Statistic:
    """Return how well a ridge classifier on 3-grams tells generated from real replies.

    The area under its curve on recordings that it was not fitted on, one half where it is below. With one
    recording, windows are halved instead.
    """
    sides = (generated, real)
    fold = [side.recording_of % 2 if side.recordings > 1 else np.arange(len(side.replies)) % 2 for side in sides]
    texts = [[reply for burst in side.replies for reply in burst] for side in sides]
    sizes = [[len(burst) for burst in side.replies] for side in sides]
    fold_N = np.concatenate([np.repeat(fold[k], sizes[k]) for k in range(2)])
    recording_N = np.concatenate([np.repeat(sides[k].recording_of, sizes[k]) for k in range(2)])
    label_N = np.repeat([1.0, -1.0], [len(texts[0]), len(texts[1])])
    features_ND = features([*texts[0], *texts[1]])
    score_N = np.empty(len(label_N))
    for half in (0, 1):
        score_N[fold_N == half] = _fitted(
            features_ND[fold_N != half], label_N[fold_N != half], features_ND[fold_N == half]
        )
    # Folds are fitted apart, so replies are compared inside one fold alone.
    wins_RR, pairs_RR = np.zeros((2, generated.recordings, generated.recordings))
    for half in (0, 1):
        ours, theirs = ((label_N == sign) & (fold_N == half) for sign in (1, -1))
        order = np.sign(score_N[ours][:, None].round(9) - score_N[theirs][None, :].round(9)) / 2 + 0.5
        np.add.at(wins_RR, (recording_N[ours][:, None], recording_N[theirs][None, :]), order)
        np.add.at(pairs_RR, (recording_N[ours][:, None], recording_N[theirs][None, :]), 1.0)

    def statistic(weights_BR: Floats) -> Floats:
        wins, pairs = (np.einsum("br,rs,bs->b", weights_BR, table, weights_BR) for table in (wins_RR, pairs_RR))
        area: Floats = np.divide(wins, pairs, out=np.full(len(pairs), np.nan), where=pairs > 0)
        return np.maximum(area, 0.5)

    return statistic


def _fitted(seen_ND: Floats, label_N: Floats, unseen_ND: Floats) -> Floats:
    if not len(label_N):
        return np.zeros(len(unseen_ND))
    # Both sides count alike, however many replies each has.
    sides_N = np.where(label_N > 0, np.count_nonzero(label_N > 0), np.count_nonzero(label_N < 0))
    weight_N = len(label_N) / 2 / sides_N
    gram_DD = (seen_ND * weight_N[:, None]).T @ seen_ND + RIDGE * np.eye(seen_ND.shape[1])
    return np.asarray(unseen_ND @ np.linalg.solve(gram_DD, seen_ND.T @ (weight_N * label_N)))


def features(texts: Sequence[str]) -> Floats:
    """Return what a classifier sees of each text: its hashed 3-grams at length one, a constant, and its length."""
    features_ND = np.zeros((len(texts), FEATURES + 2))
    for row, text in enumerate(texts):
        for gram, count in Counter(_trigrams(text)).items():
            features_ND[row, zlib.crc32(gram.encode()) % FEATURES] += count
        features_ND[row] /= max(float(np.linalg.norm(features_ND[row])), 1.0)
        features_ND[row, -2:] = 1.0, np.log1p(len(text)) / 5
    return features_ND


def _counts(bursts: Bursts, kinds: Callable[[Sequence[str]], Sequence[object]]) -> list[Counter[object]]:
    counts: list[Counter[object]] = [Counter() for _ in range(bursts.recordings)]
    for recording, burst in zip(bursts.recording_of, bursts.replies, strict=True):
        counts[recording].update(kinds(burst))
    return counts


def _tables(ours: list[Counter[object]], theirs: list[Counter[object]]) -> tuple[Floats, Floats]:
    """Return both sides over the most frequent kinds, the rest in a last column."""
    together: Counter[object] = Counter()
    for counts in (*ours, *theirs):
        together.update(counts)
    frequent = sorted(together, key=lambda kind: (-together[kind], str(kind)))[:KINDS]
    place = {kind: index for index, kind in enumerate(frequent)}

    def table(side: list[Counter[object]]) -> Floats:
        counts_RV = np.zeros((len(side), len(frequent) + 1))
        for row, counts in enumerate(side):
            for kind, count in counts.items():
                counts_RV[row, place.get(kind, len(frequent))] += count
        return counts_RV

    return table(ours), table(theirs)


def _histogram(bursts: Bursts, sizes: Callable[[Sequence[str]], Sequence[int]]) -> Floats:
    counts_RV = np.zeros((bursts.recordings, LONGEST + 1))
    for recording, burst in zip(bursts.recording_of, bursts.replies, strict=True):
        for size in sizes(burst):
            counts_RV[recording, min(size, LONGEST)] += 1
    return counts_RV


def shares_of(counts_BV: Floats) -> Floats:
    """Return each row's counts as shares of their sum; NaN where it is 0."""
    total_B1 = counts_BV.sum(axis=1, keepdims=True)
    shares_BV: Floats = np.divide(counts_BV, total_B1, out=np.full(counts_BV.shape, np.nan), where=total_B1 > 0)
    return shares_BV


def _chunked(statistic: Statistic) -> Statistic:
    return lambda weights_BR: np.concatenate(
        [statistic(weights_BR[start : start + CHUNK]) for start in range(0, len(weights_BR), CHUNK)]
    )


def _trigrams(text: str) -> list[str]:
    padded = f"  {text} "
    return [a + b + c for (a, b), (_, c) in pairwise(pairwise(padded))]
