"""What is done, what is stale and why: recipes compared with what the artifacts say of themselves."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from dougpt_curate.holdout import assign_holdout, read_holdout
from dougpt_schema import ArtifactError, Provenance, SourceRole, fingerprint, read_provenance, settings_fingerprint

from dougpt.labels import labels_fingerprint
from dougpt.picture.choice import PICTURE_LIBRARIES, picture_fingerprint, roster_of, videos_of
from dougpt.project import SPEECH_ROLES, Project
from dougpt.recipes import STAGES, Recipe, Stage, differences, stage_code, stage_versions
from dougpt.speech import (
    DIARISE_LIBRARIES,
    libraries_of_way,
    parts_of,
    settings_of_way,
    tells_apart,
    way_of,
    what_tells_apart,
)
from dougpt.workspace import DELETE_IT, read_json, read_members

RUN_ID_DIGITS = 16


class State(StrEnum):
    """How an output stands to its recipe."""

    DONE = "done"
    STALE = "stale"
    MISSING = "missing"
    FAILED = "failed"

    @property
    def told(self) -> str:
        """The state as a sentence has it: is stale, but failed."""
        return "failed" if self is State.FAILED else f"is {self}"


@dataclass(frozen=True, slots=True)
class Job:
    """One stage on one recording or dataset.

    Attributes:
        stage: Its name.
        subject: The recording's id, or the dataset's name.
        recipe: What its output would carry.
        state: How things stand.
        why: Why it is not done, one reason each.
    """

    stage: Stage
    subject: str
    recipe: Recipe
    state: State
    why: tuple[str, ...] = ()


class Plan:
    """Recipes and states of every stage of a project, each computed once and only when asked for."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._recipes: dict[tuple[str, str], Recipe] = {}
        self._jobs: dict[tuple[str, str], Job] = {}

    def jobs(self) -> list[Job]:
        """Return every job of the project in the order of the work."""
        return [self.job(stage, subject) for stage in STAGES for subject in self.subjects(stage)]

    def subjects(self, stage: str) -> list[str]:
        """Return what a stage works on: the dataset's recordings, or the dataset if it has any."""
        members = self.project.members()
        if STAGES[stage].per == "recording":
            return members
        return [self.dataset] if members else []

    @property
    def dataset(self) -> str:
        """The dataset's name."""
        return self.project.settings.dataset.name

    @property
    def run_id(self) -> str:
        """The run that today's recipes ask for."""
        return self.recipe("train", self.dataset).fingerprint[:RUN_ID_DIGITS]

    def job(self, stage: str, subject: str) -> Job:
        """Return how one output stands."""
        key = (stage, subject)
        if key not in self._jobs:
            recipe = self.recipe(stage, subject)
            state, why = self._state(STAGES[stage], subject, recipe)
            self._jobs[key] = Job(STAGES[stage], subject, recipe, state, why)
        return self._jobs[key]

    def look_again(self, job: Job) -> None:
        """Forget how an output stood: it was just made."""
        self._jobs.pop((job.stage.name, job.subject), None)

    def upstream(self, job: Job) -> list[Job]:
        """Return the jobs whose outputs `job` reads, those of failed recordings included."""
        subjects: Iterable[str]
        found = []
        for name in job.stage.after:
            same = STAGES[name].per == job.stage.per
            subjects = [job.subject] if same else self.project.members()
            found += [self.job(name, subject) for subject in subjects]
        if job.stage.name == "chat":
            found += [self.job("chat", name) for name in roster_of(self.project, job.subject)]
        return found

    def recipe(self, stage: str, subject: str) -> Recipe:
        """Return what the output of `stage` on `subject` would carry."""
        key = (stage, subject)
        if key not in self._recipes:
            self._recipes[key] = getattr(self, f"_{stage}")(subject)
        return self._recipes[key]

    def folder(self, stage: Stage, subject: str) -> Path:
        """Return where the outputs of a stage lie."""
        workspace = self.project.workspace
        match stage.name:
            case "curate":
                return workspace.dataset(subject)
            case "train":
                return workspace.run(self.recipe("train", subject).fingerprint[:RUN_ID_DIGITS])
            case "evaluate":
                return workspace.report(subject)
        return workspace.staged(subject)

    def failure(self, stage: str, subject: str) -> str | None:
        """Return the error on which this very recipe failed last time, if it did."""
        path = self.project.workspace.failure_file(stage, subject)
        if not path.exists():
            return None
        found = read_members(path, DELETE_IT, error=str, fingerprint=str)
        return str(found["error"]) if found["fingerprint"] == self.recipe(stage, subject).fingerprint else None

    def failure_exit_code(self, job: Job) -> int:
        """Return the exit code that the failure of `job` asks for."""
        path = self.project.workspace.failure_file(job.stage.name, job.subject)
        return int(read_members(path, DELETE_IT, exit_code=int)["exit_code"])

    def usable_members(self) -> list[str]:
        """Return the recordings of the dataset of which no stage failed on today's recipe."""
        stages = [name for name, stage in STAGES.items() if stage.per == "recording"]
        return [
            member for member in self.project.members() if all(self.failure(stage, member) is None for stage in stages)
        ]

    @cached_property
    def assignment(self) -> dict[str, str]:
        """The split of each usable recording: what is frozen, extended over the new ones."""
        path = self.project.workspace.holdout_file(self.dataset)
        frozen = read_holdout(path.read_bytes()) if path.exists() else {}
        rows = [
            {"recording_id": name, "broadcast_start": self.project.recordings[name].broadcast_start}
            for name in self.usable_members()
        ]
        return assign_holdout(rows, self.project.settings.curate, frozen, in_blocks=True)

    def last_run(self, dataset: str) -> Path | None:
        """Return the record of the newest run on a dataset: each recipe has a run of its own, and older ones stay."""
        paths = sorted(self.project.workspace.runs.glob("*/stage.json"), key=lambda path: path.stat().st_mtime_ns)
        runs = [path for path in paths if mark(path) is not None and read_json(path).get("dataset") == dataset]
        return runs[-1] if runs else None

    def _state(self, stage: Stage, subject: str, recipe: Recipe) -> tuple[State, tuple[str, ...]]:
        folder = self.folder(stage, subject)
        found = [mark(folder / name) for name in stage.outputs]
        whole = all((folder / name).exists() for name in stage.besides)
        if whole and all(one is not None and one.fingerprint == recipe.fingerprint for one in found):
            return State.DONE, ()
        if (error := self.failure(stage.name, subject)) is not None:
            return State.FAILED, (error,)
        present = [one for one in found if one is not None]
        last_run = self.last_run(subject) if stage.name == "train" and not present else None
        if last_run is not None and (run := mark(last_run)) is not None:
            present = [run]
        if not present:
            return State.MISSING, ("new",)
        last = found[-1] or present[-1]
        reasons = differences(last, recipe)
        if len(present) < len(found) or not reasons:
            reasons.append("incomplete")
        return State.STALE, tuple(reasons)

    def told_by(self, job: Job) -> Path | None:
        """Return the JSON file in which the output that is there says by which settings it was made."""
        path = self.folder(job.stage, job.subject) / job.stage.outputs[0]
        if path.exists():
            return path
        return self.last_run(job.subject) if job.stage.name == "train" else None

    def _transcribe(self, recording_id: str) -> Recipe:
        recording = self.project.recordings[recording_id]
        stage, settings = STAGES["transcribe"], self.project.settings_of(recording_id)
        parts = parts_of(recording)
        ways = [way_of(part, settings.speech) for part in parts]
        libraries = {library for way in ways for library in libraries_of_way(settings, way)}
        chosen: list[object] = [(way, settings_of_way(settings, way)) for way in ways]
        if tells_apart(parts, settings):
            libraries |= set(DIARISE_LIBRARIES)
            chosen.append(what_tells_apart(settings.diarise, self.project.workspace.root))
        return Recipe(
            stage.name,
            recording_id,
            inputs=recording.inputs(recording.of(*SPEECH_ROLES)),
            settings=fingerprint(chosen),
            code=stage_code(stage),
            versions=stage_versions(stage, *libraries),
        )

    def chat_of_everybody(self, recording_id: str) -> Recipe:
        """Return what the chat of a recording would carry if nobody was forgotten."""
        recording, stage = self.project.recordings[recording_id], STAGES["chat"]
        start, settings = recording.broadcast_start, self.project.settings_of(recording_id)
        shown = videos_of(recording, settings)
        sources = recording.inputs((*recording.of(SourceRole.CHAT), *shown))
        people = (self.chat_of_everybody(name).fingerprint for name in roster_of(self.project, recording_id))
        return Recipe(
            stage.name,
            recording_id,
            inputs=(*sources, *people, fingerprint(start.isoformat() if start else None)),
            settings=picture_fingerprint(settings) if shown else settings_fingerprint(settings.chat),
            code=stage_code(stage),
            key=self.project.key_hash,
            versions=stage_versions(stage, *(PICTURE_LIBRARIES if shown else ())),
        )

    def _chat(self, recording_id: str) -> Recipe:
        recipe = self.chat_of_everybody(recording_id)
        forgotten = self.project.forgotten
        left_out = sorted(forgotten.left_out_of(recording_id, recipe.fingerprint))
        names = {author: sorted(forgotten.names[author]) for author in left_out if author in forgotten.names}
        told = [fingerprint(found) for found in (left_out, names) if found]
        return replace(recipe, inputs=(*recipe.inputs, *told))

    def _align(self, recording_id: str) -> Recipe:
        stage = STAGES["align"]
        inputs = [self.recipe(name, recording_id).fingerprint for name in stage.after]
        channel = self.project.recordings[recording_id].channel
        prior = self.project.workspace.prior_file(channel) if channel else None
        if prior is not None and prior.exists():
            inputs.append(read_provenance(prior).fingerprint)
        labels, settings = labels_fingerprint(self.project.workspace, recording_id), self.project.settings.align
        inputs += labels
        return Recipe(
            stage.name,
            recording_id,
            inputs=tuple(inputs),
            settings=settings_fingerprint(settings if labels else settings.without_labels()),
            code=stage_code(stage),
            versions=stage_versions(stage),
        )

    def _curate(self, dataset: str) -> Recipe:
        stage = STAGES["curate"]
        members = sorted(self.usable_members())
        return Recipe(
            stage.name,
            dataset,
            inputs=(
                *(self.recipe("align", member).fingerprint for member in members),
                fingerprint({member: self.assignment[member] for member in members}),
            ),
            settings=settings_fingerprint(self.project.settings.curate),
            code=stage_code(stage),
            versions=stage_versions(stage),
        )

    def _train(self, dataset: str) -> Recipe:
        stage = STAGES["train"]
        return Recipe(
            stage.name,
            dataset,
            inputs=(self.recipe("curate", dataset).fingerprint,),
            settings=settings_fingerprint(self.project.settings.train),
            code=stage_code(stage),
            versions=stage_versions(stage),
        )

    def _evaluate(self, dataset: str) -> Recipe:
        stage = STAGES["evaluate"]
        return Recipe(
            stage.name,
            dataset,
            inputs=tuple(self.recipe(name, dataset).fingerprint for name in stage.after),
            settings=settings_fingerprint(self.project.settings.evaluate),
            code=stage_code(stage),
            versions=stage_versions(stage),
        )


def mark(path: Path) -> Provenance | None:
    """Return by which recipe an output was made; None where it is missing or no output of ours."""
    if not path.exists():
        return None
    if path.suffix == ".parquet":
        try:
            return read_provenance(path)
        except ArtifactError:
            return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))["recipe"]
    except (ValueError, KeyError, TypeError):
        return None
    return Provenance(
        fingerprint=found["fingerprint"],
        inputs=tuple(found["inputs"]),
        settings=found["settings"],
        code=found["code"],
        key=found["key"],
        note={"versions": json.dumps(found["versions"], sort_keys=True)},
    )
