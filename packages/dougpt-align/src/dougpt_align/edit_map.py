"""Where the pieces of an edited video lie in the stream it was cut from.

Rare n-grams that both transcripts hold propose stretches of the edit with one shift from the stream's time. A word
speaks for such a stretch if the stream holds it where the shift puts it, and the more so the rarer it is; else
against it. The path that the words bear out best stays in a stretch at no cost and pays for every jump to another,
forwards or back, so that phrases said again are left out and pieces in another order are found. Each is of unit
slope. What the edit left out has no piece.
"""

from dataclasses import dataclass
from itertools import pairwise
from math import log

import numpy as np
import pyarrow as pa
from dougpt_schema import CLOCK, WORDS, ArrowStream, ContractError

from dougpt_align.arrays import Bools, Floats, Ints, expand

# Lengths of n-grams; of those that the stream holds more often than this, too many matches are chance.
GRAMS = (1, 2, 3)
MOST_USES = 12
# Of a jump, in nats, above that of the choice among all words of the stream: one cut in fifty words.
JUMP_COST, LEAVE_COST = 5.0, 4.0
SHIFT_BIN_MS = 500
LONGEST_GAP_WORDS, MARGIN_WORDS = 60, 30
LEAST_WEIGHT = 7.0
# A word of a piece is heard alike in both transcripts this often; the rarest word says no more than this, in nats.
HEARD_RIGHT, MOST_SAID = 0.75, 8.0
FEWEST_MATCHES = 2
# A word's start that is heard twice differs by less, where the transcripts come from one recogniser.
LEAST_SD_MS = 20.0
SAME_WORD_MS, SAME_START_MS = 1000, 60
SHORTEST_PIECE_MS = 100
CLIP_SDS = 4.0


@dataclass(frozen=True, slots=True)
class Transcript:
    """Words in order: times, numbers of their texts (shared by both transcripts)."""

    start_ms: Ints
    end_ms: Ints
    word: Ints


@dataclass(frozen=True, slots=True)
class Run:
    """Words first .. last of the edit (inclusive) that may have one shift."""

    first: int
    last: int
    shift_ms: float


@dataclass(frozen=True, slots=True)
class Heard:
    """Words of runs: run, word of the edit, what the stream says there in nats, and the shift seen (NaN: none)."""

    run: Ints
    word: Ints
    says: Floats
    shift_ms: Floats


@dataclass(frozen=True, slots=True)
class Piece:
    """Matched words first .. last of the edit (inclusive) with one shift."""

    first: int
    last: int
    shift_ms: int
    sd_ms: float
    matches: int


def edit_map(edit_words: ArrowStream, original_words: ArrowStream) -> pa.Table:
    """Return the clock that maps the original's time (chat's) to the edit's.

    Rows are pieces that the edit kept, on the original's clock: edit time = original time - offset_ms. The
    recording is the edit's. An event outside of all rows was cut. Pieces may stand in another order than in the
    stream. A moment that the edit shows twice (a cold open) is placed where the longer piece shows it, because an
    event has one time.

    Words alone do not tell a video that was not cut from this stream: what chance finds are many short pieces of few
    matches (`margin`). `align` then finds that chat and speech do not belong together.

    Args:
        edit_words: Words of the edited video.
        original_words: Words of the whole stream.

    Raises:
        ContractError: A table breaks its contract, or holds several recordings.
    """
    edit_table, original_table = _words(edit_words), _words(original_words)
    if not edit_table.num_rows or not original_table.num_rows:
        return CLOCK.empty()
    edit, original = _read(edit_table, original_table)
    pieces = _pieces(edit, original)
    recording = edit_table["recording_id"][0].as_py()
    return CLOCK.table({"recording_id": recording} | row for row in _rows(pieces, edit, original))


def _words(words: ArrowStream) -> pa.Table:
    table = WORDS.check(WORDS.conform(words))
    if len(table["recording_id"].unique()) > 1:
        raise ContractError("words", "holds several recordings", column="recording_id")
    return table


