"""A disk that fills up: one line says so, and with room again the same bytes come out.

As root on Linux the workspace lies on a small file system in memory; elsewhere no file may grow past a limit, which
fails at the same writes with another reason.
"""

import errno
import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from campaign import Asked, Outcome, calm, differences, pipeline, told_well
from kill_pipeline import make_workspace

SMALLEST_KB, ROOM_KB = 120, 64_000
REASONS = (os.strerror(errno.ENOSPC), os.strerror(errno.EFBIG))


def run(asked: Asked) -> Outcome:
    """Fill the disk at places of the work that the seed and a case's number decide."""
    outcome, undisturbed = Outcome(), calm(asked.folder)
    used_kb = sum(path.stat().st_size for path in undisturbed.place.rglob("*") if path.is_file()) // 1024
    for number in range(asked.first, asked.first + asked.count):
        rng = random.Random(f"{asked.seed}:{number}")  # noqa: S311 - places, not secrets
        kb = rng.randrange(SMALLEST_KB, used_kb)
        place = asked.folder / f"full-{number}"
        with _small(place, kb) as (limits, give_room):
            make_workspace(place / "w")
            done = pipeline(place / "w", undisturbed.recordings, before=limits)
            problems = _told(done.stderr) + told_well(done) if done.returncode else []
            give_room()
            again = pipeline(place / "w", undisturbed.recordings)
            if again.returncode:
                problems.append(f"with room again it ends with {again.returncode}: {again.stderr[-300:]}")
            else:
                problems += differences(undisturbed.place, place / "w")
            kind = "full disk" if not limits else "limit of a file"
            outcome.add(
                f"{kind}: {'refused' if done.returncode else 'there was room enough'}",
                [f"case {number} of seed {asked.seed}, {kb} KB: {problem}" for problem in problems],
            )
    return outcome


def _told(said: str) -> list[str]:
    return (
        [] if any(reason in said for reason in REASONS) else [f"it does not say that the disk is full: {said[-300:]}"]
    )


@contextmanager
def _small(place: Path, kb: int) -> Iterator[tuple[list[str], object]]:
    """Yield a prefix of the command, and how to make room."""
    place.mkdir(parents=True)
    if _mount(place, f"size={kb}k"):
        try:
            yield [], lambda: _mount(place, f"remount,size={ROOM_KB}k")
        finally:
            subprocess.run(["umount", "--lazy", str(place)], check=True)
    else:
        yield ["prlimit", f"--fsize={max(kb, SMALLEST_KB) * 200}"], lambda: None
    shutil.rmtree(place, ignore_errors=True)


def _mount(place: Path, options: str) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
