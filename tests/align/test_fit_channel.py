"""What recordings of a channel share is learned once and held to."""

import math
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from dougpt_align import Recording, align, fit_channel
from dougpt_align.calibrate import Calibrator
from dougpt_align.channel import read_prior, write_prior
from dougpt_align.fit_channel import NothingToFitError
from dougpt_schema import CHAT_EVENTS, PRIOR, UTTERANCES, ContractError

type Make = Callable[..., Any]


@pytest.fixture(scope="module")
def prior(make: Make) -> pa.Table:
    recordings = [make(seed, minutes=30) for seed in (11, 12)]
    return fit_channel([(made.utterances, made.chat_events) for made in recordings], channel="doug")


def test_the_prior_keeps_its_contract_and_names_its_channel(prior: pa.Table) -> None:
    PRIOR.check(prior)
    assert set(prior["channel"].to_pylist()) == {"doug"}


def test_writing_a_prior_and_reading_it_gives_it_back(prior: pa.Table) -> None:
    again = write_prior("doug", read_prior(prior), replies=0.0)

    kept = [row for row in prior.to_pylist() if row["name"] != "fit"]
    assert [row for row in again.to_pylist() if row["name"] != "fit"] == kept


def test_a_quiet_recording_gains_by_the_prior_of_its_channel(prior: pa.Table, make: Make) -> None:
    quiet = make(13, per_minute=8)

    alone = align(quiet.utterances, quiet.chat_events).report
    held = align(quiet.utterances, quiet.chat_events, prior=prior).report

    # Nobody labelled anything: a share that the prior only assumed is not called pinned by it.
    assert held.share.pinned_by in {"default", "estimate"}
    assert alone.fit["kernel_density"] != held.fit["kernel_density"]


def test_a_prior_moves_little_in_one_recording(prior: pa.Table, make: Make) -> None:
    quiet = make(14, per_minute=10)

    held = align(quiet.utterances, quiet.chat_events, prior=prior).report.fit["kernel_density"]

    expected = read_prior(prior).parameters.kernel.density_B
    assert sum(abs(a - b) for a, b in zip(held, expected, strict=True)) * 0.5 < 0.1


def test_random_labels_pin_the_share_of_the_channel(make: Make, label: Make) -> None:
    made = make(11, minutes=30)

    prior = fit_channel([Recording(made.utterances, made.chat_events)], labels=label(made, range(0, 1200, 3)))

    assert read_prior(prior).share == pytest.approx(float((made.parents >= 0).mean()), abs=0.08)


def test_labels_of_other_recordings_calibrate_a_new_one(make: Make, label: Make) -> None:
    known, new = make(11, minutes=30), make(12, minutes=30)
    # Under one id the labels of the one would be taken for the other's, too.
    other = [
        table.set_column(0, table.schema.field(0), pa.array(["fedcba9876543210"] * table.num_rows))
        for table in (new.utterances, new.chat_events)
    ]
    pairs = [(known.utterances, known.chat_events), tuple(other)]
    plain, taught = (fit_channel(pairs, labels=labels) for labels in (None, label(known, range(0, 1200, 3))))

    before, after = (align(*pairs[1], prior=prior).links for prior in (plain, taught))

    def surprise(links: pa.Table) -> float:
        """Mean nats by which probabilities miss whether the link is right."""
        place = {event: row for row, event in enumerate(new.chat_events["event_id"].to_pylist())}
        given = zip(*(links[name].to_pylist() for name in ("event_id", "utterance_id", "probability")), strict=True)
        missed = [
            probability if utterance is not None and new.parents[place[event]] == utterance else 1 - probability
            for event, utterance, probability in given
        ]
        return -sum(math.log(max(share, 1e-3)) for share in missed) / len(missed)

    assert read_prior(plain).calibrator == Calibrator()
    assert read_prior(taught).calibrator != Calibrator()
    assert surprise(after) < surprise(before)


def test_a_prior_written_before_calibrators_bends_nothing(prior: pa.Table) -> None:
    old = prior.filter(pa.array([name != "calibrator" for name in prior["name"].to_pylist()]))

    assert read_prior(old).calibrator == Calibrator()


def test_recordings_that_do_not_belong_together_teach_nothing(make: Make) -> None:
    one, other = make(21), make(22)

    with pytest.raises(NothingToFitError, match="belong together"):
        fit_channel([(one.utterances, other.chat_events)])


def test_empty_recordings_teach_nothing() -> None:
    with pytest.raises(NothingToFitError):
        fit_channel([(UTTERANCES.empty(), CHAT_EVENTS.empty())])


def test_a_prior_with_numbers_missing_is_refused(prior: pa.Table, made: Any) -> None:
    with pytest.raises(ContractError, match="lacks"):
        align(
            made.utterances,
            made.chat_events,
            prior=prior.filter(pa.array([n != "share" for n in prior["name"].to_pylist()])),
        )
