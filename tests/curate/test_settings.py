"""Settings are checked where they are made, and importing them loads nothing heavy."""

import subprocess
import sys
from dataclasses import fields
from typing import Any

import dougpt_curate
import pytest
from dougpt_curate import CurateSettings, Style


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"min_confidence": 1.5}, "min_confidence is 1.5"),
        ({"context_s": -1}, "context_s is -1"),
        ({"context_s": float("nan")}, "context_s is nan"),
        ({"min_weight": 0}, "min_weight"),
        ({"slow_below": 100}, "do not rise"),
        ({"copypasta_multiplicity": 1}, "at least 2"),
        ({"test_share": 0.6, "validation_share": 0.4}, "leave nothing to train on"),
        ({"target_mix": {"jokes": 1.0}}, "'jokes'; there are command"),
        ({"target_mix": {"plain": 0.5}}, "do not add up to 1"),
    ],
)
def test_settings_without_meaning_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CurateSettings(**settings)


def test_every_setting_says_what_it_does() -> None:
    assert all(field.metadata["help"] for field in fields(CurateSettings))


def test_the_target_mix_knows_every_style() -> None:
    assert set(CurateSettings().target_mix) == set(Style)


def test_settings_load_without_the_tables() -> None:
    code = "import sys, dougpt_curate.settings; sys.exit('polars' in sys.modules or 'pyarrow' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_public_names_are_there_and_others_are_not() -> None:
    for _ in range(2):
        assert all(callable(getattr(dougpt_curate, name)) for name in dougpt_curate.__all__)
    with pytest.raises(AttributeError, match="no attribute 'anything'"):
        _ = dougpt_curate.anything
