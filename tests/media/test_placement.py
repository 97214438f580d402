"""Every frame lands where its time stamp says, whatever is lost between frames and however stamps are rounded."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from dougpt_media.demux import Reading
from dougpt_media.placement import LONGEST_RECORDING_S, Placement, Run
from dougpt_media.soundtrack import Form, Soundtrack
from hypothesis import assume, given
from hypothesis import strategies as st

RATE_HZ = 16_000
FRAME = 1024
IN_HZ = 48_000
FRAME_S = FRAME / IN_HZ
ONE_MS = 0.001


@dataclass
class Tape:
    """A writer that remembers where on the clock each frame begins; frames are known by their numbers."""

    starts_s: dict[int, float] = field(default_factory=dict)
    written: int = 0
    _run: int = 0
    _samples: int = 0
    _drop: int = 0
    _rate_hz: int = IN_HZ

    def begin(self, run: Run, form: Form) -> int:
        self.written += run.silence
        self._run, self._samples, self._drop, self._rate_hz = self.written, 0, run.drop, form[0]
        return run.silence

    def push(self, frame: Any) -> None:
        at = self._run - self._drop + self._samples * RATE_HZ / self._rate_hz
        self.starts_s[frame.number] = at / RATE_HZ
        self._samples += frame.samples

    def settle(self, *, finish: bool) -> int:  # noqa: ARG002 - nothing is held back
        before = self.written
        made = round(self._samples * RATE_HZ / self._rate_hz) - self._drop
        self.written = max(self.written, self._run + made)
        return self.written - before


def frame(number: int, rate_hz: int = IN_HZ, layout: str = "mono") -> Any:
    return SimpleNamespace(
        number=number,
        samples=FRAME,
        sample_rate=rate_hz,
        planes=[None],
        format=SimpleNamespace(name="fltp"),
        layout=SimpleNamespace(name=layout),
    )


def placed(stamps_s: Sequence[float | None], origin_s: float = 0.0) -> tuple[Tape, Placement]:
    tape, reading = Tape(), Reading()
    placement = Placement(RATE_HZ, origin_s, reading.picture)
    soundtrack = Soundtrack(placement, reading, tape)
    for _ in soundtrack.blocks([(frame(number), at_s) for number, at_s in enumerate(stamps_s)]):
        pass
    return tape, placement


rounded = st.sampled_from([lambda at_s: at_s, lambda at_s: round(at_s, 3), lambda at_s: round(at_s * 90_000) / 90_000])
losses = st.dictionaries(st.integers(30, 600), st.integers(1, 400), max_size=4)


@given(losses=losses, origin_s=st.sampled_from([0.0, 1.4, -3.0, 26_000.0]), rounding=rounded)
def test_what_is_left_after_losses_lies_within_a_millisecond_of_its_own_time(
    losses: dict[int, int], origin_s: float, rounding: Callable[[float], float]
) -> None:
    lost = {first + index for first, length in losses.items() for index in range(length)}
    kept = [index for index in range(1_010) if index not in lost]
    # A frame or two between losses cannot say which of the stamps around it are meant.
    assume(all(b - a == 1 or all(a - back in kept for back in range(9)) for a, b in pairwise(kept)))

    tape, placement = placed([rounding(origin_s + index * FRAME_S) for index in kept], origin_s)

    errors_s = [abs(tape.starts_s[number] - index * FRAME_S) for number, index in enumerate(kept)]
    assert max(errors_s) < ONE_MS
    assert placement.counts["jumps"] == 0
    assert placement.counts["gaps"] + placement.counts["shifts"] == sum(b - a > 1 for a, b in pairwise(kept))


@given(seed=st.integers(0, 2**32 - 1), wander_ms=st.integers(3, 15))
def test_stamps_that_wander_about_the_truth_move_nothing(seed: int, wander_ms: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - time stamps, not secrets
    stamps_s = [index * FRAME_S + (0 if index < 9 else rng.uniform(-1, 1) * wander_ms / 1000) for index in range(500)]

    tape, placement = placed(stamps_s)

    assert max(abs(tape.starts_s[index] - index * FRAME_S) for index in range(500)) < 0.006
    assert placement.counts["gaps"] == placement.counts["jumps"] == placement.counts["overlaps"] == 0


@given(at=st.integers(0, 99), by_s=st.sampled_from([-1e9, -200.0, -30.0, -2.0, 0.5, 30.0, 59.0, 61.0, 1e9]))
def test_one_stamp_that_no_other_agrees_with_moves_nothing(at: int, by_s: float) -> None:
    assume((at, by_s) != (99, 0.5))  # the last one has none that could disagree, and is believed in so little
    stamps_s = [index * FRAME_S for index in range(100)]
    stamps_s[at] += by_s

    tape, _ = placed(stamps_s)

    assert max(abs(tape.starts_s[index] - index * FRAME_S) for index in range(100)) < ONE_MS


def test_a_clock_that_runs_wrong_is_followed() -> None:
    slower = 1.0005  # half a second in 17 minutes

    tape, placement = placed([index * FRAME_S * slower for index in range(5_000)])

    assert max(abs(tape.starts_s[index] - index * FRAME_S * slower) for index in range(5_000)) < 0.0016
    assert placement.counts["gaps"] == 0


@given(first=st.integers(50, 400), again=st.integers(50, 400), earlier=st.sampled_from([0, 500, 2_000]))
def test_a_second_recording_behind_the_first_is_appended(first: int, again: int, earlier: int) -> None:
    stamps_s = [index * FRAME_S for index in (*range(earlier, earlier + first), *range(again))]

    tape, placement = placed(stamps_s, origin_s=earlier * FRAME_S)

    assert tape.starts_s[first + again - 1] == pytest.approx((first + again - 1) * FRAME_S, abs=ONE_MS)
    assert placement.counts["jumps"] == 1


def test_sound_that_is_there_twice_is_heard_once() -> None:
    stamps_s = [index * FRAME_S for index in (*range(400), *range(300, 700))]

    tape, placement = placed(stamps_s)

    assert [(overlap.ms, overlap.at_ms) for overlap in placement.overlaps] == [(2133, 8533)]
    assert tape.starts_s[799] == pytest.approx(699 * FRAME_S, abs=ONE_MS)


@pytest.mark.parametrize("stamp_s", [1e9, 1e15, -1e15, LONGEST_RECORDING_S + 61])
def test_absurd_stamps_make_no_hours_of_silence(stamp_s: float) -> None:
    _, placement = placed([0.0] + [stamp_s + index * FRAME_S for index in range(50)])

    assert placement.end_s == pytest.approx(51 * FRAME_S, abs=0.1)


def test_frames_without_stamps_follow_on_each_other() -> None:
    tape, _ = placed([None] * 50)

    assert tape.starts_s[49] == pytest.approx(49 * FRAME_S)


def test_sound_that_changes_its_form_goes_on_where_it_was() -> None:
    tape, reading = Tape(), Reading()
    placement = Placement(RATE_HZ, 0.0, reading.picture)
    soundtrack = Soundtrack(placement, reading, tape)
    low_s = FRAME / 24_000
    timed = [(frame(index), index * FRAME_S) for index in range(50)]
    timed += [(frame(50 + index, 24_000, "stereo"), 50 * FRAME_S + index * low_s) for index in range(50)]

    list(soundtrack.blocks(timed))

    assert [(change.rate_hz, change.channels) for change in soundtrack.changes] == [
        (48_000, "mono"),
        (24_000, "stereo"),
    ]
    assert tape.starts_s[99] == pytest.approx(50 * FRAME_S + 49 * low_s, abs=ONE_MS)
    assert placement.counts["shifts"] == 0
