"""Milliseconds come back out of whole seconds, within the bound that is said, or are not claimed."""

import numpy as np
import pytest
from dougpt_chat.clock import ChatClock, tell_time
from dougpt_chat.stabbing import stab
from hypothesis import example, given, settings
from hypothesis import strategies as st

START_MS = 1_714_845_607_312.4
SEEDS = st.integers(0, 2**32 - 1)


def chat(seed: int, messages: int, hours: float = 1.0) -> np.ndarray:
    """True times in ms into the video, sorted."""
    return np.sort(np.random.default_rng(seed).uniform(0, hours * 3_600_000, messages))


def written(true_N: np.ndarray, wall_N: np.ndarray | float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """What the platform writes: whole seconds rounded down, and wall-clock milliseconds cut off."""
    return np.floor(true_N / 1000), np.floor(START_MS + true_N + wall_N)


def errors(clock: ChatClock, true_N: np.ndarray) -> np.ndarray:
    return np.abs(clock.offset_ms - true_N)


@settings(deadline=None)
@given(seed=SEEDS, messages=st.integers(20, 800))
def test_no_time_is_farther_off_than_its_precision(seed: int, messages: int) -> None:
    true_N = chat(seed, messages)

    clock = tell_time(*written(true_N))

    assert set(clock.source) == {"rebuilt"}
    assert (errors(clock, true_N) <= clock.precision_ms).all()


@settings(deadline=None)
@given(seed=SEEDS, shift_s=st.integers(-7200, 7200))
def test_a_shifted_clock_gives_shifted_times(seed: int, shift_s: int) -> None:
    offset_s_N, sent_ms_N = written(chat(seed, 100))

    one, other = tell_time(offset_s_N, sent_ms_N), tell_time(offset_s_N + shift_s, sent_ms_N)

    assert (other.offset_ms - one.offset_ms == shift_s * 1000).all()
    assert (other.precision_ms == one.precision_ms).all()


@settings(deadline=None)
@given(seed=SEEDS, days=st.integers(-5000, 5000))
def test_the_date_changes_nothing(seed: int, days: int) -> None:
    offset_s_N, sent_ms_N = written(chat(seed, 100))

    one, other = tell_time(offset_s_N, sent_ms_N), tell_time(offset_s_N, sent_ms_N + days * 86_400_000.0)

    assert (one.offset_ms == other.offset_ms).all()


@settings(deadline=None)
@given(seed=SEEDS)
def test_the_order_of_the_messages_changes_nothing(seed: int) -> None:
    offset_s_N, sent_ms_N = written(chat(seed, 200))
    order = np.random.default_rng(seed).permutation(200)

    one, other = tell_time(offset_s_N, sent_ms_N), tell_time(offset_s_N[order], sent_ms_N[order])

    assert (one.offset_ms[order] == other.offset_ms).all()


@pytest.mark.parametrize(("outliers", "bound_ms"), [(0.0, 3), (0.01, 3), (0.05, 3)])
def test_at_500_messages_an_hour_the_median_error_is_a_few_milliseconds(outliers: float, bound_ms: float) -> None:
    medians = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        true_N = chat(seed, 500)
        late_N = np.where(rng.random(500) < outliers, rng.uniform(-3000, 3000, 500), 0)
        medians.append(np.median(errors(tell_time(*written(true_N, late_N)), true_N)))

    assert np.median(medians) <= bound_ms


def test_outliers_keep_their_whole_second() -> None:
    true_N = chat(1, 300)
    late_N = np.zeros(300)
    late_N[[40, 41, 200]] = [5000, -4000, 90_000]

    clock = tell_time(*written(true_N, late_N))

    assert list(np.flatnonzero(clock.source == "integer")) == [40, 41, 200]
    assert (clock.precision_ms[[40, 41, 200]] == 1000).all()
    assert (errors(clock, true_N) <= clock.precision_ms).all()


@settings(deadline=None, max_examples=25)
@given(seed=SEEDS, jitter_ms=st.floats(15, 40))
@example(seed=21683, jitter_ms=24.0)
@example(seed=731, jitter_ms=15.0)
def test_jitter_between_the_clocks_widens_the_precision(seed: int, jitter_ms: float) -> None:
    true_N = chat(seed, 2000)

    clock = tell_time(*written(true_N, np.random.default_rng(seed).normal(0, jitter_ms, 2000)))

    assert len(clock.segments) == 1
    assert clock.segments[0].precision_ms >= jitter_ms
    assert (errors(clock, true_N) <= clock.precision_ms).mean() > 0.95


@settings(deadline=None, max_examples=25)
@given(seed=SEEDS, at=st.floats(0.15, 0.85), lost_ms=st.floats(600, 120_000))
def test_a_lost_connection_begins_a_new_segment(seed: int, at: float, lost_ms: float) -> None:
    true_N = chat(seed, 1500)
    after_N = true_N >= at * 3_600_000

    clock = tell_time(*written(true_N, np.where(after_N, lost_ms, 0.0)))

    assert len(clock.segments) == 2
    assert clock.segments[1].start_ms - clock.segments[0].start_ms == pytest.approx(lost_ms, abs=20)
    assert (errors(clock, true_N) <= clock.precision_ms).mean() > 0.99
    assert (clock.segment == after_N).mean() > 0.99


def test_several_drops_are_all_found() -> None:
    true_N = chat(3, 5000, hours=3)
    wall_N = sum(np.where(true_N >= at, by, 0.0) for at, by in [(2e6, 60_000), (5e6, 12_000), (9e6, 30_500)])

    clock = tell_time(*written(true_N, wall_N))

    assert len(clock.segments) == 4
    assert np.median(errors(clock, true_N)) < 3


@settings(deadline=None, max_examples=30)
@given(
    seed=SEEDS,
    lost_ms=st.lists(st.floats(1200, 90_000), min_size=1, max_size=4),
    messages=st.integers(2000, 6000),
)
def test_there_is_a_piece_for_each_lost_connection_and_no_more(seed: int, lost_ms: list[float], messages: int) -> None:
    rng = np.random.default_rng(seed)
    true_N = chat(seed, messages, hours=3)
    at_ms = (np.arange(len(lost_ms)) + 1) / (len(lost_ms) + 1) * 10_800_000
    wall_N = sum(np.where(true_N >= at, by, 0.0) for at, by in zip(at_ms, lost_ms, strict=True))
    late_N = np.where(rng.random(messages) < 0.01, rng.uniform(-6000, 6000, messages), 0.0)

    clock = tell_time(*written(true_N, wall_N + late_N))

    assert len(clock.segments) == len(lost_ms) + 1
    found = np.diff([segment.start_ms for segment in clock.segments])
    assert found == pytest.approx(lost_ms, abs=30)
    assert (clock.segment == np.searchsorted(at_ms, true_N, side="right")).mean() > 0.99


def test_a_start_of_another_year_claims_no_milliseconds() -> None:
    true_N = chat(4, 400)
    elsewhere_N = np.where(np.arange(400) % 5 == 0, 4e10, 0.0)

    clock = tell_time(*written(true_N, elsewhere_N))

    assert set(clock.source[elsewhere_N > 0]) == {"integer"}
    assert (errors(clock, true_N) <= clock.precision_ms).all()


@settings(deadline=None)
@given(seed=SEEDS, messages=st.integers(30, 500), copying_s=st.floats(0.5, 60))
def test_copied_times_are_noticed_and_not_used(seed: int, messages: int, copying_s: float) -> None:
    true_N = chat(seed, messages)
    copied_N = START_MS + np.linspace(0, copying_s * 1000, messages)

    clock = tell_time(np.floor(true_N / 1000), copied_N)

    assert clock.is_copied
    assert not clock.segments
    assert set(clock.source) == {"integer"}
    assert (clock.offset_ms == np.floor(true_N / 1000) * 1000).all()
    assert (clock.precision_ms == 1000).all()


def test_few_messages_claim_no_more_than_their_second() -> None:
    clock = tell_time(np.array([1.0, 2.0, 3.0]), START_MS + np.array([1500.0, 2500.0, 3500.0]))

    assert clock.slope is None
    assert not clock.is_copied
    assert list(clock.source) == ["integer"] * 3


@settings(deadline=None)
@given(times_ms=st.lists(st.integers(-(10**6), 10**9), min_size=1, max_size=50))
def test_offsets_with_milliseconds_are_kept_to_the_digit(times_ms: list[int]) -> None:
    times_ms = [ms + (ms % 1000 == 0) for ms in times_ms]

    clock = tell_time(np.array(times_ms) / 1000, np.full(len(times_ms), np.nan))

    assert clock.offset_ms.tolist() == times_ms
    assert set(clock.source) == {"exact"}
    assert set(clock.precision_ms) == {1}


def test_without_an_offset_the_time_of_day_needs_a_start() -> None:
    sent_N = START_MS + np.array([0.0, 1234.0])
    nothing_N = np.full(2, np.nan)

    unknown, known = tell_time(nothing_N, sent_N), tell_time(nothing_N, sent_N, int(START_MS) - 500)

    assert list(unknown.source) == ["", ""]
    assert list(known.source) == ["wall", "wall"]
    assert known.offset_ms.tolist() == [500, 1734]


def test_nothing_at_all_is_no_error() -> None:
    assert len(tell_time(np.array([]), np.array([])).offset_ms) == 0


@given(starts=st.lists(st.integers(0, 5000), min_size=1, max_size=40))
def test_the_stab_agrees_with_as_many_as_any_start_could(starts: list[int]) -> None:
    high_N = np.array(starts)

    found = stab(high_N)

    most = max(int(((high_N >= start) & (high_N - 1000 < start)).sum()) for start in range(-1000, 5001))
    inside = (high_N >= found.start_ms) & (high_N - 1000 < found.start_ms)
    assert found.agreeing == most
    assert int(inside.sum()) == most
    assert 0 < found.half_width_ms <= 500


@pytest.mark.parametrize(("fraction_ms", "precision_ms"), [(0, 1000), (250, 1)])
def test_a_log_of_whole_seconds_is_no_better_than_a_second_whatever_the_start(
    fraction_ms: int, precision_ms: int
) -> None:
    sent = np.arange(20.0) * 1000 + 1_600_000_000_000 + fraction_ms

    clock = tell_time(np.full(20, np.nan), sent, 1_600_000_000_000 - 777)

    assert set(clock.precision_ms.tolist()) == {precision_ms}
    assert set(clock.source.tolist()) == {"wall"}
