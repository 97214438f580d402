"""Finding a trained run."""

from pathlib import Path

from dougpt_schema import DougptError

from dougpt.advice import advice
from dougpt.plan import Plan
from dougpt.project import NoRecordingsError, Project
from dougpt.workspace import read_json


class NoSuchRunError(DougptError):
    """There is no such run, or it is not finished."""


def run_folder(root: Path, run_id: str | None) -> Path:
    """Return the folder of a run, by the start of its name or of the id in its record; without, of today's settings.

    Raises:
        NoRecordingsError: There is nothing to train on yet.
        NoSuchRunError: No run, or several, begin with `run_id`; or today's settings were not trained yet.
    """
    project = Project.open(root)
    workspace = project.workspace
    if run_id is None:
        if not project.members():
            raise NoRecordingsError(root)
        run_id = Plan(project).run_id
        if not (workspace.run(run_id) / "run.json").exists():
            others = sorted(path.parent.name for path in workspace.runs.glob("*/run.json"))
            hint = f"; take an earlier one with --run: {', '.join(others)}" if others else ""
            train = advice(root, "pipeline")
            raise NoSuchRunError(f"{root}: today's settings are not trained yet; run: {train}{hint}")
    found = sorted(path.parent for path in workspace.runs.glob(f"{run_id}*/run.json"))
    found = found or [path.parent for path in workspace.runs.glob("*/run.json") if _id_of(path).startswith(run_id)]
    if len(found) != 1:
        raise NoSuchRunError(f"{workspace.runs}: {len(found) or 'no'} finished runs begin with {run_id!r}")
    return found[0]


def _id_of(record: Path) -> str:
    """Return the id that run.json and the run's page tell; the folder's name is that of the recipe."""
    return str(read_json(record)["run_id"])
