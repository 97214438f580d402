"""The pipeline's run: the plan is handed to Snakemake as stamps, and what was killed before is cleared away."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

from dougpt_schema import DougptError, MissingExtraError, atomic_write

from dougpt.lock import record_group
from dougpt.plan import Job, Plan, State
from dougpt.recipes import STAGES
from dougpt.terminal import note
from dougpt.workspace import DELETE_IT, Workspace, read_members, to_json

SNAKEFILE = Path(__file__).parent / "workflow" / "Snakefile"
SNAKEMAKE_OPTIONS = (
    *("--scheduler", "greedy", "--keep-going", "--rerun-triggers", "mtime", "--drop-metadata"),
    *("--nocolor", "--quiet", "progress", "rules", "reason", "host"),
)
PATIENCE_S = 10.0
TELL_EVERY_S = 15.0
DONE = "Touching output file"
CHATTER = (
    "Assuming unrestricted shared filesystem",
    "Building DAG",
    "Using shell",
    "Select jobs",
    "Execute ",
    "Complete log",
    "Elapsed time",
    "\n",
)
"""How lines begin in which Snakemake says that all is well."""
JOB_FAILED = (
    "RuleException:",
    "CalledProcessError in file",
    "Exiting because a job execution failed",
    "WorkflowError:",
    "At least one job did not complete successfully",
)
"""How lines begin in which it says that a job failed, which has said itself why."""
SAID_WHY = "returned non-zero exit status 1.\n"
"""How its line ends on a job that ended by itself; one that was killed had no time to say anything."""
STAMP_DIGITS = 16


class PipelineError(DougptError):
    """Snakemake ended with an error that no stage wrote down."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(f"a job ended unexpectedly: its message stands above, Snakemake's log below {workspace.state}")


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
    """Remove what killed jobs left: partial files and folders, Snakemake's locks and marks. Return how many.

    A stamp is there or not, never half: where Snakemake finds its mark of an incomplete output, it runs that job
    and takes every other for done.
    """
    snakemake = workspace.state / ".snakemake"
    remains = [*workspace.partial_files(), *snakemake.glob("locks/*"), *snakemake.glob("incomplete/*")]
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
            # Snakemake refuses an output that is older than its inputs, as it is where the clock was set back.
            os.utime(workspace.state / stamp, (0, 0))
        entries.append({"stamp": stamp_of(job), "needs": before})
    content = {
        "stages": {name: stage.per for name, stage in STAGES.items()},
        "targets": sorted(todo),
        "jobs": entries,
        "labels": workspace.label_bytes,
        "workspace": quote(os.fsencode(workspace.root)),
        "started_in": quote(os.fsencode(Path.cwd())),
    }
    atomic_write(workspace.plan_file, to_json(content))


def workspace_of_job(root: Path) -> Workspace:
    """Return the workspace of a job as its pipeline saw it: with the labels of then, named as the person named it.

    The process goes to the folder in which the pipeline was started, so that what it prints can be pasted there. A
    machine that lacks that folder prints whole paths: `root` is one from where the job stands, and nobody stands there.
    """
    workspace = Workspace.open(root.resolve())
    if not workspace.plan_file.exists():
        return workspace
    plan = read_members(workspace.plan_file, DELETE_IT, labels=dict, workspace=str, started_in=str)
    named, there = (Path(os.fsdecode(unquote_to_bytes(plan[name]))) for name in ("workspace", "started_in"))
    with contextlib.suppress(OSError):  # the folder may be lacking
        if (there / named).samefile(root):
            os.chdir(there)
            workspace = Workspace(named)
    return replace(workspace, label_bytes=plan["labels"])


def run_snakemake(
    workspace: Workspace,
    jobs_lock: int,
    *,
    cores: int,
    todo: int,
    options: Sequence[str] = (),
) -> bool:
    """Run every job that has no stamp, side by side; return whether all of them ended well.

    Args:
        workspace: Where the plan was written.
        jobs_lock: The descriptor by which orphans are recognised; Snakemake inherits it.
        cores: Jobs at once on this machine.
        todo: How many jobs there are.
        options: Passed on to Snakemake, such as an executor plugin and its settings.
    """
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(SNAKEFILE), "--directory", str(workspace.state)]
    command += ["--cores", str(cores), *SNAKEMAKE_OPTIONS, *options]
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
        pass_fds=[jobs_lock],
    )
    record_group(jobs_lock, process.pid)
    with _ended_with_us(process):
        _tell(process, todo)
        process.wait()
    return process.returncode == 0


def _tell(process: "subprocess.Popen[str]", todo: int) -> None:
    """Hand on what the jobs say, leave out what Snakemake says of itself, and count."""
    done, told = 0, time.monotonic()
    for line in process.stdout or ():
        if line.startswith(DONE):
            done += 1
            if time.monotonic() - told > TELL_EVERY_S:
                told = time.monotonic()
                note(f"{done} of {todo} {'job' if todo == 1 else 'jobs'} done")
        elif not line.startswith((*CHATTER, *JOB_FAILED)) and not line.endswith(SAID_WHY):
            note(line.rstrip())


def require_snakemake() -> None:
    """Raise MissingExtraError where Snakemake is not installed; it is not imported."""
    if find_spec("snakemake") is None:
        raise MissingExtraError("dougpt[pipeline]", "dougpt pipeline")


@contextlib.contextmanager
def _ended_with_us(process: "subprocess.Popen[str]") -> Iterator[None]:
    """End the process group when this process is interrupted or told to end."""

    def stop(*_: object) -> None:
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
