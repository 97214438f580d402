"""Where the pieces of an edited video lie in the stream it was cut from.

N-grams that both transcripts hold exactly once are matched, first in the whole and then between the matches
found; the longest run in which both sides advance discards chance; matches with one shift make a piece of unit
slope. What the edit left out has no piece.
"""

from bisect import bisect_left
from itertools import pairwise

import numpy as np
import pyarrow as pa
from dougpt_schema import CLOCK, WORDS, ArrowStream, ContractError
from numpy.typing import NDArray

from dougpt_align.arrays import Ints

# Lengths of n-grams, tried in this order.
GRAMS = (4, 3, 2)
SAME_SHIFT_MS = 400
MIN_MATCHES = 3


def edit_map(edit_words: ArrowStream, original_words: ArrowStream) -> pa.Table:
    """Return the clock that maps the original's time (chat's) to the edit's.

    Rows are pieces that the edit kept, on the original's clock: edit time = original time - offset_ms. The
    recording is the edit's. An event outside of all rows was cut.

    Args:
        edit_words: Words of the edited video.
        original_words: Words of the whole stream.

    Raises:
        ContractError: A table breaks its contract, or holds several recordings.
    """
    edit = _words(edit_words)
    original = _words(original_words)
    if not edit.num_rows or not original.num_rows:
        return CLOCK.empty()
    edit_ms, original_ms = edit["start_ms"].to_numpy(), original["start_ms"].to_numpy()
    mine, theirs = _matches(edit["normal"].to_pylist(), original["normal"].to_pylist())
    shifts = original_ms[theirs] - edit_ms[mine]
    rows = []
    for first, last in _pieces(shifts):
        if last - first < MIN_MATCHES:
            continue
        offset = int(np.median(shifts[first:last]))
        rows.append((int(mine[first]), int(mine[last - 1]), offset, float(shifts[first:last].std()), last - first))
    return CLOCK.table(_rows(rows, edit, edit_ms))


def _rows(pieces: list[tuple[int, int, int, float, int]], edit: pa.Table, edit_ms: Ints) -> list[dict[str, object]]:
    """Grow each piece until it meets its neighbours, in the middle of the silence between them."""
    end_ms = edit["end_ms"].to_numpy()
    recording = edit["recording_id"][0].as_py()
    rows: list[dict[str, object]] = []
    for number, (first, last, offset, sd, matches) in enumerate(pieces):
        begin = int(edit_ms[0]) if number == 0 else _border(pieces[number - 1], pieces[number], edit_ms, end_ms)
        end = (
            int(end_ms[-1])
            if number == len(pieces) - 1
            else _border(pieces[number], pieces[number + 1], edit_ms, end_ms)
        )
        begin, end = min(begin, int(edit_ms[first])), max(end, int(edit_ms[last]) + 1)
        rows.append(
            {
                "recording_id": recording,
                "from_ms": begin + offset,
                "to_ms": end + offset,
                "offset_ms": offset,
                "offset_sd_ms": float(np.float32(max(sd, 20.0))),
                "margin": float(matches),
            }
        )
    return _disjoint(rows)


def _border(
    before: tuple[int, int, int, float, int], after: tuple[int, int, int, float, int], start_ms: Ints, end_ms: Ints
) -> int:
    """Edit time at which one piece ends and the next begins: the middle of the longest silence between them."""
    last, first = before[1], after[0]
    silences = start_ms[last + 1 : first + 1] - end_ms[last:first]
    widest = last + int(np.argmax(silences))
    return int((end_ms[widest] + start_ms[widest + 1]) // 2)


def _disjoint(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """Pieces that overlap on the original's clock give way at the middle; each keeps at least a millisecond."""
    rows = sorted(rows, key=lambda row: (int(str(row["from_ms"])), int(str(row["to_ms"]))))
    for before, after in pairwise(rows):
        end, begin = int(str(before["to_ms"])), int(str(after["from_ms"]))
        if end > begin:
            middle = max((end + begin) // 2, int(str(before["from_ms"])) + 1)
            before["to_ms"] = middle
            after["from_ms"] = max(middle, begin)
    return rows


def _words(words: ArrowStream) -> pa.Table:
    table = WORDS.check(WORDS.conform(words))
    if len(table["recording_id"].unique()) > 1:
        raise ContractError("words", "holds several recordings", column="recording_id")
    return table


def _matches(edit: list[str], original: list[str]) -> tuple[Ints, Ints]:
    """Positions of words that match, rising on both sides.

    What is unique in the whole splits both sides into stretches; in each of these more is unique, and so on, with
    shorter n-grams in the end (patience diff).
    """
    found: list[tuple[int, int]] = []
    stack: list[tuple[int, int, int, int, tuple[int, ...]]] = [(0, len(edit), 0, len(original), GRAMS)]
    while stack:
        begin, end, first, last, grams = stack.pop()
        if not grams or end - begin < grams[0] or last - first < grams[0]:
            continue
        anchors = _unique_matches(edit[begin:end], original[first:last], grams[0])
        inside = [(begin + mine, first + theirs) for mine, theirs in anchors]
        found.extend(inside)
        if not inside:
            stack.append((begin, end, first, last, grams[1:]))
            continue
        edges = [(begin - 1, first - 1), *inside, (end, last)]
        stack.extend(
            (mine + 1, their_mine, theirs + 1, their_theirs, grams)
            for (mine, theirs), (their_mine, their_theirs) in pairwise(edges)
            if their_mine - mine > grams[-1] and their_theirs - theirs > grams[-1]
        )
    found.sort()
    pairs = np.array(found, dtype=np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def _unique_matches(edit: list[str], original: list[str], gram: int) -> list[tuple[int, int]]:
    """The longest rising run of n-grams that each side holds exactly once."""
    mine, theirs = _once(edit, gram), _once(original, gram)
    common = sorted((position, theirs[words]) for words, position in mine.items() if words in theirs)
    run = _longest_run(np.array([place for _, place in common], dtype=np.int64))
    return [common[index] for index in run.tolist()]


def _once(words: list[str], size: int) -> dict[tuple[str, ...], int]:
    seen: dict[tuple[str, ...], int] = {}
    for position in range(len(words) - size + 1):
        gram = tuple(words[position : position + size])
        seen[gram] = -1 if gram in seen else position
    return {gram: position for gram, position in seen.items() if position >= 0}


def _longest_run(values: Ints) -> NDArray[np.int64]:
    """Indices of the longest strictly rising subsequence."""
    tails: list[int] = []
    tail_at: list[int] = []
    before = np.full(len(values), -1, dtype=np.int64)
    for index, value in enumerate(values.tolist()):
        place = bisect_left(tails, value)
        before[index] = tail_at[place - 1] if place else -1
        if place == len(tails):
            tails.append(value)
            tail_at.append(index)
        else:
            tails[place], tail_at[place] = value, index
    run: list[int] = []
    index = tail_at[-1] if tail_at else -1
    while index >= 0:
        run.append(index)
        index = int(before[index])
    return np.array(run[::-1], dtype=np.int64)


def _pieces(shifts: Ints) -> list[tuple[int, int]]:
    """Runs of matches whose shifts agree with the run's so far."""
    if not len(shifts):
        return []
    firsts = [0]
    for index in range(1, len(shifts)):
        level = float(np.median(shifts[max(firsts[-1], index - 15) : index]))
        if abs(shifts[index] - level) > SAME_SHIFT_MS:
            firsts.append(index)
    return list(zip(firsts, [*firsts[1:], len(shifts)], strict=True))
