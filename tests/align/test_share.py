"""The share of replies: pinned by what knows it best, and held to exactly."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from dougpt_align import AlignSettings, align
from dougpt_align.attribution import Posterior, Trust, fit
from dougpt_align.fits import starting_point
from dougpt_align.prepared import Prepared, prepare
from dougpt_align.scene import read_scene
from dougpt_align.share import Share, estimate_share, hold_to, settle_share
from hypothesis import given
from hypothesis import strategies as st

type Make = Callable[..., Any]
SETTINGS = AlignSettings()
shares = st.floats(0.01, 0.6)


@pytest.fixture(scope="module")
def fitted(made: Any) -> tuple[Prepared, Posterior]:
    scene = read_scene(made.utterances, made.chat_events, SETTINGS)
    start = starting_point(SETTINGS)
    prepared = prepare(scene, SETTINGS, start.kernel)
    return prepared, fit(prepared.problem, start, 0.3, Trust(), 16)


@given(shares)
def test_the_posterior_is_held_to_the_share_and_keeps_its_order(
    fitted: tuple[Prepared, Posterior], share: float
) -> None:
    prepared, posterior = fitted

    held = hold_to(posterior, prepared.problem, share)

    weight = prepared.problem.weight_E
    assert float(weight @ (1.0 - held.background_E)) == pytest.approx(share * weight.sum(), rel=1e-3)
    total = np.bincount(prepared.pairs.event_P, weights=held.link_P, minlength=len(weight))
    assert total + held.background_E == pytest.approx(np.ones(len(weight)), abs=1e-9)
    order = np.argsort(posterior.background_E, kind="stable")
    assert np.all(np.diff(held.background_E[order]) >= -1e-9)


def test_holding_to_the_share_that_it_has_changes_nothing(fitted: tuple[Prepared, Posterior]) -> None:
    prepared, posterior = fitted
    weight = prepared.problem.weight_E
    mean = float(weight @ (1.0 - posterior.background_E) / weight.sum())

    assert hold_to(posterior, prepared.problem, mean).link_P == pytest.approx(posterior.link_P, abs=1e-6)


@given(shares, shares)
def test_an_estimate_only_ever_raises_a_share_that_no_label_pins(value: float, estimate: float) -> None:
    for pinned_by in ("default", "prior"):
        found = settle_share(Share(value, pinned_by, 0), estimate, is_doubtful=False)
        assert found.value == max(value, estimate)
        assert found.pinned_by == ("estimate" if estimate > value else pinned_by)


@given(shares, shares, st.booleans())
def test_labels_outrank_every_estimate(value: float, estimate: float, is_doubtful: bool) -> None:
    pinned = Share(value, "labels", 40)

    assert settle_share(pinned, estimate, is_doubtful=is_doubtful) == pinned


@given(shares)
def test_where_the_two_should_have_shown_that_they_belong_together_little_is_assumed(estimate: float) -> None:
    assert settle_share(Share(0.3, "default", 0), estimate, is_doubtful=True).value <= 0.05


@pytest.mark.parametrize(("share", "least"), [(0.1, 0.0), (0.45, 0.2)])
def test_the_estimate_follows_the_truth_from_below(share: float, least: float, make: Make) -> None:
    made = make(5, share=share)
    scene = read_scene(made.utterances, made.chat_events, SETTINGS)
    start = starting_point(SETTINGS)
    prepared = prepare(scene, SETTINGS, start.kernel)

    found = estimate_share(prepared.problem, start, Trust(), 16)

    true = float((made.parents >= 0).mean())
    assert least < found < true + 0.05


def test_a_recording_with_many_replies_is_not_taken_for_one_with_few(make: Make) -> None:
    made = make(6, share=0.6)

    found = align(made.utterances, made.chat_events)

    assert found.report.share.pinned_by == "estimate"
    assert found.report.share.value > SETTINGS.share


def test_a_small_default_is_settled_by_the_settings(made: Any) -> None:
    found = align(made.utterances, made.chat_events, replace(SETTINGS, share=0.55))

    assert found.report.share == Share(0.55, "default", 0)
