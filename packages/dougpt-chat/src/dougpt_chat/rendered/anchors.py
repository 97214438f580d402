"""Messages read in the picture found again in an export's log: known places of its events on the recording's clock.

A pair of a message read and a message of the log speaks for being the same by what they share: a text or a person
that is rare in the log says much, one that is everywhere says little. The chain of pairs that is borne out best is
looked for: along it both clocks run alike, and it pays for every jump, forwards or back, so that cuts are followed
and chance is not. Both clocks may drift apart slowly, as where an edit runs faster. Pairs of a stretch support each
other; a stretch of a few that chance finds too is left out.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from math import exp, log

import numpy as np
import pyarrow as pa
from dougpt_schema import ANCHORS, CHAT_EVENTS, ArrowStream, ContractError
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from dougpt_chat.rendered.plain_words import plain_words

# Of features that more events of the log have than this, too many pairs are chance.
MOST_USES = 40
MOST_CANDIDATES = 12
# What a text or a person says at most, in nats, however rare; people are misread whole, texts in a letter or two.
MOST_SAID = 7.0
NAME_MISREAD = 0.15
LEAST_SIMILARITY = 0.6
UNLIKE = -6.0
# Between two pairs of one stretch: how far the clocks may run apart, in ms, and what each second of it costs.
APART_MS, APART_COST = 1500, 1.0
LONGEST_GAP_MS = 180_000
LOOK_BACK = 240
# A message of a stretch that does not stand in the log says a little against it.
MISSED_COST = 0.15
JUMP_COST, BACK_COST = 6.0, 2.0
FEWEST_PAIRS = 3
# A picture with more new messages than this shows a panel that was hidden, or another scene.
MOST_AT_ONCE = 3
LEAST_PRECISE_MS = 1000

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Line:
    """A message: its event, time, person, and words without emotes and case."""

    event_id: str
    at_ms: int
    author: str | None
    words: str


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Pairs that may be the same message, by message read: places in both lists, times, and what speaks for it."""

    read: Ints
    logged: Ints
    read_ms: Ints
    logged_ms: Ints
    says: Floats


def anchor(read_events: ArrowStream, export_events: ArrowStream, *, min_confidence: float = 0.5) -> pa.Table:
    """Return the places of an export's events on the clock of the video in which they were read.

    Both must be staged under one key, else nobody is recognised. What was read may be full of mistakes and holes,
    and the video an edit of the stream: pieces left out, in another order, or played faster.

    Args:
        read_events: What was read in the picture; offsets on the recording's clock.
        export_events: The log; offsets on the chat's clock.
        min_confidence: Anchors less sure than this are left out.

    Raises:
        ContractError: A table breaks its contract, or holds several recordings.
    """
    read, recording = _lines(read_events, timed=True)
    logged, _ = _lines(export_events, timed=False)
    if not read or not logged:
        return ANCHORS.empty()
    pairs = _pairs(read, logged)
    best: dict[str, tuple[float, int]] = {}
    for stretch in _stretches(pairs, len(logged)):
        for pair, confidence in _confidences(stretch, pairs, logged):
            event = logged[int(pairs.logged[pair])].event_id
            best[event] = max(best.get(event, (0.0, 0)), (confidence, int(pairs.read_ms[pair])))
    return ANCHORS.table(
        {"recording_id": recording, "event_id": event, "at_ms": at_ms, "confidence": confidence}
        for event, (confidence, at_ms) in sorted(best.items())
        if confidence >= min_confidence
    )


def _lines(events: ArrowStream, *, timed: bool) -> tuple[list[_Line], str]:
    table = CHAT_EVENTS.check(CHAT_EVENTS.conform(events))
    recordings = table["recording_id"].unique().to_pylist()
    if len(recordings) > 1:
        raise ContractError("chat_events", "holds several recordings", column="recording_id")
    columns = ("event_id", "offset_ms", "author", "text", "emotes", "offset_precision_ms")
    rows = sorted(table.select(columns).to_pylist(), key=lambda row: row["offset_ms"])
    if timed:
        rows = list(_well_timed(row for row in rows if row["offset_precision_ms"] <= LEAST_PRECISE_MS))
    lines = [
        _Line(row["event_id"], row["offset_ms"], row["author"], plain_words(row["text"], row["emotes"])) for row in rows
    ]
    return lines, recordings[0] if recordings else ""


def _well_timed(rows: Iterable[dict[str, object]]) -> Iterator[dict[str, object]]:
    """Leave out what came into the picture together with others: of it only the last can have been new."""
    for _, together in groupby(rows, key=lambda row: row["offset_ms"]):
        group = list(together)
        yield from group if len(group) <= MOST_AT_ONCE else group[-1:]


def _pairs(read: Sequence[_Line], logged: Sequence[_Line]) -> _Pairs:
    index: defaultdict[object, list[int]] = defaultdict(list)
    for place, line in enumerate(logged):
        for feature in _features(line):
            index[feature].append(place)
    texts, people = Counter(line.words for line in logged), Counter(line.author for line in logged)
    found: list[tuple[int, int, float]] = []
    for place, line in enumerate(read):
        votes: defaultdict[int, float] = defaultdict(float)
        for feature in _features(line):
            uses = index.get(feature, ())
            if len(uses) <= MOST_USES:
                for candidate in uses:
                    votes[candidate] += log(len(logged) / len(uses)) + 0.1
        for candidate in sorted(votes, key=lambda one: (-votes[one], one))[:MOST_CANDIDATES]:
            says = _says(line, logged[candidate], texts, people, len(logged))
            if says > 0:
                found.append((place, candidate, says))
    here = np.array([place for place, _, _ in found], dtype=np.int64)
    there = np.array([candidate for _, candidate, _ in found], dtype=np.int64)
    return _Pairs(
        here,
        there,
        np.array([line.at_ms for line in read], dtype=np.int64)[here],
        np.array([line.at_ms for line in logged], dtype=np.int64)[there],
        np.array([says for _, _, says in found], dtype=np.float64),
    )


