"""Simple rules that an aligner must beat: each gives every event one utterance, or none.

They look at times, or at shared words, and know nothing of the share of replies: what they find, they accept.
"""

import numpy as np
import pyarrow as pa
from dougpt_schema import ArrowStream

from dougpt_align.arrays import Ints, row_maxima, row_sums
from dougpt_align.candidates import find_pairs
from dougpt_align.decide import best_parents
from dougpt_align.scene import Scene, read_scene
from dougpt_align.settings import AlignSettings
from dougpt_align.tokens import shared_weight

LAGS_S = np.arange(0.0, 20.1, 0.5)
LEXICAL_WINDOW_MS = 25_000
PLAIN_WINDOW_S, PLAIN_ROUNDS = 45.0, 40


def read(utterances: ArrowStream, chat_events: ArrowStream) -> Scene:
    """The scene that baselines work on."""
    return read_scene(utterances, chat_events, AlignSettings())


def previous_start(scene: Scene) -> Ints:
    """Each event answers the utterance that began last."""
    return _latest(scene, np.sort(scene.speech.start_ms), np.argsort(scene.speech.start_ms, kind="stable"), 0.0)


def previous_end(scene: Scene) -> Ints:
    """Each event answers the utterance that ended last."""
    return fixed_lag(scene, 0.0)


def fixed_lag(scene: Scene, lag_s: float) -> Ints:
    """Each event answers the utterance that ended last before `lag_s` seconds ago."""
    return _latest(scene, scene.speech.end_ms, np.arange(len(scene.speech.end_ms)), lag_s)


def gold_tuned_lag(scene: Scene, parents: Ints) -> tuple[Ints, float]:
    """The fixed lag that is best on the answers themselves: more than any rule of its kind can know."""
    rows = [fixed_lag(scene, float(lag)) for lag in LAGS_S]
    best = int(np.argmax([int(((found == parents) & (parents >= 0)).sum()) for found in rows]))
    return rows[best], float(LAGS_S[best])


def correlated_lag(scene: Scene) -> Ints:
    """Each event answers the utterance before the lag at which speech and chat activity correlate best."""
    end_s, at_s = scene.speech.end_ms / 1000.0, scene.chat.at_ms / 1000.0
    if not len(end_s) or not len(at_s):
        return np.full(len(at_s), -1, dtype=np.int64)
    counts = []
    for lag in LAGS_S:
        low = np.searchsorted(end_s, at_s - lag - 1.0)
        counts.append(int((np.searchsorted(end_s, at_s - lag + 1.0) - low).sum()))
    return fixed_lag(scene, float(LAGS_S[int(np.argmax(counts))]))


def lexical_best(scene: Scene) -> Ints:
    """Each event answers the utterance of the last 25 s that shares most with it; without a shared word, none."""
    settings = AlignSettings(earliest_lag_ms=0, latest_lag_ms=LEXICAL_WINDOW_MS)
    n = len(scene.chat.ids)
    pairs = find_pairs(scene.speech.end_ms, scene.chat.at_ms, *_everything(n, len(scene.speech.ids)), settings)
    shared = shared_weight(scene.lexicon, pairs.ptr, pairs.first_E)
    top = row_maxima(shared, pairs.ptr)
    best = np.full(n, -1, dtype=np.int64)
    winners = np.flatnonzero((shared > 0) & (shared >= top[pairs.event_P]))
    best[pairs.event_P[winners]] = scene.speech.ids[pairs.parent_P[winners]]
    return best


def plain_em(scene: Scene) -> Ints:
    """Expectation maximisation of a plain Poisson cluster process, taking its word for what is a reply.

    Utterances draw replies at rates of their own, all with one lag histogram, over an even background (Lewis and
    Mohler's estimator with observed parents); times are all that it sees. An event answers its likeliest utterance
    where replies are together likelier than the background.
    """
    n, utterances = len(scene.chat.ids), len(scene.speech.ids)
    settings = AlignSettings(earliest_lag_ms=0, latest_lag_ms=round(1000 * PLAIN_WINDOW_S))
    pairs = find_pairs(scene.speech.end_ms, scene.chat.at_ms, *_everything(n, utterances), settings)
    best = np.full(n, -1, dtype=np.int64)
    if not len(pairs.parent_P):
        return best
    span_s = max(float(scene.chat.at_ms[-1] - scene.chat.at_ms[0]) / 1000.0, 1.0)
    bins = np.minimum(pairs.lag_s_P.astype(np.int64), round(PLAIN_WINDOW_S) - 1)
    fertility, background = np.full(utterances, 0.5 * n / utterances), 0.5 * n / span_s
    density = np.full(round(PLAIN_WINDOW_S), 1.0 / PLAIN_WINDOW_S)
    link = np.zeros(len(bins))
    for _ in range(PLAIN_ROUNDS):
        rate = fertility[pairs.parent_P] * density[bins]
        link = rate / (background + row_sums(rate, pairs.ptr))[pairs.event_P]
        replies = float(link.sum())
        fertility = np.bincount(pairs.parent_P, weights=link, minlength=utterances)
        density = np.bincount(bins, weights=link, minlength=len(density)) / max(replies, 1e-9)
        background = (n - replies) / span_s
    chosen = best_parents(pairs, link).pair_E
    taken = np.flatnonzero((chosen >= 0) & (row_sums(link, pairs.ptr) >= 0.5))
    best[taken] = scene.speech.ids[pairs.parent_P[chosen[taken]]]
    return best


def _everything(events: int, utterances: int) -> tuple[Ints, Ints]:
    """Bounds that leave every utterance to every event."""
    return np.zeros(events, dtype=np.int64), np.full(events, utterances, dtype=np.int64)


def as_links(scene: Scene, parents: Ints) -> pa.Table:
    """The choice of a baseline as the columns that scores look at, accepted wherever there is one."""
    found = parents >= 0
    return pa.table(
        {
            "event_id": scene.chat.ids,
            "utterance_id": pa.array(parents, pa.int64(), mask=~found),
            "probability": found.astype(np.float32),
            "background": (~found).astype(np.float32),
            "accepted": found,
        }
    )


def _latest(scene: Scene, sorted_ms: Ints, order: Ints, lag_s: float) -> Ints:
    place = np.searchsorted(sorted_ms, scene.chat.at_ms - round(1000 * lag_s), side="right") - 1
    if not len(order):
        return np.full(len(scene.chat.ids), -1, dtype=np.int64)
    return np.where(place >= 0, scene.speech.ids[order[np.maximum(place, 0)]], -1)
