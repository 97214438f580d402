"""Silence is found to a tenth of a second, however the sound is cut into pieces."""

import numpy as np
import pytest
from dougpt_media.silence import SilenceWatch
from hypothesis import given
from hypothesis import strategies as st

Stretches = list[tuple[bool, int]]


@given(
    stretches=st.lists(st.tuples(st.booleans(), st.integers(1, 40)), min_size=1, max_size=12),
    rate_hz=st.sampled_from([8_000, 11_025, 16_000]),
    level=st.sampled_from([0, 1]),
    cuts=st.randoms(use_true_random=False),
)
def test_stretches_of_silence_are_found_whatever_the_pieces(
    stretches: Stretches, rate_hz: int, level: int, cuts: np.random.Generator
) -> None:
    step = rate_hz // 10
    samples = np.concatenate(
        [np.full(length * step, level if silent else 900, np.int16) for silent, length in stretches]
    )
    watch, at = SilenceWatch(rate_hz), 0
    while at < len(samples):
        piece = samples[at : at + cuts.randint(1, 3 * rate_hz)]
        if not piece.any() and cuts.random() < 0.5:
            watch.skip(len(piece))
        else:
            watch.hear(piece)
        at += len(piece)

    found = watch.stretches([], 500)

    loud = np.concatenate([np.full(length, not silent) for silent, length in stretches])
    edges = np.flatnonzero(np.diff(np.concatenate([[True], loud, [True]]).astype(np.int8)))
    ends_ms = edges * step * 1000 // rate_hz
    true = [(int(first), int(last)) for first, last in ends_ms.reshape(-1, 2)]
    assert found == [one for one in true if one[1] - one[0] >= 500]


def test_what_is_known_is_not_found_again() -> None:
    watch = SilenceWatch(16_000)
    watch.skip(16_000 * 100)

    assert watch.stretches([(20_000, 30_000)], 10_000) == [(0, 20_000), (30_000, 100_000)]


def test_a_whisper_is_no_silence() -> None:
    watch = SilenceWatch(16_000)
    samples = np.zeros(16_000 * 40, np.int16)
    samples[::1_000] = 2

    watch.hear(samples)

    assert watch.stretches([], 1_000) == []


@pytest.mark.parametrize("known", [[(0, 100_000)], [(-5, 50_000), (50_000, 200_000)]])
def test_known_gaps_may_reach_past_the_sound(known: list[tuple[int, int]]) -> None:
    watch = SilenceWatch(16_000)
    watch.skip(16_000 * 100)

    assert watch.stretches(known, 1_000) == []
