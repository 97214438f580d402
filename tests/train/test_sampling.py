"""Tokens are drawn as often as the model says, from the likeliest ones only."""

import pytest
import torch
from dougpt_train.sampling import _draw

MASSES = (0.5, 0.3, 0.15, 0.05)
DRAWS = (torch.arange(10_000, dtype=torch.float64) + 0.5) / 10_000


def drawn_shares(top_p: float) -> list[float]:
    logits = torch.tensor(MASSES, dtype=torch.float64).log().flip(0).expand(len(DRAWS), -1)
    tokens = torch.tensor(_draw(logits, DRAWS, top_p))
    return [float((tokens == len(MASSES) - 1 - place).double().mean()) for place in range(len(MASSES))]


def test_draws_follow_the_probabilities() -> None:
    assert drawn_shares(1.0) == pytest.approx(MASSES, abs=2e-4)


def test_unlikely_tokens_are_left_out_and_the_rest_shares_their_mass() -> None:
    assert drawn_shares(0.9) == pytest.approx([0.5 / 0.95, 0.3 / 0.95, 0.15 / 0.95, 0], abs=2e-4)
    assert drawn_shares(0.01) == pytest.approx([1, 0, 0, 0])
