"""Settings out of range are refused by name."""

import pytest
from dougpt_eval import EvaluateSettings, GateSettings


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"draws": 10}, "draws is 10, it must be at least 100"),
        ({"candidates": 1}, "candidates is 1"),
        ({"near_duplicate": 0.0}, "near_duplicate is 0.0"),
        ({"baselines": ("bag",)}, "there is no baseline 'bag'; there are characters,"),
    ],
)
def test_a_setting_out_of_range_is_named(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        EvaluateSettings(**wrong)


def test_a_gate_wants_a_chance_and_no_negative_tolerance() -> None:
    with pytest.raises(ValueError, match="alpha is 1"):
        GateSettings(alpha=1)
    with pytest.raises(ValueError, match="the tolerance of mrr_pmi is negative"):
        GateSettings(tolerance={"mrr_pmi": -0.1})
