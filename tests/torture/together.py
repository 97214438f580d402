"""Two commands at work in one workspace at once: one does it, the other waits or refuses, and nothing is corrupted."""

import random
import shutil
import subprocess
import time
from pathlib import Path

from campaign import GIVE_UP_S, Asked, Outcome, calm, differences, told_well
from kill_pipeline import dougpt, make_workspace, pipeline

OTHERS = (
    ("pipeline", "--yes", "--until", "curate", "--cores", "2"),
    ("align",),
    ("curate",),
    ("forget", "nobody_of_this_name"),
)
BUSY = "another dougpt is at work here"


def run(asked: Asked) -> Outcome:
    """Start a pipeline, and at a random moment a second one or another command that writes."""
    outcome, undisturbed = Outcome(), calm(asked.folder)
    for number in range(asked.first, asked.first + asked.count):
        rng = random.Random(f"{asked.seed}:{number}")  # noqa: S311 - moments, not secrets
        place = make_workspace(asked.folder / f"two-{number}")
        other = OTHERS[0 if number % 2 == 0 else rng.randrange(len(OTHERS))]
        problems, ending = _both(place, undisturbed.recordings, other, rng.uniform(0, 12) * (number % 3 > 0))
        done = _pipeline(place, undisturbed.recordings)
        if done.returncode:
            problems.append(f"the run after both ends with {done.returncode}: {done.stderr[-300:]}")
        if other[0] != "forget" or "refused" in ending:  # who is forgotten is in the recipes, be it nobody
            problems += differences(undisturbed.place, place)
        elif "nothing to do" not in (last := _pipeline(place, undisturbed.recordings)).stderr:
            problems.append(f"the run after that one still found something to do: {last.stderr[-300:]}")
        outcome.add(
            ending, [f"case {number} of seed {asked.seed}, {' '.join(other)}: {problem}" for problem in problems]
        )
        shutil.rmtree(place)
    return outcome


def _pipeline(place: Path, recordings: Path) -> "subprocess.CompletedProcess[str]":
    command = pipeline(place, [recordings], "curate")
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=GIVE_UP_S)


def _both(place: Path, recordings: Path, other: tuple[str, ...], after_s: float) -> tuple[list[str], str]:
    commands = [pipeline(place, [recordings], "curate"), [*dougpt(), *other, "--workspace", str(place)]]
    if other[0] == "pipeline":
        commands[1].insert(len(dougpt()) + 1, str(recordings))
    running = []
    for command in commands:
        running.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        time.sleep(after_s if len(running) == 1 else 0)
    ended = [
        subprocess.CompletedProcess(process.args, process.wait(timeout=GIVE_UP_S), "", told)
        for process in running
        for _, told in [process.communicate()]
    ]
    refused = [done for done in ended if BUSY in done.stderr]
    problems = [line for done in refused for line in told_well(done)]
    if len(refused) > 1:
        problems.append("both refused")
    problems += [
        f"a traceback: {done.stderr.strip().splitlines()[-1]}"
        for done in ended
        if done not in refused and "Traceback" in done.stderr
    ]
    first, second = ended
    if second.returncode and second not in refused:
        problems += told_well(second)
    if first not in refused and first.returncode:
        problems.append(f"the pipeline ended with {first.returncode}: {first.stderr[-300:]}")
    return problems, "the second refused" if second in refused else "the first refused" if refused else "one by one"
