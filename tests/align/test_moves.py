"""A clock that stands still is not moved by chance, and one that moved is followed."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from dougpt_align import align
from dougpt_align.moves import without_doubtful
from dougpt_align.offset import OffsetPath
from dougpt_schema import CHAT_EVENTS, UTTERANCES
from hypothesis import given
from hypothesis import strategies as st

type Make = Callable[..., Any]


def path_of(levels_s: list[int]) -> OffsetPath:
    edges = 60_000 * np.arange(len(levels_s) + 1)
    n = len(levels_s)
    return OffsetPath(edges[:-1], edges[1:], 1000 * np.array(levels_s), np.full(n, 2000.0), np.arange(n) + 1.0)


levels = st.lists(st.sampled_from([0, 0, 40, -25, 137]), min_size=1, max_size=12)


@given(levels, st.data())
def test_what_is_left_covers_the_same_time_and_knows_no_new_offset(given_s: list[int], data: st.DataObject) -> None:
    path = path_of(given_s)
    believed = np.array(data.draw(st.lists(st.booleans(), min_size=len(given_s), max_size=len(given_s))))

    left = without_doubtful(path, believed)

    assert left.from_ms[0] == path.from_ms[0]
    assert left.to_ms[-1] == path.to_ms[-1]
    assert left.from_ms[1:].tolist() == left.to_ms[:-1].tolist()
    assert set(left.offset_ms.tolist()) <= (set(path.offset_ms[believed].tolist()) or {0})
    assert np.all(left.offset_ms[1:] != left.offset_ms[:-1])


@given(levels)
def test_a_path_that_is_believed_whole_stays(given_s: list[int]) -> None:
    path = path_of(given_s)

    left = without_doubtful(path, np.ones(len(given_s), dtype=bool))

    at_ms = path.from_ms + 1
    assert left.offset_at(left.piece_of(at_ms)).tolist() == path.offset_ms.tolist()


def test_a_doubtful_move_goes_with_the_piece_before_or_else_the_one_behind() -> None:
    middle = without_doubtful(path_of([137, 40, 137, -25]), np.array([True, False, True, True]))
    first = without_doubtful(path_of([40, 0, -25]), np.array([False, True, True]))

    assert middle.offset_ms.tolist() == [137_000, -25_000]
    assert first.offset_ms.tolist() == [0, -25_000]


def dwelling(new_utterance: Make, new_event: Make, seed: int) -> tuple[Any, Any]:
    """Speech and chat that dwell on the same topics at the same time and answer nothing."""
    rng = np.random.default_rng(seed)
    spoken, written, at_s = [], [], 0.0
    while at_s < 3600:
        topic = f"t{int(at_s // 60) * 7919 % 12}"
        spoken.append(
            new_utterance(
                len(spoken), int(1000 * at_s), int(1000 * at_s) + 1500, f"well {topic}x{rng.integers(8)} there"
            )
        )
        at_s += float(rng.gamma(4.0, 1.2))
    for number, moment in enumerate(np.sort(rng.uniform(0, 3600, 2400)).tolist()):
        text = f"t{int(moment // 60) * 7919 % 12}x{rng.integers(8)} {rng.integers(10**6)}"
        written.append(new_event(f"e{number:05d}", int(1000 * moment), text))
    return UTTERANCES.table(spoken), CHAT_EVENTS.table(written)


@pytest.mark.parametrize("seed", [1, 2])
def test_topics_in_common_do_not_move_the_clock(seed: int, new_utterance: Make, new_event: Make) -> None:
    found = align(*dwelling(new_utterance, new_event, seed))

    assert found.clock["offset_ms"].to_pylist() == [0]
