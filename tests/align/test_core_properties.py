"""What must hold for the attribution core with its parameters held still, whatever the numbers."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from dougpt_align.arrays import row_sums
from dougpt_align.attribution import Parameters, Problem, pair_rates, posterior
from dougpt_align.candidates import find_pairs
from dougpt_align.channel import FERTILITY_CLASSES
from dougpt_align.lag import Kernel, initial_kernel
from dougpt_align.ragged import sum_by_parent
from dougpt_align.settings import AlignSettings
from hypothesis import given, settings
from hypothesis import strategies as st

KERNEL = initial_kernel(-8.0, 45.0)
FAR_MS = 1_000_000


def problem_of(end_ms: np.ndarray, at_ms: np.ndarray, typed: np.ndarray) -> Problem:
    """Utterances and events at these times, paired, without marks."""
    events = len(at_ms)
    bounds = np.zeros(events, np.int64), np.full(events, len(end_ms), np.int64)
    pairs = find_pairs(end_ms, at_ms, *bounds, AlignSettings())
    return Problem(
        ptr=pairs.ptr,
        parent_P=pairs.parent_P,
        event_P=pairs.event_P,
        lag_s_P=pairs.lag_s_P,
        marks=(),
        time_s_E=at_ms / 1000.0,
        typed_E=typed,
        weight_E=np.ones(events),
        class_U=np.zeros(len(end_ms), np.int64),
        exposure_U=np.ones(len(end_ms)),
        author_E=np.arange(events),
    )


def drawn(seed: int, utterances: int = 20, events: int = 25) -> tuple[np.ndarray, ...]:
    """Ends, times, characters typed, fertilities and background."""
    rng = np.random.default_rng(seed)
    return (
        np.sort(rng.integers(0, 150_000, utterances)),
        np.sort(rng.integers(0, 180_000, events)),
        rng.integers(0, 60, events).astype(float),
        rng.gamma(0.5, 1.0, utterances) + 1e-6,
        rng.uniform(0.01, 1.0, events),
    )


def solved(problem: Problem, fertility: np.ndarray, floor: np.ndarray, kernel: Kernel = KERNEL) -> dict:
    """The responsibility of each (event, utterance)."""
    state = Parameters(kernel, {}, np.ones(FERTILITY_CLASSES))
    link, _ = posterior(problem, pair_rates(problem, state, fertility), floor, None)
    return dict(zip(zip(problem.event_P.tolist(), problem.parent_P.tolist(), strict=True), link.tolist(), strict=True))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_events_in_another_order_have_the_same_responsibilities(seed: int) -> None:
    end_ms, at_ms, typed, fertility, floor = drawn(seed)
    order = np.random.default_rng(seed + 1).permutation(len(at_ms))

    plain = solved(problem_of(end_ms, at_ms, typed), fertility, floor)
    moved = solved(problem_of(end_ms, at_ms[order], typed[order]), fertility, floor[order])

    assert {(int(order[event]), parent): r for (event, parent), r in moved.items()} == pytest.approx(plain)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_two_streams_far_apart_are_solved_as_each_alone(seed: int, other: int) -> None:
    one, two = drawn(seed), drawn(other)
    both = [np.concatenate([a, b + FAR_MS * (k < 2)]) for k, (a, b) in enumerate(zip(one, two, strict=True))]

    together = solved(problem_of(*both[:3]), *both[3:])

    alone = solved(problem_of(*one[:3]), *one[3:])
    events, parents = len(one[1]), len(one[0])
    shifted = {(e + events, u + parents): r for (e, u), r in solved(problem_of(*two[:3]), *two[3:]).items()}
    assert together == pytest.approx(alone | shifted)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([0.5, 2.0, 4.0]))
def test_stretching_time_and_bins_together_changes_nothing(seed: int, factor: float) -> None:
    end_ms, at_ms, typed, fertility, floor = drawn(seed)
    problem = problem_of(end_ms, at_ms, typed)
    slow = Kernel(KERNEL.start_s * factor, KERNEL.bin_s * factor, KERNEL.density_B / factor, KERNEL.typing_s * factor)

    stretched = replace(problem, lag_s_P=problem.lag_s_P * factor)

    found = solved(stretched, fertility, floor / factor, slow)
    assert found == pytest.approx(solved(problem, fertility, floor))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_the_likelihood_never_falls_while_only_fertilities_are_learned(seed: int) -> None:
    end_ms, at_ms, typed, fertility, floor = drawn(seed)
    problem = problem_of(end_ms, at_ms, typed)
    state = Parameters(KERNEL, {}, np.ones(FERTILITY_CLASSES))
    seen = []
    for _ in range(8):
        rate = pair_rates(problem, state, fertility)
        total = row_sums(rate, problem.ptr) + floor
        seen.append(float(np.log(total).sum() - fertility @ problem.exposure_U))
        link, _ = posterior(problem, rate, floor, None)
        replies = sum_by_parent(link, problem.ptr, problem.weight_E, problem.parent_P, len(fertility))
        fertility = replies / problem.exposure_U

    assert all(after >= before - 1e-9 for before, after in pairwise(seen))
