"""Finding a trained run."""

from pathlib import Path

from dougpt_schema import DougptError

from dougpt.advice import advice
from dougpt.plan import Plan, State
from dougpt.project import NoRecordingsError, Project
from dougpt.staleness import why
from dougpt.workspace import read_json


class NoSuchRunError(DougptError):
    """There is no such run, or it is not finished."""


def run_folder(root: Path, run_id: str | None) -> Path:
    """Return the folder of a run, by the start of its name or of the id in its record; without, of today's settings.

    Raises:
        NoRecordingsError: There is nothing to train on yet.
        NoSuchRunError: No run, or several, begin with `run_id`; or no run is today's.
    """
    project = Project.open(root)
    workspace = project.workspace
    if run_id is None:
        if not project.members():
            raise NoRecordingsError(root)
        plan = Plan(project)
        run_id = plan.run_id
        if not (workspace.run(run_id) / "run.json").exists():
            raise NoSuchRunError(f"{root}: {_why_none(plan)}")
    found = sorted(path.parent for path in workspace.runs.glob(f"{run_id}*/run.json"))
    found = found or [path.parent for path in workspace.runs.glob("*/run.json") if _id_of(path).startswith(run_id)]
    if len(found) != 1:
        raise NoSuchRunError(f"{workspace.runs}: {len(found) or 'no'} finished runs begin with {run_id!r}")
    return found[0]


def _why_none(plan: Plan) -> str:
    """Return why no run is today's, as `dougpt status` says it, and what can be done."""
    job, last, workspace = plan.job("train", plan.dataset), plan.last_run(plan.dataset), plan.project.workspace
    newest = last.parent.name if last else ""
    if job.state is State.FAILED:
        found = f"today's training failed: {why(plan, job)}"
    elif newest:
        found = f"the last run, {newest}, is stale: {why(plan, job)}"
    else:
        found = f"nothing is trained on the dataset {plan.dataset!r} yet"
    finished = {path.parent.name for path in workspace.runs.glob("*/run.json")}
    names = sorted(finished, key=lambda name: (name != newest, name))
    as_it_is = f"; or take what is there: --run {' or '.join(names)}" if names else ""
    return f"{found}; to train, run: {advice(workspace.root, 'pipeline')}{as_it_is}"


def _id_of(record: Path) -> str:
    """Return the id that run.json and the run's page tell; the folder's name is that of the recipe."""
    return str(read_json(record)["run_id"])
