"""Real speech and a real chat that do not belong together go through as one recording, and nearly nothing is linked."""

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pocketsphinx")

MOST_ACCEPTED_SHARE = 0.02


def test_strangers_put_together_are_not_linked(real_data: Path, tmp_path: Path, run: Any) -> None:
    files = [real_data / "speech" / "conversation.wav", real_data / "chat" / "twitch-v5-highlight.json"]
    place = tmp_path / "w"
    run("init", place)
    (place / "dougpt.toml").write_text('[speech]\nengine = "pocketsphinx"\n')

    assert run("ingest", *files, "--id", "1087079172", "--platform", "twitch", "--yes", "-w", place).exit_code == 0
    heard = run("transcribe", "--workspace", place)
    assert heard.exit_code == 0
    assert "WARNING: words of conversation.wav come from pocketsphinx's own recognition" in heard.stderr
    assert not list(place.glob("staged/*/.partial")), "finished chunks are kept for a killed run alone"
    for stage in ("chat", "align"):
        assert run(stage, "--workspace", place).exit_code == 0

    report = json.loads(next(place.glob("staged/*/report_align.json")).read_text())["report"]
    assert report["events"] > 3000
    assert report["accepted"] <= MOST_ACCEPTED_SHARE * report["events"]
    assert "no_speech_in_window" in report["reasons"] or "unrelated" in report["reasons"]
