"""Running one stage on one subject: only if its recipe asks for it, and only on inputs that their recipes made."""

import dataclasses
import json
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from dougpt_schema import (
    ArrowStream,
    Contract,
    Provenance,
    atomic_write,
    read_table,
    write_pieces,
    write_table,
)

from dougpt.plan import Job, Plan
from dougpt.project import Project
from dougpt.recipes import SECTIONS, Recipe
from dougpt.requirements import require_inputs
from dougpt.settings import Settings
from dougpt.workspace import to_json


@dataclass(frozen=True, slots=True)
class Task:
    """What a stage's `run` is given.

    Attributes:
        plan: Recipes and folders.
        recipe: What the outputs carry.
        folder: Where they go.
    """

    plan: Plan
    recipe: Recipe
    folder: Path

    @property
    def project(self) -> Project:
        """The opened workspace."""
        return self.plan.project

    @property
    def subject(self) -> str:
        """The recording or dataset."""
        return self.recipe.subject

    @property
    def settings(self) -> Settings:
        """The settings of the workspace, with those of the recording where the task is one's."""
        return self.project.settings_of(self.subject)

    def write(self, name: str, table: ArrowStream, contract: Contract, producer: str) -> None:
        """Write a table that carries the recipe."""
        write_table(table, self.folder / f"{name}.parquet", contract, self._provenance(producer))

    def write_pieces(self, name: str, pieces: Iterable[ArrowStream], contract: Contract, producer: str) -> int:
        """Write a table that carries the recipe and comes in pieces; return its rows."""
        return write_pieces(pieces, self.folder / f"{name}.parquet", contract, self._provenance(producer))

    def read(self, name: str, contract: Contract, subject: str | None = None) -> Any:
        """Read a staged table of a recording, by default the task's own."""
        return read_table(self.project.workspace.staged(subject or self.subject) / f"{name}.parquet", contract)

    def write_json(self, name: str, **facts: Any) -> None:
        """Write a JSON file that carries the recipe and the settings that it holds."""
        sections = SECTIONS[self.recipe.stage]
        settings = {section: plain(getattr(self.settings, section)) for section in sections}
        content = {"recipe": recipe_json(self.recipe), "settings": settings, **facts}
        atomic_write(self.folder / name, to_json(content))

    def _provenance(self, producer: str) -> Provenance:
        return dataclasses.replace(self.recipe.provenance(), producer=producer)


def told(warnings: Collection[str], where: Path) -> str:
    """Return the end of a stage's line: how many warnings there are, and where they stand."""
    return f"; {len(warnings)} warnings in {where}" if warnings else ""


def plain(settings: Any) -> dict[str, Any]:
    """Return a settings dataclass as JSON holds it."""
    return dict(json.loads(json.dumps(dataclasses.asdict(settings))))


def recipe_json(recipe: Recipe) -> dict[str, Any]:
    """Return a recipe as JSON, its fingerprint included."""
    return {
        "fingerprint": recipe.fingerprint,
        "inputs": list(recipe.inputs),
        "settings": recipe.settings,
        "code": recipe.code,
        "key": recipe.key,
        "versions": dict(recipe.versions),
    }


def execute(plan: Plan, job: Job) -> str:
    """Run `job` and return a line about what came out.

    Raises:
        InputMissingError: A stage before is missing, stale or failed.
        DougptError: The stage cannot be done; nothing of it was written, or all of it is known to be unfinished.
    """
    require_inputs(plan, job)
    began = time.monotonic()
    folder = plan.folder(job.stage, job.subject)
    line = import_module(f"dougpt.stages.{job.stage.name}").run(Task(plan, job.recipe, folder))
    workspace = plan.project.workspace
    workspace.failure_file(job.stage.name, job.subject).unlink(missing_ok=True)
    plan.look_again(job)
    timing = {"seconds": round(time.monotonic() - began, 3)}
    atomic_write(workspace.timing_file(job.stage.name, job.subject), to_json(timing))
    return str(line)


def record_failure(plan: Plan, job: Job, error: str, exit_code: int) -> None:
    """Write down that this very recipe fails, for `status` and for the end of a pipeline."""
    content = {"fingerprint": job.recipe.fingerprint, "error": error, "exit_code": exit_code}
    atomic_write(plan.project.workspace.failure_file(job.stage.name, job.subject), to_json(content))