def _read(*tables: pa.Table) -> list[Transcript]:
    texts = pa.chunked_array([chunk for table in tables for chunk in table["normal"].chunks], pa.string())
    numbers = texts.combine_chunks().dictionary_encode().indices.to_numpy(zero_copy_only=False).astype(np.int64)
    borders = np.cumsum([table.num_rows for table in tables])[:-1]
    return [
        Transcript(table["start_ms"].to_numpy(), table["end_ms"].to_numpy(), word)
        for table, word in zip(tables, np.split(numbers, borders), strict=True)
    ]


def _matches(edit: Transcript, original: Transcript) -> tuple[Ints, Ints, Floats]:
    """Words of both that begin the same rare n-gram, in the edit's order, and how much that says, in nats."""
    mine, theirs, weight = [], [], []
    for size in GRAMS:
        grams = _grams(np.concatenate([edit.word, [-1] * size, original.word]), size)
        here, there = grams[: max(len(edit.word) - size + 1, 0)], grams[len(edit.word) + size :]
        order = np.argsort(there, kind="stable")
        low = np.searchsorted(there[order], here, side="left")
        uses = np.searchsorted(there[order], here, side="right") - low
        rare = np.flatnonzero((uses > 0) & (uses <= MOST_USES))
        mine.append(np.repeat(rare, uses[rare]))
        theirs.append(order[expand(low[rare], uses[rare])])
        weight.append(np.repeat(np.log(len(original.word) / uses[rare]), uses[rare]))
    keys = np.concatenate(mine) * len(original.word) + np.concatenate(theirs)
    order = np.lexsort((-np.concatenate(weight), keys))
    first = np.flatnonzero(np.r_[True, np.diff(keys[order]) != 0]) if len(keys) else order
    kept = order[first]
    return keys[kept] // len(original.word), keys[kept] % len(original.word), np.concatenate(weight)[kept]


def _grams(words: Ints, size: int) -> Ints:
    """A number for each run of `size` words, the same for the same words."""
    numbers = words
    for step in range(1, size):
        both = numbers[: len(numbers) - 1] * (int(words.max()) + 2) + words[step:]
        numbers = np.unique(both, return_inverse=True)[1].astype(np.int64)
    return numbers


