"""Kills at random moments: what was started again must come to the same bytes, and leave nothing behind."""

from collections.abc import Callable
from pathlib import Path

from campaign import Asked, Outcome
from kill_pipeline import kill_and_compare

ROUND = 10
"""Kills of one workspace before it is compared; a round is made from the seed and its number alone."""


def _pipeline(folder: Path, kills: int, seed: int) -> list[str]:
    return kill_and_compare(folder, [], kills, seed, "evaluate")


TARGETS: dict[str, Callable[[Path, int, int], list[str]]] = {"pipeline": _pipeline}
"""What is killed, by turns. A target takes a folder, a number of kills and a seed, and returns what went wrong."""


def run(asked: Asked) -> Outcome:
    """Kill as often as asked, in rounds; `first` is a kill's number and is rounded down to its round."""
    outcome, names = Outcome(), sorted(TARGETS)
    start = asked.first // ROUND
    for number, begun in enumerate(range(0, asked.count, ROUND), start=start):
        name, kills = names[number % len(names)], min(ROUND, asked.count - begun)
        folder = asked.folder / f"kills-{number}"
        folder.mkdir(parents=True)
        problems = TARGETS[name](folder, kills, asked.seed * 1000 + number)
        outcome.endings[f"{name} killed"] += kills
        outcome.failures += [f"round {number} of seed {asked.seed} ({name}): {problem}" for problem in problems]
    return outcome
