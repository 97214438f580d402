"""The sound of several files is one on the recording's clock."""

import numpy as np
import pytest
from dougpt_media.audio import Audio, Gap
from dougpt_media.joined_sound import join_sound
from dougpt_media.report import Report
from dougpt_schema import GapCause
from hypothesis import given
from hypothesis import strategies as st

RATE_HZ = 1000


def sound(value: int, ms: int, *, start_ms: int = 0, gaps: tuple[Gap, ...] = ()) -> Audio:
    return Audio(np.full(ms, value, np.int16), RATE_HZ, start_ms, gaps, Report("made"))


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(0, 200)), min_size=1, max_size=5))
def test_each_sample_is_that_of_the_first_part_that_holds_it_else_silence(parts: list[tuple[int, int]]) -> None:
    joined = join_sound([(sound(number + 1, ms), start_ms) for number, (ms, start_ms) in enumerate(parts)])

    assert joined.start_ms == 0
    assert joined.end_ms == max(ms + start_ms for ms, start_ms in parts)
    for at in range(joined.end_ms):
        playing = [number + 1 for number, (ms, start_ms) in enumerate(parts) if start_ms <= at < start_ms + ms]
        assert joined.samples[at] == (playing[0] if playing else 0)


def test_gaps_move_with_their_part() -> None:
    gaps = (Gap(10, 20, GapCause.MUTED),)

    joined = join_sound([(sound(1, 100, gaps=gaps), 500), (sound(1, 100, gaps=gaps), 0)])

    assert [(gap.from_ms, gap.to_ms) for gap in joined.gaps] == [(10, 20), (510, 520)]


def test_one_part_at_the_start_is_taken_as_it_is() -> None:
    audio = sound(1, 100)

    assert join_sound([(audio, 0)]) is audio


def test_parts_of_different_rates_are_refused() -> None:
    other = Audio(np.zeros(5, np.int16), 2000, 0, (), Report("made"))

    with pytest.raises(ValueError, match="one rate, not of 2"):
        join_sound([(sound(1, 10), 0), (other, 10)])
    with pytest.raises(ValueError, match="one rate, not of 0"):
        join_sound([])
