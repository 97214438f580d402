"""The core against a reference that loops over every pair, and what must hold whatever the numbers."""

from dataclasses import replace

import numpy as np
import pytest
from dougpt_align import attribution
from dougpt_align.attribution import (
    Parameters,
    Problem,
    Trust,
    fertilities,
    fit,
    pair_rates,
    pin,
    posterior,
)
from dougpt_align.background import Windows
from dougpt_align.beginning import begin
from dougpt_align.candidates import Pairs, find_pairs
from dougpt_align.channel import FERTILITY_CLASSES
from dougpt_align.drift import Blocks, smooth_drift
from dougpt_align.fertility import digamma
from dougpt_align.lag import Kernel, initial_kernel
from dougpt_align.marks import Mark, relearn
from dougpt_align.settings import AlignSettings
from dougpt_align.viewer_delay import viewer_delays
from hypothesis import given, settings
from hypothesis import strategies as st

KERNEL = initial_kernel(-8.0, 45.0)


def problem_of(seed: int, utterances: int, events: int, bins: int = 5) -> tuple[Problem, Pairs]:
    rng = np.random.default_rng(seed)
    ends = np.sort(rng.integers(0, 200_000, utterances))
    times = np.sort(rng.integers(0, 220_000, events))
    pairs = find_pairs(ends, times, np.zeros(events, int), np.full(events, utterances), AlignSettings())
    mark = Mark(
        "content", rng.integers(0, bins, len(pairs.parent_P)).astype(np.int16), 1, bins, is_near=True, is_rising=True
    )
    return (
        Problem(
            ptr=pairs.ptr,
            parent_P=pairs.parent_P,
            event_P=pairs.event_P,
            lag_s_P=pairs.lag_s_P,
            marks=(mark,),
            time_s_E=times / 1000.0,
            typed_E=rng.integers(0, 60, events).astype(float),
            weight_E=np.ones(events),
            class_U=rng.integers(0, FERTILITY_CLASSES, utterances),
            exposure_U=np.ones(utterances),
            author_E=rng.integers(0, max(1, events // 4), events),
        ),
        pairs,
    )


def start_of(bins: int = 5) -> Parameters:
    return Parameters(KERNEL, {"content": np.linspace(0.5, 4.0, bins)}, np.ones(FERTILITY_CLASSES))


def reference(
    problem: Problem, state: Parameters, fertility: np.ndarray, floor: np.ndarray
) -> tuple[dict, list[float]]:
    """Responsibilities by a double loop."""
    links: dict[tuple[int, int], float] = {}
    background = []
    for event in range(len(problem.time_s_E)):
        rates = {}
        for pair in range(problem.ptr[event], problem.ptr[event + 1]):
            lag = problem.lag_s_P[pair] - state.kernel.typing_s * problem.typed_E[event]
            place = min(max(int(np.floor((lag - KERNEL.start_s) / KERNEL.bin_s)), 0), len(KERNEL.density_B) - 1)
            rate = fertility[problem.parent_P[pair]] * state.kernel.density_B[place]
            for mark in problem.marks:
                rate *= state.ratios[mark.name][mark.bins_P[pair]]
            rates[pair] = rate
        total = sum(rates.values()) + floor[event]
        links |= {(event, pair): rate / total for pair, rate in rates.items()}
        background.append(floor[event] / total)
    return links, background


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 30), st.integers(1, 30))
def test_the_posterior_equals_a_double_loop_over_all_pairs(seed: int, utterances: int, events: int) -> None:
    problem, _ = problem_of(seed, utterances, events)
    fertility = np.random.default_rng(seed).gamma(0.5, 1.0, utterances) + 1e-6
    floor = np.random.default_rng(seed + 1).uniform(0.01, 1.0, events)

    link, background = posterior(problem, pair_rates(problem, start_of(), fertility), floor, None)

    links, expected = reference(problem, start_of(), fertility, floor)
    assert link == pytest.approx([links[event, pair] for pair, event in enumerate(problem.event_P)], abs=1e-9)
    assert background == pytest.approx(expected, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 40), st.integers(1, 60), st.floats(0.05, 0.95))
