"""Which killed run `dougpt train` goes on from, and when it lets what has changed go in."""

from pathlib import Path
from typing import Any

import dougpt_train
import pytest
from dougpt.plan import Plan
from dougpt.project import Project
from dougpt_schema import DougptError

OTHER = "0123456789abcdef"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path | bool, bool]]:
    """What a training is told, each time it is started; none is."""
    told: list[tuple[Path | bool, bool]] = []

    def train(*_: Any, resume: Path | bool, allow_drift: bool, **__: Any) -> None:
        told.append((resume, allow_drift))
        raise DougptError("not in a test")

    monkeypatch.setattr(dougpt_train, "train", train, raising=False)
    return told


@pytest.fixture
def own(done: Path) -> Path:
    """Where the run of today's settings would be written."""
    project = Project.open(done)
    return project.workspace.run(Plan(project).run_id)


def killed(run: Path) -> Path:
    folder = run.with_name(f"{run.name}.partial")
    folder.mkdir(parents=True)
    return folder


def test_a_training_goes_on_from_its_own_killed_run_and_from_another_only_if_told(
    done: Path, own: Path, run: Any, asked: list[tuple[Path | bool, bool]]
) -> None:
    other = killed(own.with_name(OTHER))
    run("train", "--workspace", done)
    mine = killed(own)
    run("train", "--workspace", done)
    run("train", "--workspace", done, "--resume", OTHER[:6])

    assert asked == [(False, False), (mine, False), (other, False)]


def test_a_wish_holds_for_one_command(done: Path, own: Path, run: Any, asked: list[tuple[Path | bool, bool]]) -> None:
    other = killed(own.with_name(OTHER))
    run("train", "--workspace", done, "--resume", OTHER, "--allow-drift")
    # A training that goes on takes the folder over; killed once more, that is what is left.
    mine = other.rename(own.with_name(f"{own.name}.partial"))
    run("train", "--workspace", done)

    assert asked == [(other, True), (mine, False)]


def test_drift_is_allowed_in_the_own_run_too(
    done: Path, own: Path, run: Any, asked: list[tuple[Path | bool, bool]]
) -> None:
    mine = killed(own)
    run("train", "--workspace", done, "--allow-drift")

    assert asked == [(mine, True)]


def test_a_killed_run_that_is_not_there_or_not_the_only_one_is_named(
    done: Path, own: Path, run: Any, asked: list[tuple[Path | bool, bool]]
) -> None:
    killed(own.with_name(OTHER))
    killed(own.with_name(OTHER[::-1]))

    none = run("train", "--workspace", done, "--resume", "zz")
    several = run("train", "--workspace", done, "--resume", "")

    assert (none.exit_code, several.exit_code) == (1, 1)
    assert "no killed runs begin with 'zz'" in none.output
    assert "2 killed runs begin with ''" in several.output
    assert asked == []
