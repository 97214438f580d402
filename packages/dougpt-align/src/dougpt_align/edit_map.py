"""Where the pieces of an edited video lie in the stream it was cut from.

Words that both transcripts hold exactly once as part of an n-gram are matched; the longest run of matches
in which both sides advance discards chance; matches with one shift make a piece of unit slope. What the
edit left out has no piece.
"""

import itertools
from bisect import bisect_left

import numpy as np
import pyarrow as pa
from dougpt_schema import CLOCK, WORDS, ArrowStream, ContractError
from numpy.typing import NDArray

from dougpt_align.arrays import Ints

GRAM = 3
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
    mine, theirs = _unique_matches(edit["normal"].to_pylist(), original["normal"].to_pylist())
    run = _longest_run(theirs)
    mine, theirs = mine[run], theirs[run]
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
    for before, after in itertools.pairwise(rows):
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


def _unique_matches(edit: list[str], original: list[str]) -> tuple[Ints, Ints]:
    """Positions of n-grams that each side holds exactly once, in the order of the edit."""
    mine, theirs = _once(edit), _once(original)
    common = [(position, theirs[gram]) for gram, position in mine.items() if gram in theirs]
    common.sort()
    pairs = np.array(common, dtype=np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def _once(words: list[str]) -> dict[tuple[str, ...], int]:
    seen: dict[tuple[str, ...], int] = {}
    for position in range(len(words) - GRAM + 1):
        gram = tuple(words[position : position + GRAM])
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
