"""`dougpt forget` is killed again and again: when it is run once more, nothing is left that should have gone.

People are forgotten, one after the other, in two workspaces, in one of which nobody is killed. Most kills come while
something is being removed, some before. Now and then the next person's turn comes before the killed one is finished.
Afterwards every file is the same in both, and the pipeline makes the same of them.
"""

import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random

import tiny
from campaign import GIVE_UP_S, calm, differences, pipeline
from kill_pipeline import dougpt

EARLY, AT_ONCE = 0.2, 0.3
"""The share of kills before anything is written down, and of those after which somebody else's turn comes."""
LOOK_S = 0.0005
TRIES = 5
CUT_SHORT = "was cut short before it removed anything"


@dataclass(frozen=True)
class Pace:
    """How long undisturbed ones took at most: until it was written down that there is something to do, and to do it."""

    start_s: float
    work_s: float


def kill_and_compare(folder: Path, kills: int, seed: int) -> list[str]:
    """Return what went wrong when `dougpt forget` was killed so often, nothing where all is well."""
    undisturbed, rng = calm(folder.parent), Random(seed)  # noqa: S311 - moments and people, not secrets
    quiet, killed = (Path(shutil.copytree(undisturbed.place, folder / name)) for name in ("quiet", "killed"))
    people = [f"viewer{number}" for number in rng.sample(range(tiny.VIEWERS), min(max(kills, 2), tiny.VIEWERS - 2))]
    paces = [_undisturbed(quiet, person) for person in people]
    pace = Pace(max(one.start_s for one in paces), max(one.work_s for one in paces))
    problems = _through_kills(killed, people, kills, rng, pace)
    problems += differences(quiet, killed)
    problems += [f"{path}: left behind" for path in killed.rglob("*.partial")]
    for place in (quiet, killed):
        after = pipeline(place)
        if after.returncode:
            problems.append(f"the pipeline afterwards ended with {after.returncode}: {after.stderr[-300:]}")
    return [*problems, *differences(quiet, killed)]


def _start(place: Path, person: str) -> "subprocess.Popen[str]":
    words = ["forget", person, "--workspace", str(place)]
    return subprocess.Popen([*dougpt(), *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def _journal(place: Path) -> Path:
    return place / "secret" / "forgetting.json"


def _wait_for(place: Path, process: "subprocess.Popen[str]", *, there: bool = True) -> None:
    """Wait until it is written down that there is something to do, or no longer, or the process is over."""
    while process.poll() is None and _journal(place).exists() != there:
        time.sleep(LOOK_S)


def _undisturbed(place: Path, person: str) -> Pace:
    began, process = time.monotonic(), _start(place, person)
    _wait_for(place, process)
    written = time.monotonic()
    _wait_for(place, process, there=False)
    worked_s = time.monotonic() - written
    _, told = process.communicate(timeout=GIVE_UP_S)
    if process.returncode:
        raise RuntimeError(f"the undisturbed forgetting failed: {told}")
    return Pace(written - began, worked_s)


def _through_kills(place: Path, people: list[str], kills: int, rng: Random, pace: Pace) -> list[str]:
    """Forget all, killed so often on the way; return what else went wrong."""
    problems: list[str] = []
    halfway = 0
    for number, person in enumerate(people):
        for _ in range(kills // len(people) + (number < kills % len(people))):
            _kill(place, person, rng, pace)
            halfway += _journal(place).exists()
        following = people[number + 1 : number + 2]
        if following and _journal(place).exists() and rng.random() < AT_ONCE:
            problems += _forget(place, following[0], may_refuse=True)
        problems += _forget(place, person, may_refuse=False)
    print(f"{halfway} of {kills} kills left something to finish", file=sys.stderr)  # noqa: T201
    return problems


def _kill(place: Path, person: str, rng: Random, pace: Pace) -> None:
    """Kill a forgetting at a random moment; one that was done before is begun again."""
    for _ in range(TRIES):
        process, early, share = _start(place, person), rng.random() < EARLY, rng.random()
        if early:
            time.sleep(share * pace.start_s)
        else:
            _wait_for(place, process)
            time.sleep(share * pace.work_s)
        process.kill()
        process.communicate(timeout=GIVE_UP_S)
        if process.returncode == -signal.SIGKILL:
            return


def _forget(place: Path, person: str, *, may_refuse: bool) -> list[str]:
    process = _start(place, person)
    _, told = process.communicate(timeout=GIVE_UP_S)
    if process.returncode == 0 or (may_refuse and process.returncode == 1 and CUT_SHORT in told):
        return []
    return [f"forgetting {person} after a kill ended with {process.returncode}: {told[-300:]}"]
