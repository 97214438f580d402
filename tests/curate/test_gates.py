"""Expectations: what fails stops the work unless it is allowed by name, and the card tells of both."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from dougpt_curate import CurateSettings, ExpectSettings, curate, dataset_card, expectations
from dougpt_curate.gates import GateError, UnknownExpectationError, check_names, expectation_table, require
from hypothesis import given
from hypothesis import strategies as st


@pytest.fixture(scope="module")
def made(make_recordings: Callable[..., Any]) -> Any:
    return curate(*make_recordings(["a", "b", "c"], messages=60).tables, CurateSettings(min_confidence=0.1))


def test_a_dataset_as_it_should_be_passes(made: Any) -> None:
    found = expectations(made.report, made.samples, ExpectSettings(), clock_margin=3.0)

    require(found)
    assert {"acceptance", "kept", "duplicates", "leakage", "samples_train", "style_emote", "clock_margin"} <= {
        one.name for one in found
    }


@given(threshold=st.floats(0, 1))
def test_an_expectation_holds_exactly_where_the_number_is_on_its_side(made: Any, threshold: float) -> None:
    links = made.report.links
    share = links["accepted"] / links["total"]
    settings = ExpectSettings(min_acceptance=threshold, max_acceptance=threshold)

    least, most, *_ = expectations(made.report, made.samples, settings)

    assert least.holds == (share >= threshold)
    assert most.holds == (share <= threshold)


def test_what_fails_is_told_with_expected_and_found_and_how_to_allow_it(made: Any) -> None:
    strict = ExpectSettings(min_samples={"train": 10_000}, max_style_share={"emote": 0.0})

    found = expectations(made.report, made.samples, strict)

    with pytest.raises(
        GateError, match=r"samples_train is \d+, expected at least 10000.*--allow samples_train"
    ) as error:
        require(found)
    assert error.value.exit_code == 3
    table = expectation_table(found)
    assert "samples_train" in table
    assert table.count("FAILS") == 2
    require(expectations(made.report, made.samples, strict, allow=("samples_train", "style_emote")))


def test_the_card_tells_what_was_allowed(made: Any) -> None:
    strict = ExpectSettings(min_samples={"train": 10_000})
    found = expectations(made.report, made.samples, strict, allow=["samples_train"])

    card = dataset_card(made.report, "d", suite=3, expectations=found)

    assert "Allowed by a person although it fails**: samples_train is" in card
    assert "suite 3" in card


def test_a_name_that_is_no_expectation_cannot_be_allowed() -> None:
    with pytest.raises(UnknownExpectationError, match="'everything' to allow; there are acceptance"):
        check_names(["everything"], ExpectSettings())


def test_leaks_are_counted_by_a_look_at_the_samples_themselves(make_dialogue: Callable[..., Any]) -> None:
    prompt = "so we open the wooden door and hope that the snail is not at home"
    parts = [make_dialogue([prompt], [["rip"]], recording=name).tables for name in "ab"]
    together = [
        one.__class__.from_batches([*one.to_batches(), *two.to_batches()]) for one, two in zip(*parts, strict=True)
    ]
    blind = CurateSettings(leak_similarity=0)

    found = curate(*together, blind, holdout={"a": "test", "b": "train"})
    seen = curate(*together, replace(blind, leak_similarity=0.7), holdout={"a": "test", "b": "train"})

    def leakage(one: Any) -> float:
        return next(e.found for e in expectations(one.report, one.samples, ExpectSettings()) if e.name == "leakage")

    assert leakage(found) == 1
    assert leakage(seen) == 0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"min_kept": 2.0}, "min_kept is 2.0"),
        ({"min_samples": {"exam": 1}}, "the split 'exam'"),
        ({"max_style_share": {"poem": 0.5}}, "the style 'poem'"),
    ],
)
def test_thresholds_without_meaning_are_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ExpectSettings(**wrong)
