"""What is said comes from words, files and recordings; what chat writes to it comes in time, and by the seed alone."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from dougpt.project import Project
from dougpt.speaking import (
    Habits,
    NothingSaidError,
    Shown,
    answers,
    burst,
    lines_of_file,
    lines_of_recording,
    lines_of_texts,
    live,
    on_time,
)
from dougpt_schema import UTTERANCES, read_table
from hypothesis import given
from hypothesis import strategies as st

LAGS = {0.05: 1000.0, 0.25: 2000.0, 0.5: 3000.0, 0.75: 5000.0, 0.95: 9000.0}
HABITS = Habits("slow", LAGS, {0.05: 1, 0.25: 1, 0.5: 2, 0.75: 3, 0.95: 5})
SPOKEN = st.lists(st.sampled_from(["so chat", "press the red button", "we died"]), min_size=1, max_size=6)


class Chorus:
    """Says two replies that tell the seed and the pace, or nothing."""

    fingerprint = "chorus"

    def __init__(self, size: int = 2) -> None:
        self._size = size

    def logprobs(self, samples: pa.Table) -> list[list[float]]:
        raise NotImplementedError

    def generate(self, samples: pa.Table, seed: int) -> list[list[str]]:
        return [
            [f"{row['prompt']} {row['rate_bucket']} {seed}.{place}" for place in range(self._size)]
            for row in samples.to_pylist()
        ]


@given(texts=SPOKEN, seed=st.integers(0, 99))
def test_live_chat_is_in_the_order_of_time_and_the_same_by_the_seed(texts: list[str], seed: int) -> None:
    lines = lines_of_texts(texts)
    shown = list(live(Chorus(), lines, HABITS, seed))
    assert shown == list(live(Chorus(), lines, HABITS, seed))
    assert [one.text for one in shown if not one.reply] == texts
    assert [one.at_ms for one in shown] == sorted(one.at_ms for one in shown)
    assert len(texts) <= sum(one.reply for one in shown) <= 5 * len(texts)
    ends = [line.end_ms for line in lines]
    for one in shown:
        if one.reply:
            assert any(1000 <= one.at_ms - end_ms <= 9000 for end_ms in ends)


def test_lags_are_those_of_the_profile() -> None:
    (line,) = lines_of_texts(["so"])
    shown = [one for seed in range(300) for one in live(Chorus(), [line], HABITS, seed, count=1) if one.reply]
    lags = sorted(one.at_ms - line.end_ms for one in shown)
    assert (lags[0], lags[-1]) == (1000, 9000)
    assert lags[150] == pytest.approx(3000, abs=500)
    assert lags[225] == pytest.approx(5000, abs=900)


def test_lines_wait_for_their_time_and_late_ones_do_not() -> None:
    waited: list[float] = []
    shown = [Shown(0, "a", reply=False), Shown(4000, "b", reply=True), Shown(4000, "c", reply=True)]
    assert [one.text for one in on_time(shown, 2.0, sleep=waited.append)] == ["a", "b", "c"]
    assert waited == pytest.approx([2.0, 2.0], abs=0.2)
    assert list(on_time(shown, 1e9, sleep=waited.append)) == shown
    waited.clear()
    assert list(on_time(shown, 1.0, 3000, sleep=waited.append)) == shown
    assert waited == pytest.approx([1.0, 1.0], abs=0.2)


def test_a_burst_is_as_long_as_it_is_told_to_be() -> None:
    ((line, (first,)),) = answers(Chorus(), lines_of_texts(["so"]), "fast", seed=3, count=None, bursts=1)
    assert first == ["so fast 3.0", "so fast 3.1"]
    ((_, drawn),) = answers(Chorus(), [line], "fast", seed=3, count=5, bursts=2)
    assert drawn[0] == ["so fast 3.0", "so fast 3.1", "so fast 4.0", "so fast 4.1", "so fast 5.0"]
    assert [len(one) for one in drawn] == [5, 5]
    assert burst(Chorus(0), pa.table({"prompt": ["so"], "rate_bucket": [""]}), 0, 3) == []


def test_context_is_what_was_said_before() -> None:
    lines = lines_of_texts(["a", " ", "b", "c", "d", "e f"], before=["z"])
    assert [line.context for line in lines] == [("z",), ("z", "a"), ("z", "a", "b"), ("a", "b", "c"), ("b", "c", "d")]
    assert lines[-1].end_ms == 6 * 400


def test_a_file_is_read_by_lines_and_an_empty_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "lines.txt"
    path.write_text("so chat\n\nwe died\n", encoding="utf-8")
    assert [line.text for line in lines_of_file(path)] == ["so chat", "we died"]
    path.write_text("\n \n", encoding="utf-8")
    with pytest.raises(NothingSaidError, match=r"lines\.txt: there is no line to answer"):
        lines_of_file(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(NothingSaidError, match="not UTF-8"):
        lines_of_file(path)


def test_a_recording_speaks_its_turns_at_their_times(curated: Path) -> None:
    project = Project.open(curated)
    recording_id = project.select([])[0]
    rows = read_table(project.workspace.staged(recording_id) / "utterances.parquet", UTTERANCES).to_pylist()
    lines = lines_of_recording(project, recording_id, 0, None)
    assert " ".join(line.text for line in lines) == " ".join(row["text"] for row in rows)
    assert lines[-1].end_ms == rows[-1]["end_ms"]
    later = lines_of_recording(project, recording_id, 60_000, 120_000)
    assert 0 < len(later) < len(lines)
    assert later[0].context
    assert all(60_000 <= line.end_ms <= 130_000 for line in later)
    assert {line.end_ms for line in later} <= {line.end_ms for line in lines}
    with pytest.raises(NothingSaidError, match="nothing is said in that stretch"):
        lines_of_recording(project, recording_id, 10**9, None)


def test_habits_are_read_from_the_profile(curated: Path) -> None:
    habits = Habits.of(Project.open(curated))
    assert habits.pace in {"slow", "steady", "fast", "flood"}
    assert list(habits.lag_ms.values()) == sorted(habits.lag_ms.values())
    assert habits.lag_ms[0.5] > 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "say what is to be answered: PROMPT, --file, --recording, one of them"),
        (["so", "--recording", "x"], "PROMPT and --recording are given"),
        (["so", "--file", __file__], "PROMPT and --file are given"),
        (["so", "--live", "--json"], "--live prints one burst"),
        (["so", "--speed", "2"], "--speed is that of --live"),
        (["so", "--from", "1:00"], "--from and --to are times in a --recording"),
        (["--file", __file__, "--context", "hm"], "--context belongs to a PROMPT"),
    ],
)
def test_what_does_not_go_together_is_refused(words: list[str], said: str, curated: Path, run: Any) -> None:
    refused = run("generate", *words, "--workspace", curated)
    assert refused.exit_code == 2
    assert said in " ".join(refused.stderr.split())


def test_a_stretch_of_a_recording_scrolls_on_its_own_clock(curated: Path, run: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("dougpt.commands.generate._model", lambda *_: Chorus())
    recording_id = Project.open(curated).select([])[0]
    words = ("generate", "--recording", recording_id, "--from", "1:00", "--to", "1:40", "--live", "--speed", "1000")
    lines = run(*words, "--workspace", curated).stdout.splitlines()
    assert lines
    assert all(line.startswith(("0:01:", "0:02:")) for line in lines)
