"""How far chat's clock runs from the recording's: a path of offsets, found in shared rare words.

Each rare token that an utterance and a message share votes for the lag between them. Votes are summed
over windows (W) of chat and candidate offsets (O, one a second); a Viterbi path through these sums may
drift slowly and jump at a cost (reconnects and removed adverts move the clock by tens of seconds). Known
places of events on the recording's clock (anchors) outrank words.
"""

import itertools
from dataclasses import dataclass, replace

import numpy as np

from dougpt_align.arrays import Bools, Floats, Ints, expand
from dougpt_align.scene import Scene

STEP_S = 1.0
WINDOW_S = 60.0
MAX_WINDOWS = 1000
MAX_VOTES = 4_000_000
ECHO_SHARE = 0.05
ECHO_DENSITY = 0.12
DRIFT_COST = 0.5
JUMP_COST = 14.0
START_COST = 8.0
ANCHOR_SCORE = 60.0
ELSEWHERE_S = 12.0
# Smaller moves of the path are drift, which the lag kernel tolerates.
SAME_PIECE_S = 5.0
# Lags of replies that a kernel can explain without a clock offset: latency, reading and typing.
USUAL_S = (-20.0, 14.0)
USUAL_SHARE = 0.1
LOBE_S = (0.0, 14.0)
# How far a clock found in words, or assumed, may be off: a standard deviation.
USUAL_SD_MS = 2000.0
TOPIC_S = 45.0


@dataclass(frozen=True, slots=True)
class Votes:
    """Shared rare tokens: the event, the lag in seconds from the utterance's end, and the evidence in nats."""

    event: Ints
    lag_s: Floats
    weight: Floats


@dataclass(frozen=True, slots=True)
class OffsetPath:
    """Pieces (K) of chat's clock: from, to and offset in ms, sd in ms, margin in nats."""

    from_ms: Ints
    to_ms: Ints
    offset_ms: Ints
    sd_ms: Floats
    margin: Floats

    def piece_of(self, at_ms: Ints) -> Ints:
        """The piece that holds each time, -1 where none does."""
        if not len(self.from_ms):
            return np.full(len(at_ms), -1, dtype=np.int64)
        piece = np.searchsorted(self.from_ms, at_ms, side="right") - 1
        inside = (piece >= 0) & (at_ms < self.to_ms[np.maximum(piece, 0)])
        return np.where(inside, piece, -1)

    def kept(self, keep_K: Bools) -> "OffsetPath":
        """Only these pieces."""
        return OffsetPath(
            self.from_ms[keep_K], self.to_ms[keep_K], self.offset_ms[keep_K], self.sd_ms[keep_K], self.margin[keep_K]
        )

    def offset_at(self, piece: Ints) -> Ints:
        """The offset of each piece number; of the first piece for -1, and 0 where there are no pieces."""
        if not len(self.offset_ms):
            return np.zeros(len(piece), dtype=np.int64)
        return np.asarray(self.offset_ms[np.maximum(piece, 0)])


def constant_path(from_ms: int, to_ms: int, offset_ms: int, margin: float) -> OffsetPath:
    """One piece."""
    return OffsetPath(
        np.array([from_ms]), np.array([to_ms]), np.array([offset_ms]), np.array([USUAL_SD_MS]), np.array([margin])
    )


def collect_votes(scene: Scene, at_ms_E: Ints, use_E: Ints, low_s: float, high_s: float) -> Votes:
    """Votes of the events `use_E` at lags of `low_s` to `high_s` seconds.

    Tokens are taken from the rarest on until there are `MAX_VOTES`.
    """
    mine = scene.lexicon.events.take(use_E)
    votes = votes_of(scene, mine.by_token(), at_ms_E[use_E], low_s, high_s)
    return replace(votes, event=use_E[votes.event])


