"""What labels change: they teach as far as they can, and never what they do not say."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from dougpt_align import AlignSettings, align
from dougpt_align.attribution import Posterior, Trust, fit
from dougpt_align.calibrate import Calibrator
from dougpt_align.fits import starting_point
from dougpt_align.labels import settle
from dougpt_align.link_features import LIKELY, describe_links
from dougpt_align.prepared import Prepared, prepare
from dougpt_align.scene import read_scene
from dougpt_align.supervise import choose_threshold, read_answers, supervise

type Make = Callable[..., Any]
SETTINGS = AlignSettings()


@pytest.fixture(scope="module")
def fitted(made: Any) -> tuple[Prepared, Posterior]:
    scene = read_scene(made.utterances, made.chat_events, SETTINGS)
    start = starting_point(SETTINGS)
    prepared = prepare(scene, SETTINGS, start.kernel)
    return prepared, fit(prepared.problem, start, 0.45, Trust(), 16)


def loss_of(prepared: Prepared, made: Any, link_P: np.ndarray, rows: np.ndarray) -> float:
    """Nats that the truth costs, on the events `rows`."""
    ids, pairs = prepared.scene.speech.ids, prepared.pairs
    right = ids[pairs.parent_P] == made.parents[prepared.rows][pairs.event_P]
    chosen = np.bincount(pairs.event_P, weights=link_P * right, minlength=len(prepared.rows))
    none = 1.0 - np.bincount(pairs.event_P, weights=link_P, minlength=len(prepared.rows))
    p = np.where(made.parents[prepared.rows] >= 0, chosen, none)
    return -float(np.log(np.clip(p[np.isin(prepared.rows, rows)], 1e-4, 1.0)).mean())


def test_without_labels_the_model_stays_as_it_is(fitted: tuple[Prepared, Posterior]) -> None:
    prepared, posterior = fitted

    learned = supervise(prepared, posterior, settle(None, prepared.scene), Calibrator())

    assert learned.link_P == pytest.approx(posterior.link_P, abs=1e-4)
    assert learned.losses is None
    assert not choose_threshold(prepared, learned, np.zeros(len(prepared.rows), dtype=bool), SETTINGS).certified


def test_labels_leave_less_unexplained_in_events_that_they_do_not_name(
    fitted: tuple[Prepared, Posterior], made: Any, label: Make
) -> None:
    prepared, posterior = fitted
    labels = settle(label(made, range(0, len(made.parents), 3)), prepared.scene)

    learned = supervise(prepared, posterior, labels, Calibrator())

    others = np.setdiff1d(np.arange(len(made.parents)), np.arange(0, len(made.parents), 3))
    assert learned.stacker_labels > 300
    assert loss_of(prepared, made, learned.link_P, others) < loss_of(prepared, made, posterior.link_P, others)
    assert learned.losses is not None
    assert learned.losses[1] < learned.losses[0]


def test_labels_that_say_nothing_of_the_features_train_no_stacker_worse_than_the_model(
    fitted: tuple[Prepared, Posterior], made: Any, label: Make
) -> None:
    prepared, posterior = fitted
    shuffled = replace(made, parents=np.random.default_rng(0).permutation(made.parents))
    labels = settle(label(shuffled, range(400)), prepared.scene)

    learned = supervise(prepared, posterior, labels, Calibrator())

    assert learned.losses is not None
    assert learned.stacker_labels == 0 or learned.losses[1] < learned.losses[0]


def test_a_reply_that_names_no_utterance_teaches_neither_a_link_nor_that_there_is_none(
    fitted: tuple[Prepared, Posterior], made: Any, label: Make
) -> None:
    prepared, _ = fitted
    reply = int(np.flatnonzero(made.parents >= 0)[0])
    named = label(made, [reply])
    unnamed = named.set_column(
        named.schema.get_field_index("utterance_start_ms"),
        named.schema.field("utterance_start_ms"),
        pa.nulls(1, pa.int64()),
    )

    assert len(read_answers(prepared, settle(named, prepared.scene)).event_A) == 1
    assert len(read_answers(prepared, settle(unnamed, prepared.scene)).event_A) == 0


def test_doubtful_events_that_were_asked_for_do_not_certify(made: Any, label: Make) -> None:
    found = align(
        made.utterances, made.chat_events, labels=label(made, range(0, len(made.parents), 3), asked_as="active")
    )

    assert found.report.calibration["stacker_labels"] > 0
    assert not found.report.threshold["certified"]
    assert found.report.share.pinned_by in {"default", "estimate"}


def test_the_first_feature_gives_the_models_odds_back(fitted: tuple[Prepared, Posterior]) -> None:
    prepared, posterior = fitted

    features = describe_links(prepared, posterior)

    row = np.repeat(np.arange(len(features.ptr) - 1), np.diff(features.ptr))
    raised = np.exp(features.x_KF[:, 0])
    back = raised * posterior.background_E[row]
    assert back == pytest.approx(posterior.link_P[features.pair_K], rel=1e-6)
    assert np.all(posterior.link_P[features.pair_K] >= LIKELY)
    assert np.isfinite(features.x_KF).all()
    assert np.isfinite(features.z_EG).all()


def test_no_event_leans_on_its_own_posterior(fitted: tuple[Prepared, Posterior]) -> None:
    prepared, posterior = fitted
    event = int(np.argmax(posterior.background_E))
    other = posterior.background_E.copy()
    other[event] = 0.0

    one = describe_links(prepared, posterior).z_EG[event]
    two = describe_links(prepared, replace(posterior, background_E=other)).z_EG[event]

    assert two == pytest.approx(one, abs=0.01)


def test_links_that_are_rejected_anyway_certify_nothing(
    fitted: tuple[Prepared, Posterior], made: Any, label: Make
) -> None:
    prepared, posterior = fitted
    labels = settle(label(made, range(0, len(made.parents), 2)), prepared.scene)
    learned = supervise(prepared, posterior, labels, Calibrator())
    events, modest = len(prepared.rows), AlignSettings(precision=0.7)

    whole = choose_threshold(prepared, learned, np.zeros(events, dtype=bool), modest)
    none = choose_threshold(prepared, learned, np.ones(events, dtype=bool), modest)

    assert whole.certified
    assert not none.certified
    assert none.accepted_labels == 0