def test_an_events_responsibilities_add_up_to_one(seed: int, utterances: int, events: int, share: float) -> None:
    problem, _ = problem_of(seed, utterances, events)

    found = fit(problem, start_of(), share, Trust(), 15)

    total = np.bincount(problem.event_P, weights=found.link_P, minlength=events) + found.background_E
    assert total == pytest.approx(np.ones(events), abs=1e-9)
    assert np.all((found.link_P >= 0) & (found.link_P <= 1))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.05, 0.6))
def test_the_share_is_held_wherever_candidates_allow_it(seed: int, share: float) -> None:
    problem, _ = problem_of(seed, 40, 60)

    found = fit(problem, start_of(), share, Trust(), 15)

    reachable = float(np.mean(np.diff(problem.ptr) > 0))
    if share < 0.9 * reachable:
        assert float(1 - found.background_E.mean()) == pytest.approx(share, abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.floats(1.01, 50.0))
def test_more_background_lowers_every_link(seed: int, factor: float) -> None:
    problem, _ = problem_of(seed, 20, 20)
    rate = pair_rates(problem, start_of(), np.ones(20))

    low, _ = posterior(problem, rate, np.full(20, 0.1), None)
    high, _ = posterior(problem, rate, np.full(20, 0.1 * factor), None)

    assert np.all(high <= low + 1e-15)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_better_content_raises_that_link_and_no_other(seed: int, which: int) -> None:
    problem, _ = problem_of(seed, 20, 20)
    if not len(problem.parent_P):
        return
    pair = which % len(problem.parent_P)
    mark = problem.marks[0]
    better = mark.bins_P.copy()
    better[pair] = mark.size - 1
    raised = replace(problem, marks=(replace(mark, bins_P=better),))

    before, _ = posterior(problem, pair_rates(problem, start_of(), np.ones(20)), np.full(20, 0.1), None)
    after, _ = posterior(raised, pair_rates(raised, start_of(), np.ones(20)), np.full(20, 0.1), None)

    others = np.arange(len(before)) != pair
    assert after[pair] >= before[pair] - 1e-15
    assert np.all(after[others] <= before[others] + 1e-15)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_an_utterance_out_of_reach_changes_nothing(seed: int) -> None:
    problem, _ = problem_of(seed, 20, 20)
    link, _ = posterior(problem, pair_rates(problem, start_of(), np.ones(20)), np.full(20, 0.1), None)
    farther = replace(problem, class_U=np.r_[problem.class_U, 0], exposure_U=np.r_[problem.exposure_U, 1.0])

    again, _ = posterior(farther, pair_rates(farther, start_of(), np.ones(21)), np.full(20, 0.1), None)

    assert np.array_equal(link, again)


@given(st.lists(st.floats(-20, 20), min_size=1, max_size=50), st.floats(0.01, 0.99))
def test_the_pin_meets_its_sum(log_odds: list[float], share: float) -> None:
    odds = np.array(log_odds)
    wanted = share * len(odds)

    shift = pin(odds, np.ones(len(odds)), wanted)

    assert float((1 / (1 + np.exp(-(odds + shift)))).sum()) == pytest.approx(wanted, abs=1e-6)


def test_digamma_meets_known_values() -> None:
    known = {0.5: -1.963510026021423, 1.0: -0.5772156649015329, 2.0: 0.42278433509846714, 10.0: 2.251752589066721}

    assert digamma(np.array(list(known))) == pytest.approx(list(known.values()), abs=1e-9)


def test_the_background_counts_other_events_a_second() -> None:
    times = np.arange(0.0, 2000.0, 0.5)

    found = Windows.of(times).intensity(np.ones(len(times)))

    assert found == pytest.approx(np.full(len(times), 2.0), rel=0.1)


def test_an_event_is_no_background_of_its_own() -> None:
    alone = np.array([0.0, 500.0, 1000.0])

    assert Windows.of(alone).intensity(np.ones(3)) == pytest.approx(np.full(3, 1e-4))


