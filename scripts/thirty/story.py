"""A workspace to which things happen: what is foretold of it, and that this and nothing else is done."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dougpt.lock import writing
from dougpt.recipes import STAGES
from dougpt.workspace import Workspace

from thirty.chapters import Chapter
from thirty.watching import Ended, Job, dougpt, stage_seconds


class BrokenPromiseError(AssertionError):
    """The program did something else than it says."""


def require(holds: bool, otherwise: str) -> None:
    """Raise where something does not hold."""
    if not holds:
        raise BrokenPromiseError(otherwise)


@dataclass(frozen=True)
class Foretold:
    """What `--dry-run` says would run: why, and how long it should take."""

    why: dict[Job, list[str]]
    seconds: float


@dataclass
class Story:
    """A workspace to which things happen.

    Attributes:
        place: Where it lies.
        until: The last stage that is run.
        cores: How many jobs run side by side.
    """

    place: Path
    until: str
    cores: int

    def pipeline(self, *paths: Path, until: str = "", kill_when: Callable[[], bool] | None = None) -> Ended:
        """Run the pipeline, as far as this story goes or less far."""
        where = ("--workspace", self.place, "--yes", "--cores", self.cores, "--until", until or self.until)
        return dougpt("pipeline", *paths, *where, kill_when=kill_when)

    def end_orphans(self) -> None:
        """End what a killed run has left running, as the next run would: nothing must change between two questions."""
        with writing(Workspace(self.place)):
            pass

    def json(self, *words: object) -> Any:
        """Return what a command says with `--json`."""
        ended = dougpt(*words, "--workspace", self.place, "--json")
        require(ended.code == 0, f"{words} ended with {ended.code}: {ended.told}")
        return json.loads(ended.out)

    def foretold(self, until: str = "") -> Foretold:
        """Return what `--dry-run` says; `status` must agree on which jobs are open."""
        until = until or self.until
        found = self.json("pipeline", "--dry-run", "--until", until)
        names = list(STAGES)[: list(STAGES).index(until) + 1]
        open_jobs = {
            (job["stage"], job["subject"])
            for job in self.json("status")["jobs"]
            if job["state"] != "done" and job["stage"] in names
        }
        said = {(job["stage"], job["subject"]): job["why"] for job in found["jobs"]}
        require(said.keys() == open_jobs, f"status and --dry-run differ: {said.keys() ^ open_jobs}")
        return Foretold(said, found["expected_s"])

    def outputs(self) -> dict[Job, int]:
        """Return every output that is there and up to date, with what tells one file from another."""
        found = {}
        for job in self.json("status")["jobs"]:
            stage = STAGES[job["stage"]]
            path = self._folder(stage.name, job["subject"], job["fingerprint"]) / stage.outputs[-1]
            if job["state"] == "done":
                found[job["stage"], job["subject"]] = path.stat().st_ino
        return found

    def redo(self, title: str, *, until: str = "") -> Chapter:
        """Run what is open, and require that exactly what was foretold is done anew."""
        said, before = self.foretold(until), self.outputs()
        ended = self.pipeline(until=until)
        require(ended.code == 0, f"{title}: ended with {ended.code}: {ended.told}")
        redone = self.redone(before)
        require(redone == said.why.keys(), f"{title}: foretold {sorted(said.why)}, done {sorted(redone)}")
        return self.chapter(title, ended, said, redone)

    def redone(self, before: dict[Job, int]) -> set[Job]:
        """Return the outputs that have another file than before, or had none."""
        return {job for job, inode in self.outputs().items() if before.get(job) != inode}

    def chapter(self, title: str, ended: Ended, said: Foretold, redone: set[Job], notes: Sequence[str] = ()) -> Chapter:
        """Return what happened, in figures."""
        why = Counter(f"{stage:<10} {reason}" for (stage, name) in sorted(redone) for reason in said.why[stage, name])
        outputs = self.outputs().keys()
        return Chapter(
            title=title,
            recordings=sum(stage == "align" for stage, _ in outputs),
            done=len(redone),
            kept=len(outputs - redone),
            why={
                reason: why[reason] for reason in sorted(why, key=lambda reason: list(STAGES).index(reason.split()[0]))
            },
            foretold_s=said.seconds or None,
            stages=stage_seconds(self.place, redone),
            wall_s=ended.wall_s,
            cpu_s=ended.cpu_s,
            peak_mb=ended.peak_mb,
            stage_mb=ended.stage_mb,
            notes=list(notes),
        )

    def _folder(self, stage: str, subject: str, fingerprint: str) -> Path:
        match stage:
            case "curate":
                return self.place / "curated" / subject
            case "train":
                return self.place / "runs" / fingerprint[:16]
            case "evaluate":
                return self.place / "reports" / subject
        return self.place / "staged" / subject
