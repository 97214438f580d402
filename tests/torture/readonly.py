"""Folders that may only be read: recordings need no more than that, and a workspace says in one line that it does.

As root the commands run without root's right to write everywhere, as anybody's do.
"""

import os
import random
import shutil
import stat
from pathlib import Path

from campaign import Asked, Outcome, calm, differences, pipeline, told_well
from kill_pipeline import make_workspace

AS_ANYBODY = ["setpriv", "--inh-caps=-all", "--bounding-set=-all"]
INSIDE = ("raw", "staged", "staged/{}", "curated", "labels", "secret", ".dougpt", ".")


def run(asked: Asked) -> Outcome:
    """Lock the folder of recordings, then one folder of the workspace after the other."""
    outcome, undisturbed = Outcome(), calm(asked.folder)
    before = AS_ANYBODY if os.geteuid() == 0 else []
    for number in range(asked.first, asked.first + asked.count):
        rng = random.Random(f"{asked.seed}:{number}")  # noqa: S311 - places, not secrets
        place = asked.folder / f"locked-{number}"
        if number % 2 == 0:
            inside = shutil.copytree(undisturbed.recordings, asked.folder / f"in-{number}")
            make_workspace(place)
            with_lock(inside, on=True)
            done = pipeline(place, inside, before=before)
            problems = differences(undisturbed.place, place) if done.returncode == 0 else [done.stderr[-300:]]
            ending = "recordings locked"
            with_lock(inside, on=False)
        else:
            shutil.copytree(undisturbed.place, place)
            settings = place / "dougpt.toml"
            settings.write_text(settings.read_text().replace("# pause_ms = 700", "pause_ms = 600"))
            one = rng.choice(sorted(path.name for path in (place / "staged").iterdir() if path.name != "channels"))
            name = rng.choice(INSIDE).format(one)
            with_lock(place / name, on=True)
            done = pipeline(place, before=before)
            ending = f"{name.partition('/')[0]} locked: {'refused' if done.returncode else 'not needed'}"
            problems = told_well(done) if done.returncode else []
            with_lock(place / name, on=False)
            problems += _goes_on(place, was_refused=done.returncode != 0)
        outcome.add(ending, [f"case {number} of seed {asked.seed}, {ending}: {problem}" for problem in problems])
        shutil.rmtree(place)
    return outcome


def _goes_on(place: Path, *, was_refused: bool) -> list[str]:
    """With the lock off, what was refused is done now, and what was said to be done is done."""
    if was_refused and (again := pipeline(place)).returncode:
        return [f"with the lock off it ends with {again.returncode}: {again.stderr[-300:]}"]
    last = pipeline(place)
    return [] if "nothing to do" in last.stderr else [f"it still found something to do: {last.stderr[-300:]}"]


def with_lock(folder: Path, *, on: bool) -> None:
    """Take away, or give back, the right to write below a folder."""
    for path in (folder, *sorted(folder.rglob("*"))):
        mode = path.stat().st_mode
        path.chmod(mode & ~0o222 if on else mode | stat.S_IWUSR)