def test_each_viewers_delay_is_found_and_rare_viewers_are_taken_for_usual() -> None:
    rng = np.random.default_rng(3)
    true_s = rng.normal(0, 1.5, 40)
    authors = np.r_[np.repeat(np.arange(40), 60), 40 + np.arange(30)]
    residual = np.r_[true_s, np.zeros(30)][authors] + rng.normal(0, 1.0, len(authors))

    delay = viewer_delays(authors, np.ones(len(authors)), residual, residual**2)

    found_s = np.array([delay[authors == author].mean() for author in range(40)])
    assert np.std(found_s - true_s) < 0.25
    assert np.ptp(delay[authors >= 40]) == 0.0
    assert delay.mean() == pytest.approx(0.0, abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 30), st.floats(-5, 5))
def test_delays_do_not_depend_on_what_all_viewers_share(seed: int, authors: int, shift_s: float) -> None:
    rng = np.random.default_rng(seed)
    author, residual, weight = rng.integers(0, authors, 100), rng.normal(0, 2, 100), rng.random(100)

    moved = residual + shift_s

    delay = viewer_delays(author, weight, weight * residual, weight * residual**2)

    assert viewer_delays(author, weight, weight * moved, weight * moved**2) == pytest.approx(delay, abs=1e-6)


def test_an_event_does_not_explain_its_own_lag() -> None:
    rng = np.random.default_rng(4)
    author, residual = rng.integers(0, 10, 200), rng.normal(0, 2, 200)
    other = residual.copy()
    other[7] += 3.0

    one = viewer_delays(author, np.ones(200), residual, residual**2)
    two = viewer_delays(author, np.ones(200), other, other**2)

    assert two[7] == pytest.approx(one[7], abs=0.1)


@pytest.mark.parametrize("latency_s", [0.0, 8.0, 15.0])
def test_a_fit_begins_at_the_recordings_latency_whatever_it_is(latency_s: float) -> None:
    rng = np.random.default_rng(5)
    ends_s = np.sort(rng.uniform(0, 3000, 400))
    parent = rng.choice(400, 900, p=(pull := rng.gamma(0.3, 1.0, 400)) / pull.sum())
    replies_s = ends_s[parent] + latency_s + rng.lognormal(1.5, 0.3, 900)
    times_ms = np.sort(np.round(1000 * np.r_[replies_s, rng.uniform(0, 3000, 900)]).astype(int))
    pairs = find_pairs((1000 * ends_s).astype(int), times_ms, np.zeros(1800, int), np.full(1800, 400), AlignSettings())
    problem = replace(
        problem_of(0, 1, 1)[0],
        ptr=pairs.ptr,
        parent_P=pairs.parent_P,
        event_P=pairs.event_P,
        lag_s_P=pairs.lag_s_P,
        marks=(),
        time_s_E=times_ms / 1000.0,
        typed_E=np.zeros(1800),
        weight_E=np.ones(1800),
        class_U=np.zeros(400, dtype=np.int64),
        exposure_U=np.ones(400),
        author_E=np.arange(1800),
    )

    begun = begin(problem, start_of(), 0.5, Trust())
    found = fit(problem, begun, 0.5, Trust(), 16)

    assert found.parameters.kernel.quantile(0.5) == pytest.approx(latency_s + np.exp(1.5), abs=1.0)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_the_learned_kernel_is_unimodal_and_integrates_to_one(seed: int) -> None:
    problem, _ = problem_of(seed, 60, 200)

    kernel = fit(problem, start_of(), 0.4, Trust(), 10).parameters.kernel

    density = kernel.density_B
    mode = int(np.argmax(density))
    assert float(density.sum() * kernel.bin_s) == pytest.approx(1.0)
    assert np.all(np.diff(density[: mode + 1]) >= -1e-12)
    assert np.all(np.diff(density[mode:]) <= 1e-12)


