"""A workspace as DVC stages: the same commands, with DVC deciding by file hashes what to run."""

import json
from pathlib import Path

from dougpt_schema import atomic_write

from dougpt.plan import Job, Plan
from dougpt.project import Project
from dougpt.recipes import SECTIONS, STAGES
from dougpt.workspace import SETTINGS_OF_RECORDING


def write_dvc(project: Project, out: Path | None = None) -> Path:
    """Write a dvc.yaml with one stage a job and return its path.

    Its paths are relative to the workspace, where it belongs. The recipe stands in the command as a comment, so that
    an update of dougpt, or of a library that matters, changes the stage once the file is written again.
    """
    path = out or project.workspace.root / "dvc.yaml"
    plan = Plan(project)
    stages = {f"{job.stage.name}-{job.subject}": _stage(plan, job) for job in plan.jobs()}
    atomic_write(path, ("# written by: dougpt export --as dvc\n" + _yaml({"stages": stages})).encode())
    return path


def _stage(plan: Plan, job: Job) -> dict[str, object]:
    only = f" --only {job.subject}" if job.stage.per == "recording" else ""
    before = [output for one in plan.upstream(job) for output in _outputs(plan, one)]
    sources = [f"raw/{job.subject}/sources.parquet"] if job.stage.per == "recording" else []
    if job.stage.name == "transcribe" and plan.project.workspace.own_settings_file(job.subject).exists():
        sources.append(f"raw/{job.subject}/{SETTINGS_OF_RECORDING}")
    return {
        "cmd": f"dougpt {job.stage.name} --workspace .{only}  # recipe {job.recipe.fingerprint[:16]}",
        "deps": sorted({*before, *sources}),
        "params": [{"dougpt.toml": list(SECTIONS[job.stage.name])}],
        "outs": [{output: {"persist": True}} for output in _outputs(plan, job)],
    }


def _outputs(plan: Plan, job: Job) -> list[str]:
    """Return what a job writes, relative to the workspace."""
    root = plan.project.workspace.root
    folder = plan.folder(STAGES[job.stage.name], job.subject).relative_to(root).as_posix()
    if job.stage.per == "dataset":
        return [folder]
    return [f"{folder}/{name}" for name in job.stage.outputs]


def _yaml(value: object) -> str:
    """JSON is YAML; DVC reads it as such."""
    return json.dumps(value, indent=2) + "\n"
