"""What happened, chapter by chapter, written down so that a story that broke off goes on where it was.

A chapter begins from a copy of the workspace as it was before. Where it broke off, the copy is put back and the
chapter lived again; what was lived to its end is only told again.
"""

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from dougpt.lock import writing
from dougpt.workspace import Workspace
from dougpt_schema import atomic_write


@dataclass(frozen=True)
class Chapter:
    """What a chapter came to.

    Attributes:
        title: What happened.
        recordings: How many can be used in the workspace.
        done: How many outputs were made.
        kept: How many were there before and kept their file.
        why: How often each reason was foretold, by "stage: reason".
        foretold_s: How long `--dry-run` expected the jobs to take, all together; None where it was not asked.
        stages: The seconds of each job, by stage.
        wall_s: How long the pipeline ran.
        cpu_s: The processor seconds of its whole process tree, which other work on the machine changes little.
        peak_mb: The most memory of its whole process tree.
        stage_mb: The most memory of a job, by stage.
        notes: What else is to be told.
    """

    title: str
    recordings: int
    done: int
    kept: int
    why: dict[str, int]
    foretold_s: float | None
    stages: dict[str, list[float]]
    wall_s: float
    cpu_s: float
    peak_mb: float
    stage_mb: dict[str, float]
    notes: list[str] = field(default_factory=list)

    @property
    def jobs_s(self) -> float:
        """The seconds within all jobs together."""
        return sum(sum(took) for took in self.stages.values())

    def tell(self) -> None:
        """Print what was done anew, and why."""
        kept = f", {self.kept} outputs kept their file" if self.kept else ""
        took = (
            f"{self.done} jobs in {self.wall_s:.0f} s, {self.cpu_s:.0f} s of processor, {self.peak_mb:.0f} MB at most"
        )
        print(f"\n{self.title}: {took}{kept}")
        for reason, times in self.why.items():
            print(f"  {times:>3} x {reason}")
        for note in self.notes:
            print(f"  {note}", flush=True)


def together(first: Chapter, second: Chapter) -> Chapter:
    """Return two chapters as one: what was begun, and what went on."""
    names = first.stages.keys() | second.stages.keys()
    return replace(
        second,
        done=first.done + second.done,
        kept=0,
        stages={name: first.stages.get(name, []) + second.stages.get(name, []) for name in names},
        wall_s=first.wall_s + second.wall_s,
        cpu_s=first.cpu_s + second.cpu_s,
        peak_mb=max(first.peak_mb, second.peak_mb),
    )


class Chapters:
    """The chapters of a story in a folder.

    Args:
        folder: Where they are written down.
        asked: How the story was asked for; a folder holds one story alone.
    """

    def __init__(self, folder: Path, asked: dict[str, object]) -> None:
        self._file, self._copies = folder / "story.json", folder / "before"
        known = json.loads(self._file.read_text(encoding="utf-8")) if self._file.exists() else {"asked": asked}
        if known["asked"] != asked:
            raise SystemExit(
                f"{folder} holds a story of {known['asked']}, and {asked} is asked for: name another folder"
            )
        self._known = known
        self.told: list[Chapter] = []

    def live(self, name: str, place: Path, chapter: Callable[[], Chapter]) -> None:
        """Let a chapter happen in a workspace, or tell it again where it has."""
        if name not in self._known:
            self._begin_as_before(name, place)
            self._known[name] = asdict(chapter())
            atomic_write(self._file, json.dumps(self._known, indent=1).encode())
            shutil.rmtree(self._copies, ignore_errors=True)
        self.told.append(Chapter(**self._known[name]))
        self.told[-1].tell()

    def _begin_as_before(self, name: str, place: Path) -> None:
        """Copy the workspace; where this chapter broke off, put the copy back."""
        copy = self._copies / name
        if place.exists():
            with writing(Workspace(place)):  # ends the jobs that a story which was killed has left behind
                pass
        if copy.exists():
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(copy, place, symlinks=True)
        elif place.exists():
            half = copy.with_suffix(".half")
            shutil.rmtree(half, ignore_errors=True)
            shutil.copytree(place, half, symlinks=True)
            half.rename(copy)
        else:
            copy.mkdir(parents=True)
