"""What all campaigns share: what is asked of one, what it answers, and a workspace that nobody disturbed."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

sys.path.extend(str(Path(__file__).resolve().parents[1] / name) for name in ("pipeline", "chat", "media"))

import kill_pipeline
import tiny

RECORDINGS = 3
MINUTES = 3
GIVE_UP_S = 1800
LINE = "error: "
OF_ONE_PLACE = {".dougpt", "local.json", "labels"}
"""What a workspace says of its machine, where its recordings lie, and files of labels, whose names are drawn."""


@dataclass(frozen=True)
class Asked:
    """What a campaign is to do.

    Attributes:
        folder: Where it may write; removed afterwards.
        keep: Where inputs that fail are kept.
        seed: Another one gives other cases.
        first: The number of the first case, to go on where one stopped.
        count: How many cases.
    """

    folder: Path
    keep: Path
    seed: int
    first: int
    count: int


@dataclass
class Outcome:
    """What came out: how often each ending was met, and a line for each failure."""

    endings: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def add(self, ending: str, wrong: list[str] | str = ()) -> None:  # type: ignore[assignment]
        """Count a case, and what is wrong with it where anything is."""
        self.endings[ending] += 1
        self.failures += [wrong] if isinstance(wrong, str) else wrong


@dataclass(frozen=True)
class Calm:
    """Recordings, and the workspace of a run that nobody disturbed; neither is to be changed."""

    recordings: Path
    place: Path


def calm(folder: Path) -> Calm:
    """Return the undisturbed run up to curation of this folder, made at the first call."""
    made = Calm(folder / "recordings", folder / "undisturbed")
    folder.mkdir(parents=True, exist_ok=True)
    if not made.place.exists():
        tiny.make_recordings(made.recordings, RECORDINGS, minutes=MINUTES)
        kill_pipeline.make_workspace(made.place)
        done = pipeline(made.place, made.recordings)
        if done.returncode:
            raise RuntimeError(f"the undisturbed run failed: {done.stderr}")
    return made


def pipeline(
    place: Path,
    *words: object,
    before: list[str] | None = None,
    environment: Mapping[str, str] | None = None,
    until: str = "curate",
) -> "subprocess.CompletedProcess[str]":
    """Run the pipeline up to a stage, under another command where one is given."""
    command = [*(before or []), *kill_pipeline.dougpt(), "pipeline", *map(str, words), "--workspace", str(place)]
    return subprocess.run(
        [*command, "--yes", "--until", until, "--cores", "2"],
        capture_output=True,
        text=True,
        check=False,
        timeout=GIVE_UP_S,
        env={**os.environ, **(environment or {})},
    )


def told_well(done: "subprocess.CompletedProcess[str]") -> list[str]:
    """Return what is wrong with how a command failed: it must end with 1 and say why in lines, without a traceback."""
    problems = []
    if done.returncode != 1:
        problems.append(f"ended with {done.returncode}")
    if "Traceback" in done.stderr:
        problems.append("a traceback: " + done.stderr.strip().splitlines()[-1])
    if not any(line.startswith(LINE) for line in done.stderr.splitlines()):
        problems.append(f"no line that says why: {done.stderr[-300:]!r}")
    return problems


def differences(expected: Path, found: Path) -> list[str]:
    """Return which files of two workspaces are not the same bytes, but for what belongs to one machine and place."""
    ours, theirs = _files(expected), _files(found)
    names = sorted(ours.keys() | theirs.keys())
    return [f"{name} differs" for name in names if ours.get(name) != theirs.get(name)]


def _files(place: Path) -> dict[str, bytes]:
    paths = (path for path in place.rglob("*") if path.is_file())
    found = {path.relative_to(place): path for path in paths if path.name not in OF_ONE_PLACE}
    return {name.as_posix(): path.read_bytes() for name, path in found.items() if name.parts[0] not in OF_ONE_PLACE}
