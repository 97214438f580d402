"""Bounds that keep their promise, thresholds that do not bend it, scaling that keeps the order."""

from math import comb

import numpy as np
import pytest
from dougpt_align.calibrate import Calibrator, certify, clopper_pearson_lower, fit_platt, incomplete_beta
from hypothesis import given, settings
from hypothesis import strategies as st


@given(st.integers(1, 60), st.data(), st.floats(0.01, 0.99))
def test_the_incomplete_beta_function_sums_the_binomial_tail(n: int, data: st.DataObject, p: float) -> None:
    k = data.draw(st.integers(1, n))
    tail = sum(comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k, n + 1))

    assert incomplete_beta(k, n - k + 1, p) == pytest.approx(tail, abs=1e-9)


def test_fifty_nine_without_an_error_certify_95_percent() -> None:
    assert clopper_pearson_lower(59, 59, 0.95) >= 0.95
    assert clopper_pearson_lower(58, 58, 0.95) < 0.95


@given(st.integers(1, 200), st.data(), st.floats(0.5, 0.99))
def test_the_bound_lies_under_the_share_seen(n: int, data: st.DataObject, confidence: float) -> None:
    right = data.draw(st.integers(0, n))

    assert 0.0 <= clopper_pearson_lower(right, n, confidence) <= right / n


@given(st.integers(0, 10**6), st.lists(st.floats(0, 1), min_size=2, max_size=30))
def test_calibration_keeps_the_order(seed: int, posterior: list[float]) -> None:
    rng = np.random.default_rng(seed)
    seen = rng.random(200)
    calibrator = fit_platt(seen, rng.random(200) < seen**2, np.ones(200))

    found = calibrator(np.sort(np.array(posterior)))

    assert np.all(np.diff(found) >= -1e-12)
    assert np.all((found >= 0) & (found <= 1))


def test_platt_scaling_repairs_a_posterior_that_is_too_sure() -> None:
    rng = np.random.default_rng(0)
    truth = rng.random(4000)
    logit = np.log(truth / (1 - truth))
    posterior = 1 / (1 + np.exp(-(2 * logit + 1)))

    calibrator = fit_platt(posterior, rng.random(4000) < truth, np.ones(4000))

    assert np.abs(calibrator(posterior) - truth).mean() < 0.02


def test_few_labels_leave_the_posterior_alone() -> None:
    assert fit_platt(np.full(10, 0.9), np.zeros(10, dtype=bool), np.ones(10)) == Calibrator()


def chosen(precision: float, seed: int = 0, n: int = 2000) -> float:
    rng = np.random.default_rng(seed)
    probability = rng.random(n)
    right = rng.random(n) < probability
    return certify(probability, right, np.ones(n), precision=precision, confidence=0.95, default=0.7).probability


def test_a_higher_precision_never_asks_for_a_lower_threshold() -> None:
    thresholds = [chosen(precision) for precision in (0.5, 0.6, 0.7, 0.8, 0.9)]

    assert thresholds == sorted(thresholds)


def test_too_few_labels_certify_nothing_and_say_how_many_are_missing() -> None:
    found = certify(
        np.full(20, 0.9), np.ones(20, dtype=bool), np.ones(20), precision=0.95, confidence=0.95, default=0.7
    )

    assert not found.certified
    assert found.probability == 0.7
    assert found.missing == 39
    assert found.reachable == pytest.approx(0.05 ** (1 / 20), abs=1e-6)


def test_the_certified_precision_holds_nearly_always() -> None:
    held = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        probability = rng.random(600)
        right = rng.random(600) < probability
        found = certify(probability, right, np.ones(600), precision=0.8, confidence=0.95, default=0.99)
        # The true precision of accepting from t on is (1 + t) / 2 here.
        held += not found.certified or (1 + found.probability) / 2 >= 0.8
    assert held >= 54


def test_uneven_inclusion_counts_as_fewer_labels() -> None:
    right = np.ones(80, dtype=bool)
    uneven = np.r_[np.ones(40), np.full(40, 10.0)]

    even_bound = certify(np.full(80, 0.9), right, np.ones(80), precision=0.9, confidence=0.95, default=0.7).bound
    uneven_bound = certify(np.full(80, 0.9), right, uneven, precision=0.5, confidence=0.95, default=0.7).bound

    assert even_bound is not None
    assert uneven_bound is not None
    assert uneven_bound < even_bound


@given(seed=st.integers(0, 10_000), wrong=st.floats(0.02, 0.6), spread=st.floats(1.0, 12.0))
@settings(max_examples=40)
def test_a_line_through_far_apart_odds_is_never_worse_than_none(seed: int, wrong: float, spread: float) -> None:
    rng = np.random.default_rng(seed)
    odds = rng.normal(0, spread, 100)
    posterior = 1.0 / (1.0 + np.exp(-odds))
    right = (rng.random(100) < posterior) ^ (rng.random(100) < wrong)
    weight = rng.choice([1.0, 2.0, 4.0], 100)

    found = fit_platt(posterior, right, weight)

    def loss(probability: np.ndarray) -> float:
        p = np.clip(probability, 1e-6, 1 - 1e-6)
        return -float(weight @ np.where(right, np.log(p), np.log(1 - p)))

    assert 0.05 <= found.slope < 5
    assert abs(found.intercept) < 10
    assert loss(found(posterior)) <= loss(posterior) + 0.05 * weight.sum()