def _runs(mine: Ints, theirs: Ints, weight: Floats, edit: Transcript, original: Transcript) -> list[Run]:
    """Stretches of the edit that may have one shift: matches near each other on nearly one shift, and their margins."""
    shifts = original.start_ms[theirs] - edit.start_ms[mine]
    latest: dict[int, int] = {}
    groups: list[list[int]] = []
    places = mine.tolist()
    for match, (place, level) in enumerate(zip(places, (shifts // SHIFT_BIN_MS).tolist(), strict=True)):
        for step in (0, -1, 1, -2, 2):
            group = latest.get(level + step, -1)
            if group >= 0 and place - places[groups[group][-1]] <= LONGEST_GAP_WORDS:
                break
        else:
            group = len(groups)
            groups.append([])
        groups[group].append(match)
        latest[level] = group
    last = len(edit.word) - 1
    return [
        Run(
            max(places[group[0]] - MARGIN_WORDS, 0),
            min(places[group[-1]] + MARGIN_WORDS, last),
            float(np.median(shifts[group])),
        )
        for group in groups
        if float(weight[group].sum()) >= LEAST_WEIGHT
    ]


def _heard(runs: list[Run], edit: Transcript, original: Transcript) -> Heard:
    """What the stream holds where each word of each run should be."""
    counts = np.array([run.last - run.first + 1 for run in runs], dtype=np.int64)
    run_of = np.repeat(np.arange(len(runs)), counts)
    words = expand(np.array([run.first for run in runs], dtype=np.int64), counts)
    expected = edit.start_ms[words] + np.array([run.shift_ms for run in runs])[run_of]
    low = np.searchsorted(original.start_ms, expected - SAME_WORD_MS)
    width = np.searchsorted(original.start_ms, expected + SAME_WORD_MS, side="right") - low
    near, owner = expand(low, width), np.repeat(np.arange(len(words)), width)
    timed = np.zeros(len(words), dtype=np.bool_)
    timed[owner[np.abs(original.start_ms[near] - expected[owner]) <= SAME_START_MS]] = True
    same = np.flatnonzero(original.word[near] == edit.word[words[owner]])
    near, owner = near[same], owner[same]
    # Of several uses the one nearest to where it should be; it is written last.
    nearest = np.argsort(-np.abs(original.start_ms[near] - expected[owner]), kind="stable")
    seen = np.full(len(words), np.nan)
    seen[owner[nearest]] = (original.start_ms[near] - edit.start_ms[words[owner]])[nearest]
    uses = np.bincount(original.word, minlength=int(edit.word.max()) + 1)[edit.word[words]]
    agrees = np.minimum(np.log(HEARD_RIGHT * len(original.word) / np.maximum(uses, 1)), MOST_SAID)
    # A word misheard still begins when it does; a third of all times lies that close to some word's start.
    differs = np.where(timed, log(1.0 - HEARD_RIGHT) + 1.1, log(1.0 - HEARD_RIGHT) - 0.3)
    return Heard(run_of, words, np.where(np.isnan(seen), differs, agrees), seen)


def _best_path(heard: Heard, n_runs: int, edit_words: int, stream_words: int) -> Ints:
    """The run of each word of the edit, -1 for none: the path that the words bear out best (Viterbi)."""
    order = np.argsort(heard.word, kind="stable")
    bounds = np.searchsorted(heard.word[order], np.arange(edit_words + 1))
    jump = log(stream_words) + JUMP_COST
    score = np.full(n_runs + 1, -np.inf)
    score[-1] = 0.0
    steps: list[tuple[Ints, Bools, int, int]] = []
    for low, high in pairwise(bounds.tolist()):
        cells = order[low:high]
        runs, best = heard.run[cells], int(np.argmax(score))
        jumps = score[best] - jump > score[runs]
        stays = score[-1] >= score[best] - LEAVE_COST
        steps.append((runs, jumps, best, n_runs if stays else best))
        gained = np.where(jumps, score[best] - jump, score[runs]) + heard.says[cells]
        rest = score[-1] if stays else score[best] - LEAVE_COST
        score = np.full(n_runs + 1, -np.inf)
        score[runs], score[-1] = gained, rest
    state = int(np.argmax(score))
    path = np.full(edit_words, -1, dtype=np.int64)
    for word in range(edit_words - 1, -1, -1):
        runs, jumps, best, before_none = steps[word]
        if state == n_runs:
            state = before_none
            continue
        path[word] = state
        if jumps[int(np.searchsorted(runs, state))]:
            state = best
    return path


def _pieces(edit: Transcript, original: Transcript) -> list[Piece]:
    """Stretches of the edit with one shift, in its order."""
    runs = _runs(*_matches(edit, original), edit, original)
    if not runs:
        return []
    heard = _heard(runs, edit, original)
    path = _best_path(heard, len(runs), len(edit.word), len(original.word))
    on_path = np.flatnonzero((path[heard.word] == heard.run) & ~np.isnan(heard.shift_ms))
    on_path = on_path[np.argsort(heard.word[on_path])]
    words, shift_ms, run = heard.word[on_path], heard.shift_ms[on_path], heard.run[on_path]
    steps = np.abs(np.diff(shift_ms))[np.diff(run) == 0]
    sd_ms = max(1.05 * float(np.median(steps)), LEAST_SD_MS) if len(steps) else LEAST_SD_MS
    pieces = []
    for first, last in pairwise([0, *(np.flatnonzero(np.diff(run)) + 1).tolist(), len(run)]):
        for begin, end in _levels(shift_ms[first:last], sd_ms):
            mine = slice(first + begin, first + end)
            if end - begin >= FEWEST_MATCHES:
                level, spread = int(np.median(shift_ms[mine])), float(np.std(shift_ms[mine]))
                pieces.append(Piece(int(words[mine][0]), int(words[mine][-1]), level, spread, end - begin))
    return pieces


def _levels(values: Floats, sd: float) -> list[tuple[int, int]]:
    """Split where the level changes for good: small cuts inside a sentence move it by less than a jump."""
    stack, found = [(0, len(values))], []
    while stack:
        first, last = stack.pop()
        # Clipped, so that one word matched to its repetition a second away is no change of level.
        middle = float(np.median(values[first:last]))
        split = _best_split(np.clip(values[first:last], middle - CLIP_SDS * sd, middle + CLIP_SDS * sd), sd)
        if split:
            stack += [(first, first + split), (first + split, last)]
        else:
            found.append((first, last))
    return sorted(found)


def _best_split(values: Floats, sd: float) -> int:
    """Where two levels explain the values so much better than one that noise would not; 0: nowhere."""
    n = len(values)
    if n < 2 * FEWEST_MATCHES:
        return 0
    left_n = np.arange(1, n)
    left = np.cumsum(values)[:-1]
    mean = left / left_n - (values.sum() - left) / (n - left_n)
    gain = left_n * (n - left_n) / n * mean**2
    inside = slice(FEWEST_MATCHES - 1, n - FEWEST_MATCHES)
    split = int(np.argmax(gain[inside])) + FEWEST_MATCHES
    return split if gain[split - 1] > sd**2 * (12.0 + 3.0 * log(n)) else 0


def _rows(pieces: list[Piece], edit: Transcript, original: Transcript) -> list[dict[str, object]]:
    """Pieces with borders; each keeps what no piece with more matches has taken."""
    if not pieces:
        return []
    borders = [_border(before, after, edit, original) for before, after in pairwise(pieces)]
    edges = [int(edit.start_ms[0]), *borders, int(edit.end_ms.max()) + 1]
    taken: list[tuple[int, int]] = []
    rows: list[dict[str, object]] = []
    spans = sorted(zip(pieces, pairwise(edges), strict=True), key=lambda item: -item[0].matches)
    for piece, (begin, end) in spans:
        free = _free(begin + piece.shift_ms, end + piece.shift_ms, taken)
        if free[1] - free[0] < SHORTEST_PIECE_MS:
            continue
        taken.append(free)
        sd_ms = float(np.float32(max(piece.sd_ms, LEAST_SD_MS)))
        rows.append(
            {
                "from_ms": free[0],
                "to_ms": free[1],
                "offset_ms": piece.shift_ms,
                "offset_sd_ms": sd_ms,
                "margin": float(piece.matches),
            }
        )
    return rows


def _free(begin: int, end: int, taken: list[tuple[int, int]]) -> tuple[int, int]:
    """The longest part of begin .. end that is not taken; empty where all of it is."""
    inside = sorted((max(low, begin), min(high, end)) for low, high in taken if low < end and high > begin)
    gaps = [(low, high) for (_, low), (high, _) in pairwise([(begin, begin), *inside, (end, end)])]
    return max(gaps, key=lambda gap: gap[1] - gap[0])


def _border(before: Piece, after: Piece, edit: Transcript, original: Transcript) -> int:
    """Edit time at which one piece ends and the next begins.

    Each word between them goes to the side on which the stream holds it, or at least a word that begins just then;
    where that leaves a choice, the border lies in the longest silence.
    """
    last, first = before.last, after.first
    between = np.arange(last + 1, first)
    gain = np.r_[0.0, _fits(between, before, edit, original) - _fits(between, after, edit, original)]
    sums = np.cumsum(gain)
    best = np.flatnonzero(sums >= sums.max() - 1e-9)
    silences = edit.start_ms[last + 1 : first + 1] - edit.end_ms[last:first]
    chosen = last + int(best[np.argmax(silences[best])])
    return int(max((edit.end_ms[chosen] + edit.start_ms[chosen + 1]) // 2, edit.start_ms[chosen] + 1))


def _fits(words: Ints, piece: Piece, edit: Transcript, original: Transcript) -> Floats:
    """How well each word of the edit stands in the stream under the piece's shift."""
    at_ms = edit.start_ms[words] + piece.shift_ms
    low = np.searchsorted(original.start_ms, at_ms - SAME_WORD_MS)
    high = np.searchsorted(original.start_ms, at_ms + SAME_WORD_MS, side="right")
    near = expand(low, high - low)
    owner = np.repeat(np.arange(len(words)), high - low)
    same: Bools = original.word[near] == edit.word[words][owner]
    timed: Bools = np.abs(original.start_ms[near] - at_ms[owner]) <= SAME_START_MS
    found = np.zeros(len(words))
    np.maximum.at(found, owner, 2.0 * same + 1.0 * timed)
    return found