def test_copies_with_shared_weight_count_as_one() -> None:
    problem, _ = problem_of(3, 20, 30)
    times = np.repeat(problem.time_s_E, 2)
    pairs = find_pairs(
        np.sort(np.random.default_rng(3).integers(0, 200_000, 20)),
        (times * 1000).astype(np.int64),
        np.zeros(60, int),
        np.full(60, 20),
        AlignSettings(),
    )
    order = np.concatenate(
        [np.r_[np.arange(a, b), np.arange(a, b)] for a, b in zip(problem.ptr[:-1], problem.ptr[1:], strict=True)]
    ).astype(np.int64)
    mark = problem.marks[0]
    doubled = replace(
        problem,
        ptr=pairs.ptr,
        parent_P=pairs.parent_P,
        event_P=pairs.event_P,
        lag_s_P=pairs.lag_s_P,
        marks=(replace(mark, bins_P=mark.bins_P[order]),),
        time_s_E=times,
        typed_E=np.repeat(problem.typed_E, 2),
        weight_E=np.full(60, 0.5),
        author_E=np.repeat(problem.author_E, 2),
    )

    once, twice = fit(problem, start_of(), 0.4, Trust(), 8), fit(doubled, start_of(), 0.4, Trust(), 8)

    assert twice.link_P == pytest.approx(once.link_P[order], abs=1e-9)


def test_kernel_bins_hold_their_edges() -> None:
    kernel = Kernel(-1.0, 0.5, np.full(4, 0.5), 0.0)

    assert kernel.bins(np.array([-9.0, -1.0, -0.5, 0.99, 9.0])).tolist() == [0, 0, 1, 3, 3]


def test_a_kind_of_message_is_weighed_against_the_background_and_not_against_the_kind_of_speech() -> None:
    kinds = np.array([0, 1, 2, 3] * 50, dtype=np.int16)
    mark = Mark("shape", kinds, 2, 2, is_near=False, is_rising=False)
    linked = np.where(kinds < 2, 1.0, 0.05)

    ratio = relearn(mark, np.ones(4), linked, np.ones(200), 1.0)

    assert ratio == pytest.approx(np.ones(4), abs=0.05)


def test_a_large_burst_without_a_word_in_common_loses_credit_and_a_small_one_hardly() -> None:
    events = 60
    mark = Mark("content", np.zeros(events, dtype=np.int16), 1, 5, is_near=True, is_rising=True)
    problem = Problem(
        ptr=np.arange(events + 1),
        parent_P=np.r_[0, np.ones(events - 1, dtype=np.int64)],
        event_P=np.arange(events),
        lag_s_P=np.full(events, 5.0),
        marks=(mark,),
        time_s_E=np.arange(events) * 0.1,
        typed_E=np.zeros(events),
        weight_E=np.ones(events),
        class_U=np.zeros(2, dtype=np.int64),
        exposure_U=np.ones(2),
        author_E=np.arange(events),
    )
    replies, told = np.array([1.0, events - 1.0]), start_of()

    silent = fertilities(problem, told, replies, np.ones(events), 0.7)
    equal = fertilities(problem, replace(told, ratios={"content": np.ones(5)}), replies, np.ones(events), 0.7)
    one, many = silent / equal

    assert one > 0.8
    assert many < 0.1


def test_a_long_recording_learns_from_a_stretch_and_answers_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    problem, _ = problem_of(9, 80, 300)
    whole = fit(problem, start_of(), 0.4, Trust(), 20)
    monkeypatch.setattr(attribution, "MANY_EVENTS", 200)
    monkeypatch.setattr(attribution, "STRETCH_EVENTS", 150)

    part = fit(problem, start_of(), 0.4, Trust(), 20)

    assert part.share == pytest.approx(0.4, abs=1e-6)
    assert np.corrcoef(part.link_P, whole.link_P)[0, 1] > 0.8


def test_drift_follows_a_latency_that_steps() -> None:
    time_s = np.linspace(0, 3000, 3000)
    residual = np.where(time_s < 1500, -1.0, 1.0) + np.random.default_rng(0).normal(0, 1, 3000)

    shift = smooth_drift(Blocks.cut(time_s), np.ones(3000), residual, residual**2)

    assert shift[0] == pytest.approx(-1.0, abs=0.2)
    assert shift[-1] == pytest.approx(1.0, abs=0.2)
