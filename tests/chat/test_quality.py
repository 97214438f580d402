"""An export that cannot be what it seems is said to be so; an honest one never is."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from dougpt_chat import read_chat
from dougpt_chat.clock import tell_time
from dougpt_chat.quality import Quality, is_lossy, judge
from hypothesis import given, settings
from hypothesis import strategies as st

SEEDS = st.integers(0, 2**32 - 1)
START_MS = 1_714_845_607_000


def judged(
    at_s: np.ndarray, *, length_s: float | None = None, start_ms: int | None = None, late_ms: int = 0
) -> Quality:
    offset_s_N = np.floor(at_s)
    clock = tell_time(offset_s_N, np.floor(START_MS + late_ms + at_s * 1000))
    length_ms = None if length_s is None else round(length_s * 1000)
    lossy = is_lossy(offset_s_N.astype(np.int64))
    return judge(clock.offset_ms, clock, lossy=lossy, length_ms=length_ms, start_ms=start_ms, cut=None)


@settings(deadline=None)
@given(seed=SEEDS, messages=st.integers(301, 4000), hours=st.floats(0.2, 9))
def test_independent_messages_are_not_called_lossy(seed: int, messages: int, hours: float) -> None:
    assert not judged(np.sort(np.random.default_rng(seed).uniform(0, hours * 3600, messages))).lossy


@settings(deadline=None)
@given(seed=SEEDS, messages=st.integers(3000, 9000), hours=st.floats(0.5, 3))
def test_one_message_of_each_second_is_called_lossy(seed: int, messages: int, hours: float) -> None:
    at_s = np.sort(np.random.default_rng(seed).uniform(0, hours * 3600, messages))
    kept = at_s[np.unique(np.floor(at_s), return_index=True)[1]]

    found = judged(kept)

    assert found.lossy
    assert "never two messages in one second" in found.warnings[0]


@pytest.mark.parametrize("apart_s", [1, 2, 5, 10])
def test_hundreds_of_messages_that_never_meet_are_called_lossy(apart_s: int) -> None:
    assert judged(np.arange(400.0) * apart_s + 0.5).lossy
    assert not judged(np.arange(300.0) * apart_s + 0.5).lossy


@settings(deadline=None)
@given(seed=SEEDS, messages=st.integers(20, 3000), hours=st.floats(0.1, 9))
def test_a_chat_that_goes_on_to_the_end_is_not_partial(seed: int, messages: int, hours: float) -> None:
    at_s = np.sort(np.random.default_rng(seed).uniform(0, hours * 3600, messages))
    at_s[-1] = hours * 3600 * 0.985

    assert not judged(at_s, length_s=hours * 3600).partial


@pytest.mark.parametrize(("share", "hours"), [(0.01, 1), (0.5, 4), (0.85, 3), (0.94, 8)])
def test_a_chat_that_breaks_off_is_partial(share: float, hours: float) -> None:
    at_s = np.sort(np.random.default_rng(1).uniform(0, hours * 3600, 6000))

    found = judged(at_s[at_s < share * hours * 3600], length_s=hours * 3600)

    assert found.partial
    assert any("the export is partial" in warning for warning in found.warnings)
    assert not judged(at_s, length_s=None).partial


@pytest.mark.parametrize("hours", [-7, -1, 1, 5.5])
def test_a_whole_hour_between_the_clocks_is_a_time_zone(hours: float) -> None:
    at_s = np.sort(np.random.default_rng(1).uniform(0, 3600, 500))

    found = judged(at_s, start_ms=START_MS, late_ms=round(hours * 3_600_000) + 4000)

    assert found.warnings == (
        f"times of sending are {hours:g} h off the video's start: another time zone; offsets are right",
    )
    assert not judged(at_s, start_ms=START_MS, late_ms=4000).warnings


def test_a_log_that_ends_before_the_broadcast_begins_is_doubted() -> None:
    nothing_N = np.full(50, np.nan)
    clock = tell_time(nothing_N, START_MS + np.arange(50) * 1000.0, START_MS + 3_600_000)

    (warning,) = judge(
        clock.offset_ms, clock, lossy=False, length_ms=None, start_ms=START_MS + 3_600_000, cut=None
    ).warnings

    assert "is that start right, and its time zone?" in warning


def test_a_file_of_one_message_a_second_is_read_and_said_to_be_lossy(
    say: Callable[..., object], document: Callable[..., bytes], saved: Callable[[bytes], Path]
) -> None:
    at_ms = np.sort(np.random.default_rng(3).uniform(0, 3_600_000, 6000)).astype(int)
    kept = at_ms[np.unique(at_ms // 1000, return_index=True)[1]].tolist()
    messages = [say((("x", None),), at_ms=at, id=f"m-{at}") for at in kept]

    found = read_chat(saved(document(messages)), recording_id="0123456789abcdef").report

    assert found.offset_sources == {"rebuilt": len(kept)}
    assert found.lossy
