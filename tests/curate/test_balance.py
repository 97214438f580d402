"""Weights thin what is too much, leave the rest whole, and draws depend on seed and names alone."""

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from dougpt_curate import CurateSettings, curate, draw
from dougpt_curate.balance import weights
from hypothesis import given, settings
from hypothesis import strategies as st

STYLES = ["emote", "plain", "answer", "spam"]


def replies(styles: list[str], authors: list[str | None] | None = None, recording: str = "r") -> pl.DataFrame:
    authors = authors or [f"author-{row}" for row in range(len(styles))]
    return pl.DataFrame(
        {"recording_id": [recording] * len(styles), "style": styles, "author": authors},
        schema={"recording_id": pl.String, "style": pl.String, "author": pl.String},
    )


@given(
    st.lists(st.sampled_from(STYLES), max_size=60),
    st.lists(st.none() | st.sampled_from("abc"), min_size=60, max_size=60),
)
def test_a_weight_is_a_rate(styles: list[str], authors: list[str | None]) -> None:
    found = weights(replies(styles, authors[: len(styles)]), CurateSettings())

    assert found.is_between(0.0199, 1).all()


def test_a_style_that_takes_over_is_thinned_towards_its_target() -> None:
    rows = replies(["emote"] * 900 + ["plain"] * 100)

    balanced = rows.with_columns(weights(rows, CurateSettings(balance_prior=0)))

    sums = dict(balanced.group_by("style").agg(pl.col("weight").sum()).rows())
    assert sums["plain"] == 100
    assert sums["emote"] == pytest.approx(160, abs=1)


def test_a_short_recording_is_hardly_thinned() -> None:
    assert weights(replies(["emote"] * 3), CurateSettings()).min() > 0.55


def test_a_chatter_who_writes_half_of_everything_is_thinned() -> None:
    authors = ["talkative"] * 50 + [f"author-{row}" for row in range(50)]

    found = weights(replies(["plain"] * 100, list(authors)), CurateSettings(target_mix={"plain": 1.0}))

    assert found[:50].to_list() == pytest.approx([0.2] * 50)
    assert found[50:].to_list() == [1.0] * 50


def test_authors_that_are_not_known_are_not_one_person() -> None:
    found = weights(replies(["plain"] * 100, [None] * 100), CurateSettings(target_mix={"plain": 1.0}))

    assert found.to_list() == [1.0] * 100


def test_a_recording_is_balanced_alone() -> None:
    one, two = replies(["emote"] * 30 + ["plain"] * 10), replies(["spam"] * 50, recording="s")

    together = weights(pl.concat([one, two]), CurateSettings())

    assert together[:40].equals(weights(one, CurateSettings()))


@given(seed=st.integers(0, 10))
@settings(max_examples=5, deadline=None)
def test_a_draw_is_decided_by_its_seed_and_epoch(make_recordings: Callable[..., Any], seed: int) -> None:
    samples = curate(*make_recordings(["a", "b"], seed, messages=80).tables).samples

    assert draw(samples, seed, 1).equals(draw(samples, seed, 1))
    backwards = samples.take(list(range(samples.num_rows))[::-1])
    assert draw(samples, seed, 1).sort("sample_id").equals(draw(backwards, seed, 1).sort("sample_id"))


def test_a_reply_is_drawn_about_as_often_as_its_weight(make_dialogue: Callable[..., Any]) -> None:
    samples = curate(*make_dialogue(["hello"], [["LUL hi", "aaaaaaa"]]).tables).samples
    rates = {reply["event_id"]: reply["weight"] for reply in samples["responses"][0].as_py()}
    drawn = dict.fromkeys(rates, 0)

    for epoch in range(400):
        for row in draw(samples, 0, epoch)["responses"].to_list():
            for reply in row:
                drawn[reply["event_id"]] += 1

    for name, rate in rates.items():
        assert drawn[name] / 400 == pytest.approx(rate, abs=0.1)
    assert min(rates.values()) < 1