def _features(line: _Line) -> set[object]:
    """By what a message is looked up: its words, neighbours of them, the whole of it, its person."""
    words = line.words.split()
    found: set[object] = {*words, *pairwise(words), (line.author, line.words, "both")}
    return found | {line.author} if line.author else found


def _says(read: _Line, logged: _Line, texts: Counter[str], people: Counter[str | None], count: int) -> float:
    """What two messages' likeness says for being the same, in nats, against two of the log drawn by chance."""
    same_person = read.author is not None and read.author == logged.author
    said = min(log(count / people[logged.author]), MOST_SAID) if same_person else log(NAME_MISREAD)
    alike = Levenshtein.normalized_similarity(read.words, logged.words)
    if alike < LEAST_SIMILARITY:
        return UNLIKE
    edits = (1 - alike) * max(len(read.words), len(logged.words))
    rare = min(log(count / texts[logged.words]), MOST_SAID) if logged.words else 0.0
    # An edit in few letters may make another word of it; in many it is a misread letter.
    return said + rare * max(0.0, 1 - edits / max(1.0, 0.4 * len(logged.words)))


def _stretches(pairs: _Pairs, count: int) -> list[list[int]]:
    """The best chain of pairs (Viterbi), cut where it jumps."""
    jump = log(count) + JUMP_COST
    score, before, jumped = (
        pairs.says.copy(),
        np.full(len(pairs.says), -1, dtype=np.int64),
        np.ones(len(pairs.says), bool),
    )
    best_score, best_pair = 0.0, -1
    for first, last in _by_read(pairs.read):
        now = np.arange(first, last)
        enters = best_score - jump
        from_best = pairs.says[now] + enters
        if best_pair >= 0:
            from_best = from_best - BACK_COST * (pairs.logged[now] <= pairs.logged[best_pair])
        low = max(0, first - LOOK_BACK)
        goes = score[low:first][None, :] - _step_costs(pairs, now, np.arange(low, first))
        if goes.size:
            previous = goes.argmax(axis=1)
            stays = goes[np.arange(len(now)), previous] + pairs.says[now]
        else:
            previous, stays = np.zeros(len(now), dtype=np.int64), np.full(len(now), -np.inf)
        jumped[now] = from_best > stays
        score[now] = np.maximum(from_best, stays)
        before[now] = np.where(jumped[now], best_pair, low + previous)
        top = int(now[np.argmax(score[now])])
        if score[top] > best_score:
            best_score, best_pair = float(score[top]), top
    return _cut_at_jumps(best_pair, before, jumped)


def _by_read(read: Ints) -> Iterator[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(read)) + 1
    return pairwise([0, *edges.tolist(), len(read)]) if len(read) else iter(())


def _step_costs(pairs: _Pairs, now: Ints, earlier: Ints) -> Floats:
    """What it costs to go on from the earlier pairs (columns) to those of one message (rows); infinite: it cannot."""
    read_ms = pairs.read_ms[now][:, None] - pairs.read_ms[earlier][None, :]
    logged_ms = pairs.logged_ms[now][:, None] - pairs.logged_ms[earlier][None, :]
    forward = pairs.logged[now][:, None] > pairs.logged[earlier][None, :]
    apart_ms = np.abs(logged_ms - read_ms)
    missed = pairs.read[now][:, None] - pairs.read[earlier][None, :] - 1
    allowed = forward & (apart_ms <= APART_MS + 0.02 * read_ms) & (read_ms <= LONGEST_GAP_MS)
    return np.where(allowed, apart_ms / 1000 * APART_COST + missed * MISSED_COST, np.inf)


def _cut_at_jumps(last: int, before: Ints, jumped: NDArray[np.bool_]) -> list[list[int]]:
    stretches: list[list[int]] = [[]]
    pair = last
    while pair >= 0:
        stretches[-1].append(pair)
        if jumped[pair]:
            stretches.append([])
        pair = int(before[pair])
    return [stretch[::-1] for stretch in reversed(stretches) if stretch]


def _confidences(stretch: list[int], pairs: _Pairs, logged: Sequence[_Line]) -> Iterator[tuple[int, float]]:
    """Each pair of a stretch with how sure it is: by itself, where the clock is known, and the stretch without it."""
    different = {(logged[int(pairs.logged[pair])].author, logged[int(pairs.logged[pair])].words) for pair in stretch}
    if len(different) < FEWEST_PAIRS:
        return
    jump = log(len(logged)) + JUMP_COST
    total = float(pairs.says[stretch].sum())
    logged_ms = np.array([line.at_ms for line in logged], dtype=np.int64)
    for pair in stretch:
        at_ms, says = int(pairs.logged_ms[pair]), float(pairs.says[pair])
        low, high = np.searchsorted(logged_ms, [at_ms - APART_MS, at_ms + APART_MS])
        alone = _sigmoid(says - log(max(1, int(high - low))))
        yield pair, alone * _sigmoid((total - says - jump) / 2)


def _sigmoid(nats: float) -> float:
    return 1 / (1 + exp(-max(-30.0, min(30.0, nats))))
