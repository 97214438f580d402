"""The pipeline's run: the plan is handed to Snakemake as stamps, and what was killed before is cleared away."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from dougpt_schema import DougptError, MissingExtraError, atomic_write

from dougpt.lock import record_group
from dougpt.plan import Job, Plan, State
from dougpt.recipes import STAGES
from dougpt.workspace import Workspace, to_json

SNAKEFILE = Path(__file__).parent / "workflow" / "Snakefile"
PATIENCE_S = 10.0
REPORT_EVERY_S = 15.0
STAMP_DIGITS = 16


class PipelineError(DougptError):
    """Snakemake ended with an error that is no stage's own."""


def stamp_of(job: Job) -> str:
    """Return the name of a job's stamp, relative to the folder that Snakemake works in."""
    return f"stamps/{job.stage.name}-{job.subject}-{job.recipe.fingerprint[:STAMP_DIGITS]}"


def pending(plan: Plan, until: str) -> list[Job]:
    """Return the jobs to run up to the stage `until`: what is not done, and what depends on it."""
    chosen: dict[str, Job] = {}
    for job in plan.jobs():
        if job.state is not State.DONE or any(stamp_of(before) in chosen for before in plan.upstream(job)):
            chosen[stamp_of(job)] = job
    last = list(STAGES).index(until)
    return [job for job in chosen.values() if list(STAGES).index(job.stage.name) <= last]


def clear_remains(workspace: Workspace) -> int:
    """Remove what killed jobs left: partial files and folders, and Snakemake's locks. Return how many."""
    remains = [*workspace.partial_files(), *(workspace.state / ".snakemake" / "locks").glob("*")]
    for path in remains:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    return len(remains)


def write_plan(workspace: Workspace, plan: Plan, jobs: Sequence[Job]) -> None:
    """Write what the Snakefile reads, and a stamp for every job that is done."""
    todo = {stamp_of(job) for job in jobs}
    shutil.rmtree(workspace.stamps, ignore_errors=True)
    workspace.stamps.mkdir(parents=True)
    entries = []
    for job in jobs:
        before = [stamp_of(one) for one in plan.upstream(job)]
        for stamp in set(before) - todo:
            (workspace.state / stamp).touch()
        entries.append({"stamp": stamp_of(job), "needs": before})
    content = {
        "stages": {name: stage.per for name, stage in STAGES.items()},
        "targets": sorted(todo),
        "jobs": entries,
    }
    atomic_write(workspace.plan_file, to_json(content))


def run_snakemake(
    workspace: Workspace,
    jobs_lock: int,
    *,
    cores: int,
    options: Sequence[str] = (),
    progress: Callable[[], None] = lambda: None,
) -> None:
    """Run every job that has no stamp, side by side.

    Args:
        workspace: Where the plan was written.
        jobs_lock: The descriptor by which orphans are recognised; Snakemake inherits it.
        cores: Jobs at once on this machine.
        options: Passed on to Snakemake, such as an executor plugin and its settings.
        progress: Called every few seconds.

    Raises:
        MissingExtraError: Snakemake is not installed.
        PipelineError: A job ended unexpectedly; its own message stands on stderr.
    """
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(SNAKEFILE), "--directory", str(workspace.state)]
    command += ["--cores", str(cores), "--scheduler", "greedy", "--keep-going", "--quiet", "all", "--nocolor"]
    command += ["--rerun-triggers", "mtime", "--rerun-incomplete", "--drop-metadata", *options]
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr.fileno(),
        start_new_session=True,
        pass_fds=[jobs_lock],
    )
    record_group(jobs_lock, process.pid)
    with _ended_with_us(process):
        reported = time.monotonic()
        while process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=1)
            if time.monotonic() - reported > REPORT_EVERY_S:
                reported = time.monotonic()
                progress()
    if process.returncode:
        raise PipelineError(
            f"a job ended unexpectedly; its message stands above, Snakemake's log below {workspace.state}"
        )


def require_snakemake() -> None:
    """Raise MissingExtraError where Snakemake is not installed; it is not imported."""
    from importlib.util import find_spec

    if find_spec("snakemake") is None:
        raise MissingExtraError("dougpt[pipeline]", "dougpt pipeline")


@contextlib.contextmanager
def _ended_with_us(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    """End the process group when this process is interrupted or told to end."""

    def stop(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
        for how in (signal.SIGTERM, signal.SIGKILL):
            if process.poll() is None:
                os.killpg(process.pid, how)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=PATIENCE_S)
