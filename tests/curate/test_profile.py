"""The profile describes the replies that were kept."""

from collections.abc import Callable
from typing import Any

import pytest
from dougpt_curate import CurateSettings, curate


def profile(made: Any, settings: CurateSettings | None = None) -> dict[tuple[str, str], float]:
    rows = curate(*made.tables, settings).profile.to_pylist()
    return {(row["name"], row["key"]): row["value"] for row in rows}


def test_lengths_lags_and_emotes_are_those_of_the_replies(make_dialogue: Callable[..., Any]) -> None:
    emote = {"name": "LUL", "id": None, "start": 0, "end": 3}
    made = make_dialogue(["one", "two"], [["abcd", {"text": "LUL", "emotes": [emote]}], ["OK THEN", "ok ok", "ok  ok"]])

    found = profile(made)

    assert found["replies_per_turn", "mean"] == 2
    assert found["characters", "p50"] == 4.5
    assert found["words", "mean"] == 1.5
    assert found["lag_ms", "p05"] == pytest.approx(3000, abs=200)
    assert found["emote", "LUL"] == 0.25
    assert found["share", "emote_only"] == 0.25
    assert found["share", "capitals"] == 0.5
    assert found["share", "repeated"] == 0.25
    assert found["style", "emote"] == 0.2
    assert found["count", "messages"] == 5
    assert found["rate", "slow"] == 1


def test_shares_of_styles_add_up_to_one(make_recordings: Callable[..., Any]) -> None:
    found = profile(make_recordings(["a"], messages=80))

    assert sum(value for (name, _), value in found.items() if name == "style") == pytest.approx(1, abs=1e-3)


def test_the_channel_is_that_of_the_settings(make_dialogue: Callable[..., Any]) -> None:
    table = curate(*make_dialogue(["a"], [["b"]]).tables, CurateSettings(channel="somebody")).profile

    assert set(table["channel"].to_pylist()) == {"somebody"}
