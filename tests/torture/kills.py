"""Kills at random moments: what was started again must come to the same bytes, and leave nothing behind."""

import shutil
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import forgettings
import sittings
import tiny
from campaign import Asked, Outcome
from kill_pipeline import kill_beside, make_workspace
from kill_pipeline import run as run_pipeline

ROUND = 10
"""The most kills of one workspace before it is compared; a round is made from the seed and its number alone."""
UNTIL = "evaluate"


@cache
def _undisturbed(folder: Path) -> tuple[list[Path], Path, float]:
    """Return recordings, the workspace of a run over all stages that nobody disturbed, and how long it took."""
    recordings = tiny.make_recordings(folder / "in", 4, minutes=4)
    place = make_workspace(folder / "calm")
    began = time.monotonic()
    if run_pipeline(place, recordings, UNTIL).returncode:
        raise RuntimeError("the undisturbed run failed")
    return recordings, place, time.monotonic() - began


def _pipeline(folder: Path, kills: int, seed: int) -> list[str]:
    recordings, place, took_s = _undisturbed(folder.parent / "all-stages")
    return kill_beside(place, folder / "killed", recordings, kills, seed, until=UNTIL, took_s=took_s)


TARGETS: dict[str, Callable[[Path, int, int], list[str]]] = {
    "forget": forgettings.kill_and_compare,
    "pipeline": _pipeline,
    "review": sittings.kill_and_compare,
}
"""What is killed, by turns. A target takes a folder, a number of kills and a seed, and returns what went wrong."""


def run(asked: Asked) -> Outcome:
    """Kill as often as asked, in rounds; `first` is a kill's number and is rounded down to its round."""
    outcome, names = Outcome(), sorted(TARGETS)
    size = max(1, min(ROUND, asked.count // len(names)))
    start = asked.first // size
    for number, begun in enumerate(range(0, asked.count, size), start=start):
        name, kills = names[number % len(names)], min(size, asked.count - begun)
        folder = asked.folder / f"kills-{number}"
        folder.mkdir(parents=True)
        began = time.monotonic()
        problems = TARGETS[name](folder, kills, asked.seed * 1000 + number)
        outcome.endings[f"{name} killed"] += kills
        outcome.failures += [f"round {number} of seed {asked.seed} ({name}): {problem}" for problem in problems]
        took_s = time.monotonic() - began
        told = f"round {number} ({name}): {kills} kills in {took_s:.0f} s, {len(problems)} failures"
        print(f"{told}; go on with --first {(number + 1) * size}", file=sys.stderr, flush=True)  # noqa: T201 - how to go on
        if not problems:
            shutil.rmtree(folder)
    return outcome
