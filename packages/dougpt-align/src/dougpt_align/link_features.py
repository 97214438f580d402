"""What a stacker looks at: for each likely pair and for its event, what the model made of it and what it left out.

The model's log odds come first, so that a stacker without labels gives the model back. Shape suffixes: K pairs that
are kept, F features of pairs, G features of events.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dougpt_align.arrays import Floats, Ints, row_maxima
from dougpt_align.attribution import Posterior
from dougpt_align.background import Windows
from dougpt_align.marks import Said, Wrote, said_kinds, wrote_kinds
from dougpt_align.prepared import Prepared

# Candidates below this posterior are no answer; most are.
LIKELY = 2e-3
EDGE = 1e-6
RATES_S = (1.5, 5.0, 30.0)
COPIES_S = 15.0
# How many messages' worth of the overall share a word or an author begins with.
WORD_PRIOR, AUTHOR_PRIOR = 20.0, 10.0


@dataclass(frozen=True, slots=True)
class LinkFeatures:
    """Features of the pairs `pair_K` (numbers of candidate pairs), in ragged rows `ptr`, and of all events."""

    ptr: Ints
    pair_K: Ints
    x_KF: Floats
    z_EG: Floats


def describe_links(prepared: Prepared, fitted: Posterior) -> LinkFeatures:
    """Features of the pairs that the model holds likely, and of every event that it looked at."""
    pair = np.flatnonzero(fitted.link_P >= LIKELY)
    event = prepared.pairs.event_P[pair].astype(np.int64)
    events = len(prepared.rows)
    counts = np.bincount(event, minlength=events)
    ptr = np.r_[0, np.cumsum(counts)].astype(np.int64)
    return LinkFeatures(ptr, pair, _of_pairs(prepared, fitted, pair, event, ptr), _of_events(prepared, fitted))


def _of_pairs(prepared: Prepared, fitted: Posterior, pair: Ints, event: Ints, ptr: Ints) -> Floats:
    problem, speech, kernel = prepared.problem, prepared.scene.speech, fitted.parameters.kernel
    parent = problem.parent_P[pair]
    link = np.clip(fitted.link_P[pair], EDGE, 1 - EDGE)
    odds = np.log(link) - np.log(np.clip(fitted.background_E[event], EDGE, 1.0))
    lag_s = problem.lag_s_P[pair] - fitted.delay_s_E[event] - kernel.typing_s * problem.typed_E[event]
    density = np.log(kernel.density_B[kernel.bins(lag_s)])
    shared = prepared.shared_P[pair]
    mass = np.maximum(prepared.scene.lexicon.event_mass[prepared.rows[event]], 1e-9)
    ratios = [np.log(fitted.parameters.ratios[mark.name])[mark.bins_P[pair]] for mark in problem.marks]
    replies = fitted.replies_U[parent]
    told = _told_by_replies(prepared, fitted)
    said = said_kinds(prepared.scene)[parent]
    duration_s = (speech.end_ms - speech.start_ms)[parent] / 1000.0
    columns = [
        odds,
        _over_the_rest(odds, ptr),
        lag_s - kernel.quantile(0.5),
        density,
        _over_the_rest(density, ptr),
        np.minimum(shared, 25.0),
        np.minimum(shared / mass, 1.0),
        _over_the_rest(np.minimum(shared, 25.0), ptr),
        *ratios,
        np.log1p(replies),
        told[parent] / (1.0 + replies),
        duration_s,
        np.log1p(speech.n_words[parent].astype(np.float64)),
        speech.addresses_chat[parent].astype(np.float64),
        (said == Said.QUESTION).astype(np.float64),
        (said == Said.CALL).astype(np.float64),
    ]
    return np.stack(columns, axis=1)


def _of_events(prepared: Prepared, fitted: Posterior) -> Floats:
    problem, chat, rows = prepared.problem, prepared.scene.chat, prepared.rows
    reply = 1.0 - fitted.background_E
    rates = [np.log(Windows.of(problem.time_s_E, (half,)).intensity(np.ones(len(rows))) + 1e-3) for half in RATES_S]
    wrote = wrote_kinds(prepared.scene)[rows]
    texts = pc.utf8_lower(chat.texts.take(pa.array(rows)))
    words, of_word = _words(texts)
    of_author = np.arange(len(rows))
    columns = [
        *rates,
        rates[0] - rates[2],
        problem.typed_E,
        *((wrote == kind).astype(np.float64) for kind in Wrote),
        _leaning(words, of_word, reply, WORD_PRIOR),
        _leaning(problem.author_E, of_author, reply, AUTHOR_PRIOR),
        np.log1p(np.bincount(problem.author_E, minlength=1)[problem.author_E].astype(np.float64)),
        np.log1p(_copies_around(texts, problem.time_s_E)),
    ]
    return np.stack(columns, axis=1)


def _over_the_rest(values_K: Floats, ptr: Ints) -> Floats:
    """Each pair's value less the best of the other pairs of its event; the value itself where it is alone."""
    row = np.repeat(np.arange(len(ptr) - 1), np.diff(ptr))
    top = row_maxima(values_K, ptr)
    is_top = values_K >= top[row]
    second = row_maxima(np.where(is_top, -np.inf, values_K), ptr)
    many = np.bincount(row[is_top], minlength=len(ptr) - 1)
    other = np.where(is_top & (many[row] == 1), second[row], top[row])
    return np.where(np.isfinite(other), values_K - other, values_K)