def votes_of(scene: Scene, tokens: tuple[Ints, Ints], at_ms_M: Ints, low_s: float, high_s: float) -> Votes:
    """Votes of messages (M) at the times `at_ms_M`; `tokens` are theirs, and whose each is, sorted by token."""
    ids, owner = tokens
    lexicon, speech = scene.lexicon, scene.speech
    keys, stride = lexicon.postings, lexicon.stride
    if not len(keys) or not len(ids):
        return Votes(np.empty(0, np.int64), np.empty(0), np.empty(0))
    first = np.searchsorted(speech.end_ms, at_ms_M - int(high_s * 1000), side="left")
    last = np.searchsorted(speech.end_ms, at_ms_M - int(low_s * 1000), side="right")
    low = np.searchsorted(keys, ids * stride + first[owner])
    high = np.searchsorted(keys, ids * stride + last[owner])
    hit = np.flatnonzero(high > low)
    owner, ids, low, counts = owner[hit], ids[hit], low[hit], (high - low)[hit]
    by_token = np.bincount(ids, weights=counts, minlength=len(lexicon.weight))
    if by_token.sum() > MAX_VOTES:
        order = np.argsort(by_token, kind="stable")
        allowed = np.zeros(len(by_token), dtype=np.bool_)
        allowed[order[np.cumsum(by_token[order]) <= MAX_VOTES]] = True
        hit = np.flatnonzero(allowed[ids])
        owner, ids, low, counts = owner[hit], ids[hit], low[hit], counts[hit]
    utterance = keys[expand(low, counts)] % stride
    uses = np.bincount(lexicon.utterances.ids, minlength=len(lexicon.weight))
    seconds = max((speech.end_ms[-1] - speech.end_ms[0]) / 1000.0, 60.0)
    # Speech dwells on topics: a word is as common as it is around here, if that is more.
    chance = np.maximum(uses[ids] / seconds, np.where(counts > 1, counts / (high_s - low_s), 0.0))
    shared = np.bincount(owner, minlength=len(at_ms_M))
    strength = np.log1p(ECHO_SHARE * ECHO_DENSITY / chance) / np.sqrt(shared[owner])
    events = np.repeat(owner, counts)
    lag_s = (at_ms_M[events] - speech.end_ms[utterance]) / 1000.0
    crowd = _crowding(np.repeat(ids, counts) * stride + utterance, at_ms_M[events])
    return Votes(events, lag_s, np.repeat(strength, counts) / crowd)


def _crowding(key: Ints, at_ms: Ints) -> Floats:
    """How much less each vote counts because others repeat it: one word at one time is one piece of evidence.

    Votes of one word for one utterance within the same minute add up to 1 + log of their number.
    """
    if not len(key):
        return np.ones(0)
    minute = (at_ms - at_ms.min()) // 60_000
    minutes = int(minute.max()) + 1
    if int(key.max()) < np.iinfo(np.int64).max // minutes:
        both = key * minutes + minute
        order = np.argsort(both)
        new = np.r_[True, np.diff(both[order]) != 0]
    else:
        order = np.lexsort((minute, key))
        new = np.r_[True, (np.diff(key[order]) != 0) | (np.diff(minute[order]) != 0)]
    size = np.diff(np.r_[np.flatnonzero(new), len(key)]).astype(np.float64)
    crowd = np.empty(len(key))
    crowd[order] = np.repeat(size / (1.0 + np.log(size)), size.astype(np.int64))
    return crowd


