"""The IRC benchmark reads both kinds of logs, and reaches on people's annotations what its page says."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "irc.py"
DATA = Path(__file__).parents[2] / ".." / "shared" / "data" / "irc"


@pytest.fixture(scope="module")
def irc() -> ModuleType:
    spec = importlib.util.spec_from_file_location("irc_benchmark", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["irc_benchmark"] = module
    spec.loader.exec_module(module)
    return module


def test_minutes_and_seconds_joins_and_actions_are_read(irc: ModuleType, tmp_path: Path) -> None:
    context = "[23:58] <ann> hello\n" * 1000
    (tmp_path / "a.ascii.txt").write_text(context + "=== bob has joined #x\n[23:59] <bob> hi\n[00:01] * ann waves\n")
    (tmp_path / "a.annotation.txt").write_text("999 1001 - \n1001 1002 - \n1000 1000 -\n3 4 -\n")
    (tmp_path / "b.ascii.txt").write_text("rust 2018-12-27 [07:42:04] <cy> so \n" * 1001)
    (tmp_path / "b.annotation.txt").write_text("1000 1000 -\n")

    logs = irc.read_logs(tmp_path)

    assert logs.gold == {(0, 1001, 999), (0, 1002, 1001), (0, 1000, 1000), (1, 1000, 1000)}
    assert (0, 1000) not in logs.row_of
    seconds = logs.messages.time_s_N
    assert seconds[logs.row_of[0, 1002]] - seconds[logs.row_of[0, 1001]] == 120
    assert irc.previous(logs) == {(0, 1000, 1000), (0, 1001, 999), (0, 1002, 1001), (1, 1000, 999)}
    assert logs.share({0}) == 1.0
    assert logs.share({1}) == 0.0


@pytest.mark.slow
@pytest.mark.skipif(not DATA.is_dir(), reason="people's annotations of IRC are not here (../shared/data/irc)")
def test_attribution_without_labels_beats_the_previous_message(irc: ModuleType) -> None:
    logs = irc.read_logs(DATA / "dev")
    link, _ = irc.unsupervised(logs, lambda _: 0.87)

    def f1(given: set[tuple[int, int, int]]) -> float:
        return float(2 * len(given & logs.gold) / (len(given) + len(logs.gold)))

    assert f1(irc.previous(logs)) == pytest.approx(0.303, abs=0.001)
    assert f1(irc.answers(logs, link)[0]) > 0.55