def _told_by_replies(prepared: Prepared, fitted: Posterior) -> Floats:
    """Sum over each utterance's replies of what their marks say, in nats."""
    problem = prepared.problem
    told = np.zeros(len(problem.class_U))
    for mark in problem.marks:
        log_ratio = np.log(fitted.parameters.ratios[mark.name])[mark.bins_P]
        told += np.bincount(problem.parent_P, weights=fitted.link_P * log_ratio, minlength=len(told))
    return told


def _words(texts: pa.Array) -> tuple[Ints, Ints]:
    """Numbers of the words of each text and of the whole text, each once, and the event of each."""
    lists = pc.split_pattern(texts, pattern=" ")
    counts = np.diff(lists.offsets.to_numpy())
    code = lists.flatten().dictionary_encode().indices.to_numpy(zero_copy_only=False).astype(np.int64)
    size = int(code.max(initial=-1)) + 1
    whole = texts.dictionary_encode().indices.to_numpy(zero_copy_only=False).astype(np.int64) + size
    event = np.r_[np.repeat(np.arange(len(texts)), counts), np.arange(len(texts))]
    code = np.r_[code, whole]
    stride = int(code.max(initial=0)) + 1
    both = np.unique(event * stride + code)
    return both % stride, both // stride


def _leaning(group: Ints, event: Ints, reply_E: Floats, prior: float) -> Floats:
    """How much likelier than others each event is a reply by its groups' other events: mean log odds over groups.

    Args:
        group: Numbers of groups (words, authors).
        event: The event of each.
        reply_E: The model's probability that an event is a reply.
        prior: How many events of the overall share each group begins with.
    """
    if not len(reply_E):
        return np.zeros(0)
    mean = float(np.clip(reply_E.mean(), 1e-3, 1 - 1e-3))
    seen, replies = np.bincount(group), np.bincount(group, weights=reply_E[event])
    share = (replies[group] - reply_E[event] + prior * mean) / (seen[group] - 1.0 + prior)
    share = np.clip(share, 1e-3, 1 - 1e-3)
    odds = np.log(share / (1 - share)) - np.log(mean / (1 - mean))
    total = np.bincount(event, weights=odds, minlength=len(reply_E))
    return np.asarray(total / np.maximum(np.bincount(event, minlength=len(reply_E)), 1))


def _copies_around(texts: pa.Array, time_s_E: Floats) -> Floats:
    """How many other events of the same text there are within `COPIES_S` of each."""
    code = texts.dictionary_encode().indices.to_numpy(zero_copy_only=False).astype(np.int64)
    span = float(time_s_E[-1] - time_s_E[0]) + 4 * COPIES_S if len(time_s_E) else 1.0
    # One line of time a text, far enough apart that windows do not reach over.
    place = code * span + (time_s_E - (time_s_E[0] if len(time_s_E) else 0.0))
    ordered = np.sort(place)
    around = np.searchsorted(ordered, place + COPIES_S, side="right") - np.searchsorted(ordered, place - COPIES_S)
    return np.asarray(around - 1.0)