def find_path(scene: Scene, use_E: Ints, anchors: tuple[Ints, Ints, Floats] | None, max_offset_ms: int) -> OffsetPath:
    """Offset path of the events `use_E`.

    Args:
        scene: The recording.
        use_E: Events that may vote.
        anchors: Rows of known events, their times on the recording's clock, and confidences; or None.
        max_offset_ms: How far offsets may lie from 0, or from the anchors' median.
    """
    at_ms = scene.chat.at_ms
    if not len(at_ms):
        return constant_path(0, 1, 0, 0.0)
    begin, end = int(at_ms[0]), int(at_ms[-1]) + 1
    base_ms, reach_s = 0, max_offset_ms / 1000.0
    anchors = anchors if anchors is not None and len(anchors[0]) else None
    if anchors is not None:
        base_ms = int(np.median(at_ms[anchors[0]] - anchors[1]))
        spread = np.abs(at_ms[anchors[0]] - anchors[1] - base_ms).max() / 1000.0
        reach_s = float(min(max(reach_s, spread + 5.0), 3600.0))
    if reach_s < STEP_S:
        return constant_path(begin, end, base_ms, 0.0)
    votes = collect_votes(scene, at_ms - base_ms, use_E, LOBE_S[0] - reach_s, LOBE_S[1] + reach_s)
    edges = window_starts(at_ms)
    score = evidence(votes, at_ms, edges, reach_s)
    half = round(reach_s / STEP_S)
    offsets_s = np.arange(-half, half + 1, dtype=np.float64) * STEP_S
    if anchors is not None:
        rows = np.searchsorted(edges, at_ms[anchors[0]], side="right") - 1
        columns = np.rint((at_ms[anchors[0]] - anchors[1] - base_ms) / 1000.0 / STEP_S).astype(np.int64)
        columns = np.clip(columns + len(offsets_s) // 2, 0, len(offsets_s) - 1)
        np.add.at(score, (rows, columns), ANCHOR_SCORE * anchors[2])
    usual = (offsets_s >= USUAL_S[0]) & (offsets_s <= USUAL_S[1])
    prior = np.where(usual, 0.0, -START_COST)
    states, through = viterbi(score, prior)
    pieces = _pieces(states, _margins(states, through, usual), edges, end)
    path = _refined(pieces, offsets_s, votes, at_ms, base_ms)
    if anchors is None:
        return _usual_latency(path)
    return _anchored(path, at_ms[anchors[0]], anchors[1], anchors[2])


def best_path_score(score_WO: Floats) -> float:
    """Score of the best path through windows of evidence."""
    return float(_messages(score_WO, np.zeros(score_WO.shape[1]))[-1].max())


def viterbi(score_WO: Floats, prior_O: Floats) -> tuple[Ints, Floats]:
    """Best offset of each window along the best path, and the score of the best path through each state."""
    forward = _messages(score_WO, prior_O)
    backward = _messages(score_WO[::-1], np.zeros(score_WO.shape[1]))[::-1]
    states = np.empty(len(score_WO), dtype=np.int64)
    states[-1] = int(np.argmax(forward[-1]))
    grid = np.arange(score_WO.shape[1])
    for window in range(len(score_WO) - 2, -1, -1):
        cost = np.minimum(DRIFT_COST * STEP_S * np.abs(grid - states[window + 1]), JUMP_COST)
        states[window] = int(np.argmax(forward[window] - cost))
    return states, forward + backward - score_WO


def _margins(states: Ints, through_WO: Floats, usual_O: Bools) -> Floats:
    """Score of the best path over the best one that is elsewhere in that window.

    Elsewhere is more than `ELSEWHERE_S` away, where links would be wrong; for a path that stays within usual
    latencies, outside of those.
    """
    grid = np.arange(through_WO.shape[1])
    apart = np.abs(grid[None, :] - states[:, None]) * STEP_S > ELSEWHERE_S
    if usual_O[states].all() and np.ptp(states) * STEP_S <= SAME_PIECE_S:
        apart = np.broadcast_to(~usual_O, through_WO.shape)
    other = np.where(apart, through_WO, -np.inf).max(axis=1)
    best = through_WO[np.arange(len(states)), states]
    return np.asarray(np.clip(best - other, 0.0, 1e4))


def _messages(score_WO: Floats, prior_O: Floats) -> Floats:
    """Best score of any path that ends in each state, by the distance transform of the step cost."""
    found = np.empty_like(score_WO)
    slope = DRIFT_COST * STEP_S * np.arange(score_WO.shape[1])
    before = prior_O
    for window, row in enumerate(score_WO):
        if window:
            up = np.maximum.accumulate(before + slope) - slope
            down = np.maximum.accumulate((before - slope)[::-1])[::-1] + slope
            before = np.maximum(np.maximum(up, down), before.max() - JUMP_COST)
        found[window] = before + row
        before = found[window]
    return found


def lobe(distance_s: Floats) -> Floats:
    """How well a lag fits an offset: 1 at the usual reply lag, falling to 0 at the ends of `LOBE_S`."""
    return np.asarray(np.interp(distance_s, [LOBE_S[0] - 1.0, 3.5, 8.0, LOBE_S[1]], [0.0, 1.0, 1.0, 0.0]))


def window_starts(at_ms_E: Ints) -> Ints:
    """Starts of windows that hold events: a grid over the span, empty cells left out."""
    begin = int(at_ms_E.min())
    span_s = (int(at_ms_E.max()) - begin) / 1000.0
    width_ms = round(1000 * max(WINDOW_S, span_s / MAX_WINDOWS))
    return np.asarray(np.unique((at_ms_E - begin) // width_ms) * width_ms + begin)


def evidence(votes: Votes, at_ms_E: Ints, edges: Ints, reach_s: float) -> Floats:
    """Evidence for each window and offset, less the mean of the offsets around it.

    Speech and chat that dwell on one topic share words at any lag of a minute or so; only what stands out from that
    tells of the clock.
    """
    half = round(reach_s / STEP_S)
    pad_low, pad_high = 2, int(LOBE_S[1]) + 2
    width = 2 * half + 1 + pad_low + pad_high
    window = np.searchsorted(edges, at_ms_E[votes.event], side="right") - 1
    column = np.floor(votes.lag_s / STEP_S + 0.5).astype(np.int64) + half + pad_low
    inside = (column >= 0) & (column < width)
    flat = window[inside] * width + column[inside]
    counts = np.bincount(flat, weights=votes.weight[inside], minlength=len(edges) * width).reshape(len(edges), width)
    shape = lobe(np.arange(-pad_low, pad_high + 1, dtype=np.float64) * STEP_S)
    score = np.zeros((len(edges), 2 * half + 1))
    for shift, height in enumerate(shape):
        if height > 0:
            score += height * counts[:, shift : shift + 2 * half + 1]
    return score - _around(score, round(TOPIC_S / STEP_S))


def _around(values_WO: Floats, half: int) -> Floats:
    """Mean of each row over `half` columns on both sides, as far as there are any."""
    summed = np.concatenate([np.zeros((len(values_WO), 1)), np.cumsum(values_WO, axis=1)], axis=1)
    places = np.arange(values_WO.shape[1])
    low, high = np.maximum(places - half, 0), np.minimum(places + half + 1, len(places))
    return np.asarray((summed[:, high] - summed[:, low]) / (high - low))


def _pieces(states: Ints, margins: Floats, edges: Ints, end: int) -> list[tuple[int, int, int, float]]:
    """Stretches without a jump, each at its median state: (from, to, state, margin)."""
    firsts = [0]
    for window in range(1, len(states)):
        level = float(np.median(states[firsts[-1] : window]))
        if abs(states[window] - level) * STEP_S > SAME_PIECE_S and abs(states[window] - states[window - 1]) > 2:
            firsts.append(window)
    bounds = [*firsts, len(states)]
    return [
        (
            int(edges[first]),
            int(edges[last]) if last < len(edges) else end,
            int(np.median(states[first:last])),
            float(np.median(margins[first:last])),
        )
        for first, last in itertools.pairwise(bounds)
    ]


def _refined(
    pieces: list[tuple[int, int, int, float]], offsets_s: Floats, votes: Votes, at_ms_E: Ints, base_ms: int
) -> OffsetPath:
    """Move each border between pieces to the event at which the votes change sides."""
    starts = [pieces[0][0]]
    for before, after in itertools.pairwise(pieces):
        starts.append(max(_border(before, after, offsets_s, votes, at_ms_E), starts[-1]))
    ends = [*starts[1:], pieces[-1][1]]
    offset_ms = np.array([base_ms + round(1000 * offsets_s[state]) for _, _, state, _ in pieces], dtype=np.int64)
    path = OffsetPath(
        from_ms=np.array(starts, dtype=np.int64),
        to_ms=np.array(ends, dtype=np.int64),
        offset_ms=offset_ms,
        sd_ms=np.full(len(pieces), USUAL_SD_MS),
        margin=np.array([margin for *_, margin in pieces]),
    )
    # A border that moved up to the next one leaves nothing between them.
    return path.kept(path.to_ms > path.from_ms)


def _border(
    before: tuple[int, int, int, float],
    after: tuple[int, int, int, float],
    offsets_s: Floats,
    votes: Votes,
    at_ms_E: Ints,
) -> int:
    middle = after[0]
    low = max(before[0], middle - 120_000)
    high = min(after[1], middle + 120_000)
    first, last = np.searchsorted(at_ms_E, [low, high])
    mine = (votes.event >= first) & (votes.event < last)
    gain = lobe(votes.lag_s[mine] - offsets_s[before[2]]) - lobe(votes.lag_s[mine] - offsets_s[after[2]])
    per_event = np.bincount(votes.event[mine] - first, weights=gain * votes.weight[mine], minlength=last - first)
    if not np.any(per_event):
        return middle
    best = int(np.argmax(np.r_[0.0, np.cumsum(per_event)]))
    return int(at_ms_E[first + best]) if first + best < last else high


def _usual_latency(path: OffsetPath) -> OffsetPath:
    """Leave to the lag kernel what latency explains: the longest piece near 0 becomes 0 and the others follow."""
    length_ms = path.to_ms - path.from_ms
    level_s = path.offset_ms / 1000.0
    usual = np.flatnonzero((level_s >= USUAL_S[0]) & (level_s <= USUAL_S[1]))
    if not len(usual):
        return path
    longest = usual[np.argmax(length_ms[usual])]
    if length_ms[longest] < USUAL_SHARE * length_ms.sum():
        return path
    return replace(path, offset_ms=path.offset_ms - path.offset_ms[longest])


def _anchored(path: OffsetPath, at_ms: Ints, on_clock_ms: Ints, confidence: Floats) -> OffsetPath:
    """Take each piece's offset from its own anchors, to the millisecond; pieces without any keep theirs."""
    offset_ms, sd_ms = path.offset_ms.copy(), path.sd_ms.copy()
    piece = path.piece_of(at_ms)
    for number in np.unique(piece[piece >= 0]).tolist():
        mine = (piece == number) & (confidence > 0)
        if not mine.any():
            continue
        seen = at_ms[mine] - on_clock_ms[mine]
        order = np.argsort(seen, kind="stable")
        mass = np.cumsum(confidence[mine][order])
        offset_ms[number] = seen[order][int(np.searchsorted(mass, 0.5 * mass[-1]))]
        sd_ms[number] = max(50.0, float(np.median(np.abs(seen - offset_ms[number]))) * 1.5)
    return OffsetPath(path.from_ms, path.to_ms, offset_ms, sd_ms, path.margin)
