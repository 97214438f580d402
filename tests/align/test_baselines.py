"""Simple rules do what they say."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from dougpt_align import baselines
from dougpt_align.scene import Scene
from dougpt_schema import CHAT_EVENTS, UTTERANCES

type Make = Callable[..., Any]


@pytest.fixture
def scene(new_utterance: Make, new_event: Make) -> Scene:
    speech = UTTERANCES.table(
        [
            new_utterance(0, 0, 2000, "the dragon sleeps"),
            new_utterance(1, 3000, 9000, "a long walk home"),
            new_utterance(2, 10_000, 11_000, "done"),
        ]
    )
    chat = CHAT_EVENTS.table(
        [new_event("a", 5000, "dragon"), new_event("b", 12_000, "walk"), new_event("c", -1000, "early")]
    )
    return baselines.read(speech, chat)


def test_previous_start_and_end_differ_while_somebody_speaks(scene: Scene) -> None:
    assert scene.chat.ids.to_pylist() == ["c", "a", "b"]
    assert baselines.previous_start(scene).tolist() == [-1, 1, 2]
    assert baselines.previous_end(scene).tolist() == [-1, 0, 2]


def test_a_fixed_lag_looks_farther_back(scene: Scene) -> None:
    assert baselines.fixed_lag(scene, 2.0).tolist() == [-1, 0, 1]


def test_the_lexical_rule_follows_shared_words_only(scene: Scene) -> None:
    assert baselines.lexical_best(scene).tolist() == [-1, 0, 1]


def test_the_tuned_lag_is_no_worse_than_any_other(made: Any) -> None:
    scene = baselines.read(made.utterances, made.chat_events)
    tuned, lag_s = baselines.gold_tuned_lag(scene, made.parents)

    hits = [int((baselines.fixed_lag(scene, lag) == made.parents).sum()) for lag in (0.0, 5.0, 10.0)]
    assert int(((tuned == made.parents) & (made.parents >= 0)).sum()) >= max(hits) - int((made.parents < 0).sum())
    assert 0.0 <= lag_s <= 20.0


def test_links_of_a_baseline_are_accepted_where_there_is_one(scene: Scene) -> None:
    links = baselines.as_links(scene, np.array([-1, 0, 2]))

    assert links["accepted"].to_pylist() == [False, True, True]
    assert links["utterance_id"].to_pylist() == [None, 0, 2]


def test_plain_em_finds_the_utterance_that_everybody_answers(new_utterance: Make, new_event: Make) -> None:
    speech = UTTERANCES.table([new_utterance(k, 60_000 * k, 60_000 * k + 2000, f"line {k}") for k in range(20)])
    rng = np.random.default_rng(0)
    at_ms = np.sort(np.r_[242_000 + 6000 + rng.integers(-500, 500, 40), rng.integers(0, 1_200_000, 40)])
    chat = CHAT_EVENTS.table([new_event(f"e{k:03d}", int(at), "so") for k, at in enumerate(at_ms)])
    scene = baselines.read(speech, chat)

    found = baselines.plain_em(scene)

    near = np.abs(scene.chat.at_ms - 248_000) <= 500
    assert (found[near] == 4).mean() > 0.9
    assert (found[~near] < 0).mean() > 0.5


def test_plain_em_of_nothing_is_nothing() -> None:
    assert baselines.plain_em(baselines.read(UTTERANCES.empty(), CHAT_EVENTS.empty())).tolist() == []
