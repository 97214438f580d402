"""Recordings made for the test, which click at known times, and real speech with the times of its words."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click_files
import pytest
from dougpt_media import Audio, normal, read_audio
from dougpt_schema import WORDS
from pyarrow import Table

MakeClicks = Callable[..., Path]
Gold = list[tuple[int, int, str]]


@pytest.fixture
def make_clicks(tmp_path: Path) -> MakeClicks:
    """Write a file that clicks at .5, 1.5, ... s, by its name, how long it is, and what else `Clicks` says of it."""

    def make(name: str, seconds: float, *, container: str | None = None, **more: Any) -> Path:
        return click_files.write(tmp_path / name, click_files.Clicks(seconds, **more), container=container)

    return make


@pytest.fixture(scope="session")
def click_times() -> Callable[[Audio], list[float]]:
    """The seconds at which a recording clicks."""
    return lambda audio: click_files.click_times(audio.samples, audio.rate_hz)


@pytest.fixture(scope="session")
def speech(real_data: Path) -> Path:
    """The folder of real speech."""
    folder = real_data / "speech"
    if not folder.is_dir():
        pytest.skip("no real speech")
    return folder


@pytest.fixture(scope="session")
def conversation(speech: Path) -> tuple[Audio, Gold]:
    """Spontaneous speech and where a person heard each of its words, in ms."""
    text = (speech / "conversation.TextGrid").read_text(encoding="utf-8")
    tier = text[text.index('"word"') : text.index("item [2]")]
    intervals = re.findall(r'xmin = ([\d.]+)\s+xmax = ([\d.]+)\s+text = "([^"]*)"', tier)
    gold = [
        (round(float(first) * 1000), round(float(last) * 1000), word.strip())
        for first, last, word in intervals
        if word.strip() not in {"", "sil"}
    ]
    return read_audio(speech / "conversation.wav"), gold


@pytest.fixture(scope="session")
def exchange(conversation: tuple[Audio, Gold]) -> tuple[Audio, Gold]:
    """Its first nine seconds."""
    audio, gold = conversation
    return replace(audio, samples=audio.between(0, 9_000)), [word for word in gold if word[1] < 9_000]


@pytest.fixture(scope="session")
def as_cues() -> Callable[[Gold, int], Table]:
    """Words as captions would have them: so many to a cue, whose time is shared out evenly."""

    def cues(gold: Gold, words_a_cue: int) -> Table:
        rows = []
        for first in range(0, len(gold), words_a_cue):
            cue = gold[first : first + words_a_cue]
            start_ms, end_ms = cue[0][0], cue[-1][1]
            for index, (_, _, word) in enumerate(cue):
                rows.append(
                    {
                        "recording_id": "r",
                        "word_id": first + index,
                        "start_ms": start_ms + (end_ms - start_ms) * index // len(cue),
                        "end_ms": start_ms + (end_ms - start_ms) * (index + 1) // len(cue),
                        "text": word,
                        "normal": normal(word),
                        "timing": "interpolated",
                        "segment_id": first // words_a_cue,
                        "flags": [],
                        "source_id": "s",
                    }
                )
        return WORDS.table(rows)

    return cues
