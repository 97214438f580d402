"""A command that is run to its end, or killed on the way, with its time and the memory of its whole process tree."""

import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from kill_pipeline import descendants

EVERY_S = 1.0
PSS = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)
WHOLE = "whole"
type Job = tuple[str, str]


@dataclass(frozen=True)
class Ended:
    """How a command ended.

    Attributes:
        code: Its exit code; negative where it was killed.
        out: What it printed.
        told: What it said on stderr.
        wall_s: How long it took.
        cpu_s: The processor seconds of it and everything below it; of a killed one as seen last.
        peak_mb: The most memory that it and everything below it held at once, shared pages counted once.
        stage_mb: The same of the largest job of each stage.
    """

    code: int
    out: str
    told: str
    wall_s: float
    cpu_s: float
    peak_mb: float
    stage_mb: dict[str, float] = field(default_factory=dict)


def dougpt(*words: object, kill_when: Callable[[], bool] | None = None) -> Ended:
    """Run the command line of this environment; with `kill_when`, kill -9 it alone as soon as that holds."""
    command = [sys.executable, "-m", "dougpt", *map(str, words)]
    began, began_cpu_s = time.monotonic(), _reaped_s()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace")
    peaks: dict[str, float] = {}
    seen_s: dict[int, float] = {}

    def watch() -> None:
        while process.poll() is None:
            for name, held_mb in memory_mb(process.pid).items():
                peaks[name] = max(peaks.get(name, 0), held_mb)
            seen_s.update({one: _own_s(one) for one in (process.pid, *descendants(process.pid))})
            if kill_when is not None and kill_when():
                os.kill(process.pid, signal.SIGKILL)
                return
            time.sleep(EVERY_S)

    with ThreadPoolExecutor(1) as threads:
        watched = threads.submit(watch)
        out, told = process.communicate() if kill_when is None else _without_orphans(process)
        watched.result()
    cpu_s = sum(seen_s.values()) if process.returncode == -signal.SIGKILL else _reaped_s() - began_cpu_s
    return Ended(process.returncode, out, told, time.monotonic() - began, cpu_s, peaks.pop(WHOLE, 0), peaks)


def _without_orphans(process: "subprocess.Popen[str]") -> tuple[str, str]:
    """Wait for the command alone: what it started lives on, and holds its pipes open."""
    process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
    return "", ""


def memory_mb(parent: int) -> dict[str, float]:
    """Return what a process and everything below it holds, in MB, and what the largest job of each stage holds."""
    held = {process: _own_mb(process) for process in (parent, *descendants(parent))}
    found = {WHOLE: sum(held.values())}
    for process in held:
        if stage := _stage_of(process):
            tree_mb = sum(held.get(one, 0) for one in (process, *descendants(process)))
            found[stage] = max(found.get(stage, 0), tree_mb)
    return found


def _own_mb(process: int) -> float:
    """Return the proportional set size of a process; 0 where it ended since it was listed."""
    try:
        found = PSS.search(Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii"))
    except OSError:
        return 0
    return int(found[1]) / 1024 if found else 0


def _own_s(process: int) -> float:
    """Return the processor seconds of a process alone; 0 where it ended since it was listed."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _reaped_s() -> float:
    """Return the processor seconds of all commands that have ended, and of what they waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _stage_of(process: int) -> str | None:
    """Return the stage of which a process is a job, as its command line says."""
    try:
        words = Path(f"/proc/{process}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return None
    return words[words.index("dougpt") + 1] if "dougpt" in words and "--job" in words else None


def stage_seconds(place: Path, jobs: Collection[Job]) -> dict[str, list[float]]:
    """Return the seconds of these jobs of a workspace by stage, as the jobs themselves wrote them down."""
    found = defaultdict(list)
    for stage, subject in sorted(jobs):
        path = place / ".dougpt" / "timings" / f"{stage}-{subject}.json"
        if path.exists():  # a job may be killed between its last output and this
            found[stage].append(float(json.loads(path.read_text(encoding="utf-8"))["seconds"]))
    return dict(found)
