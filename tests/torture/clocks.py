"""A clock that is wrong, or jumps: no time of day and no time of a file decides anything."""

import os
import random
import shutil
from pathlib import Path

from campaign import Asked, Calm, Outcome, calm, differences, pipeline
from kill_pipeline import make_workspace

YEARS_S = 365 * 86_400
LIBRARIES = ("/usr/lib/*/faketime/libfaketimeMT.so.1", "/usr/lib/faketime/libfaketimeMT.so.1")
"""Where Debian's libfaketime lies; without it the clock of processes is left alone."""


def run(asked: Asked) -> Outcome:
    """Try wrong times of files and wrong clocks by turns."""
    outcome, undisturbed = Outcome(), calm(asked.folder)
    library = next((str(path) for name in LIBRARIES for path in Path("/").glob(name[1:])), None)
    for number in range(asked.first, asked.first + asked.count):
        rng = random.Random(f"{asked.seed}:{number}")  # noqa: S311 - times, not secrets
        place = asked.folder / f"clock-{number}"
        if number % 2 == 0 or library is None:
            ending, problems = "times of files changed", _touched(undisturbed, place, rng)
        else:
            ending, problems = "clock changed", _shifted(undisturbed, place, rng, library)
        outcome.add(ending, [f"case {number} of seed {asked.seed}: {problem}" for problem in problems])
        shutil.rmtree(place, ignore_errors=True)
    if library is None:
        outcome.endings["clock not changed, for want of libfaketime"] = 1
    return outcome


def _touched(undisturbed: Calm, place: Path, rng: random.Random) -> list[str]:
    """Give every file of a finished workspace another time; nothing is to be done."""
    shutil.copytree(undisturbed.place, place)
    for path in sorted(place.rglob("*")):
        at_s = rng.uniform(0, 80 * YEARS_S)
        os.utime(path, (at_s, at_s))
    done = pipeline(place)
    if done.returncode or "nothing to do" not in done.stderr:
        return [f"it found something to do: {done.stderr[-300:]}"]
    return differences(undisturbed.place, place)


def _shifted(undisturbed: Calm, place: Path, rng: random.Random, library: str) -> list[str]:
    """Run half by one clock and the rest by another, years apart; the bytes are the same."""
    make_workspace(place)
    clocks = [f"{rng.randrange(-20, 40)}y" for _ in range(2)]
    halves = [(undisturbed.recordings / "stream-0", "align"), (undisturbed.recordings, "curate")]
    for clock, (recordings, until) in zip(clocks, halves, strict=True):
        wrong = {"LD_PRELOAD": library, "FAKETIME": f"+{clock}".replace("+-", "-"), "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        done = pipeline(place, recordings, environment=wrong, until=until)
        if done.returncode:
            return [f"by a clock that is {clock} off it ends with {done.returncode}: {done.stderr[-300:]}"]
    return differences(undisturbed.place, place)
