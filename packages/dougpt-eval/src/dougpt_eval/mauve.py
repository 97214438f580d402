"""MAUVE (Pillutla et al. 2021) of generated and real replies, on features that need no network (extra `mauve`).

The paper embeds texts by GPT-2; here a reply is its hashed 3-grams of characters, so that nothing is downloaded. Both
sides are quantised together once, and the area under the divergence frontier is a function of counts by recording, so
that it is resampled like everything else. Few replies make it coarse: it wants a thousand. Shape suffixes: B draws,
R recordings, K clusters, N replies, U different texts, D features.
"""

import warnings
from collections import Counter
from collections.abc import Sequence

import numpy as np
from dougpt_schema import MissingExtraError
from numpy.typing import NDArray

from dougpt_eval.behaviour import Bursts
from dougpt_eval.likeness import features, shares_of
from dougpt_eval.resampling import Estimate, Floats, Resampler, Statistic

REPLIES_A_CLUSTER = 10
MIXTURES = 25
SCALE = 5.0
EXPLAINED = 0.9
SEED = 25


def measure_mauve(generated: Bursts, real: Bursts, resampler: Resampler) -> dict[str, Estimate]:
    """Return MAUVE; nothing where a side says too little to make two clusters.

    Raises:
        MissingExtraError: scikit-learn is not installed.
    """
    texts = [[reply for burst in side.replies for reply in burst if reply.strip()] for side in (generated, real)]
    clusters = min(map(len, texts)) // REPLIES_A_CLUSTER
    if clusters < 2:
        return {}
    label_N = _quantised([*texts[0], *texts[1]], clusters)
    tables = []
    for side, labels in zip((generated, real), np.split(label_N, [len(texts[0])]), strict=True):
        counts_RK = np.zeros((side.recordings, clusters))
        spoken = [sum(bool(reply.strip()) for reply in burst) for burst in side.replies]
        np.add.at(counts_RK, (np.repeat(side.recording_of, spoken), labels), 1.0)
        tables.append(counts_RK)
    return {"mauve": resampler.estimate(frontier_area(*tables))}


def frontier_area(ours_RK: Floats, theirs_RK: Floats) -> Statistic:
    """Return the area under the frontier of exp(-c KL(q|r)) against exp(-c KL(p|r)) over mixtures r of p and q."""

    def statistic(weights_BR: Floats) -> Floats:
        p_BK, q_BK = (shares_of(weights_BR @ counts_RK) for counts_RK in (ours_RK, theirs_RK))
        xs, ys = [np.ones(len(weights_BR))], [np.zeros(len(weights_BR))]
        for share in np.linspace(1e-6, 1 - 1e-6, MIXTURES):
            mixed_BK = share * p_BK + (1 - share) * q_BK
            xs.append(np.exp(-SCALE * _divergence(q_BK, mixed_BK)))
            ys.append(np.exp(-SCALE * _divergence(p_BK, mixed_BK)))
        xs.append(np.zeros(len(weights_BR)))
        ys.append(np.ones(len(weights_BR)))
        area: Floats = np.asarray(-np.trapezoid(np.stack(ys), np.stack(xs), axis=0), dtype=np.float64)
        return area

    return statistic


def _quantised(texts: Sequence[str], clusters: int) -> NDArray[np.int64]:
    """Return the cluster of each text, that of its equals: each different text is looked at once, by its weight."""
    try:
        from sklearn.cluster import KMeans  # type: ignore[import-untyped]  # noqa: PLC0415 - an extra
        from sklearn.decomposition import PCA  # type: ignore[import-untyped]  # noqa: PLC0415
        from sklearn.exceptions import ConvergenceWarning  # type: ignore[import-untyped]  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if error.name != "sklearn":
            raise
        raise MissingExtraError("dougpt-eval[mauve]", "MAUVE") from error
    counted = Counter(texts)
    different = {text: place for place, text in enumerate(counted)}
    if len(different) <= clusters:
        return np.array([different[text] for text in texts], dtype=np.int64)
    features_UD = features(list(different))[:, :-2]
    reduced_UD = PCA(n_components=EXPLAINED, svd_solver="full").fit_transform(features_UD)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # different texts may have the same 3-grams
        found = KMeans(clusters, n_init=1, random_state=SEED).fit(reduced_UD, sample_weight=list(counted.values()))
    labels_U = np.asarray(found.labels_, dtype=np.int64)
    return labels_U[[different[text] for text in texts]]


def _divergence(left_BK: Floats, right_BK: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        parts_BK = np.where(left_BK > 0, left_BK * np.log(left_BK / right_BK), np.where(np.isnan(left_BK), np.nan, 0.0))
    total: Floats = parts_BK.sum(axis=1)
    return total
