"""Few recordings are divided in time: the splits lie apart by the embargo, and nothing is lost without a reason."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from dougpt_curate import CurateSettings, curate, dataset_card
from dougpt_curate.blocks import cut_recordings
from hypothesis import given
from hypothesis import strategies as st

ORDER = ("train", "validation", "test")


@given(
    end_ms=st.integers(0, 40_000_000),
    embargo_s=st.floats(0, 600),
    shares=st.tuples(st.floats(0, 0.4), st.floats(0, 0.4)),
)
def test_blocks_follow_one_another_with_the_embargo_between(
    end_ms: int, embargo_s: float, shares: tuple[float, float]
) -> None:
    settings = CurateSettings(embargo_s=embargo_s, context_s=0, test_share=shares[0], validation_share=shares[1])

    cuts = cut_recordings({"r": end_ms}, settings)

    if cuts:
        blocks = [cuts["r"][name] for name in ORDER if name in cuts["r"]]
        assert blocks[0][0] == 0
        assert blocks[-1][1] == end_ms
        assert blocks[0][1] >= 0.5 * end_ms
        for (_, until), (since, _) in pairwise(blocks):
            assert since - until == round(1000 * embargo_s)


@pytest.fixture(scope="module")
def stream(make_dialogue: Callable[..., Any]) -> Any:
    turns = 200
    return make_dialogue(
        [f"turn number {n} of this stream" for n in range(turns)], [[f"reply {n}"] for n in range(turns)]
    )


def test_one_long_recording_has_every_split_and_the_card_says_how(stream: Any) -> None:
    made = curate(*stream.tables, CurateSettings(near_similarity=0, leak_similarity=0))

    rows = made.samples.to_pylist()
    spans = {
        split: (
            min(row["start_ms"] for row in rows if row["split"] == split),
            max(row["end_ms"] for row in rows if row["split"] == split),
        )
        for split in ORDER
    }
    assert spans["validation"][0] - spans["train"][1] >= 120_000
    assert spans["test"][0] - spans["validation"][1] >= 120_000
    assert made.report.turns["rejected"]["embargo"] == made.report.replies["rejected"]["turn_rejected"]
    assert len(rows) + made.report.turns["rejected"]["embargo"] == 200
    card = dataset_card(made.report)
    assert "blocks of time" in card
    assert "within 120 s of another split" in card


def test_blocks_that_were_frozen_stay_where_they_are(stream: Any) -> None:
    blocks = {"r": {"train": [0, 1_000_000], "test": [2_000_000, 3_000_000]}}

    made = curate(*stream.tables, holdout={"r": "blocks"}, blocks=blocks)

    starts = {row["split"]: row["start_ms"] for row in made.samples.to_pylist()}
    assert set(starts) == {"train", "test"}
    assert made.report.blocks == blocks
    assert all(
        row["end_ms"] <= 1_000_000 or 2_000_000 <= row["start_ms"] < row["end_ms"] <= 3_000_000
        for row in made.samples.to_pylist()
    )


def test_the_profile_of_a_divided_recording_is_of_its_training_block(stream: Any) -> None:
    made = curate(*stream.tables)

    trained = sum(row["split"] == "train" for row in made.samples.to_pylist())
    counts = {row["key"]: row["value"] for row in made.profile.to_pylist() if row["name"] == "count"}
    assert counts["samples"] == trained


def test_recordings_too_short_to_be_cut_are_divided_whole_and_stay_so(make_recordings: Callable[..., Any]) -> None:
    short = make_recordings(("a", "b", "c"), 3)
    first, second, third = sorted(set(short.utterances["recording_id"].to_pylist()))
    oldest_first = dict.fromkeys((second, third, first), "blocks")

    made = curate(*short.tables, holdout=oldest_first)
    again = curate(*short.tables, holdout=made.report.holdout, blocks=made.report.blocks)

    splits = {row["recording_id"]: row["split"] for row in made.samples.to_pylist()}
    assert splits == {first: "test", second: "train", third: "train"}
    assert made.report.holdout == oldest_first
    assert "By recording" in dataset_card(made.report)
    assert not made.report.warnings
    assert again.samples.equals(made.samples)
    assert again.report == made.report
