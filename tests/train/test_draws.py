"""Draws are decided by names, follow their rates, and depend on nothing else."""

import pytest
from dougpt_train.draws import keep_by_rate, ranking, uniform
from hypothesis import given
from hypothesis import strategies as st

RATES = st.lists(st.floats(0.001, 1), max_size=12)


@given(names=st.lists(st.text() | st.integers()))
def test_a_draw_lies_strictly_between_0_and_1_and_repeats(names: list[object]) -> None:
    assert 0 < uniform(*names) < 1
    assert uniform(*names) == uniform(*names)


@given(rates=RATES, name=st.text())
def test_a_rate_of_1_always_keeps_and_a_rate_of_0_never(rates: list[float], name: str) -> None:
    assert keep_by_rate([1.0] * len(rates), name) == list(range(len(rates)))
    assert keep_by_rate([0.0] * len(rates), name) == []
    assert set(keep_by_rate(rates, name)) <= set(range(len(rates)))


@given(rates=RATES, name=st.text())
def test_a_ranking_holds_every_position_once(rates: list[float], name: str) -> None:
    assert sorted(ranking(rates, name)) == list(range(len(rates)))


def test_a_reply_is_kept_and_chosen_as_often_as_its_rate_says() -> None:
    rates, tries = [0.2, 0.6, 0.8], 4000

    kept = [keep_by_rate(rates, seed) for seed in range(tries)]
    first = [ranking(rates, seed)[0] for seed in range(tries)]

    for place, rate in enumerate(rates):
        assert sum(place in one for one in kept) / tries == pytest.approx(rate, abs=0.03)
        assert first.count(place) / tries == pytest.approx(rate / sum(rates), abs=0.03)


def test_a_rate_of_0_comes_last() -> None:
    assert all(ranking([0.0, 1e-300, 1.0], seed)[-1] == 0 for seed in range(100))
