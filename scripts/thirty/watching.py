"""A command that is run to its end, or killed on the way, with its time and the memory of its whole process tree."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kill_pipeline import descendants

EVERY_S = 0.5
PSS = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)


@dataclass(frozen=True)
class Ended:
    """How a command ended.

    Attributes:
        code: Its exit code; negative where it was killed.
        out: What it printed.
        told: What it said on stderr.
        wall_s: How long it took.
        peak_mb: The most memory that it and everything below it held at once, shared pages counted once.
    """

    code: int
    out: str
    told: str
    wall_s: float
    peak_mb: float


def dougpt(*words: object, kill_when: Callable[[], bool] | None = None) -> Ended:
    """Run the command line of this environment; with `kill_when`, kill -9 it alone as soon as that holds."""
    command = [sys.executable, "-m", "dougpt", *map(str, words)]
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace")
    peaks = [0.0]

    def watch() -> None:
        while process.poll() is None:
            peaks.append(memory_mb(process.pid))
            if kill_when is not None and kill_when():
                os.kill(process.pid, signal.SIGKILL)
                return
            time.sleep(EVERY_S)

    watcher = threading.Thread(target=watch)
    watcher.start()
    out, told = process.communicate() if kill_when is None else _without_orphans(process)
    watcher.join()
    return Ended(process.returncode, out, told, time.monotonic() - began, max(peaks))


def _without_orphans(process: "subprocess.Popen[str]") -> tuple[str, str]:
    """Wait for the command alone: what it started lives on, and holds its pipes open."""
    process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
    return "", ""


def memory_mb(parent: int) -> float:
    """Return the proportional set size of a process and of everything below it, in MB."""
    total = 0
    for process in (parent, *descendants(parent)):
        try:
            found = PSS.search(Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii"))
        except OSError:  # it ended since it was listed
            continue
        total += int(found[1]) if found else 0
    return total / 1024


def stage_seconds(place: Path) -> dict[str, list[float]]:
    """Return the seconds of each job of a workspace by stage, as the jobs themselves wrote them down."""
    found = defaultdict(list)
    for path in sorted((place / ".dougpt" / "timings").glob("*.json")):
        found[path.name.partition("-")[0]].append(float(json.loads(path.read_text(encoding="utf-8"))["seconds"]))
    return found
