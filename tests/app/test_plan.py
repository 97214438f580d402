"""A recipe changes exactly when something changes that its output depends on, and the state says why."""

import dataclasses
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from dougpt import plan as planning
from dougpt.plan import Plan, State
from dougpt.project import Project
from dougpt.recipes import STAGES
from dougpt.running import pending, write_plan
from dougpt.settings import Settings
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

AFTER_CURATE = {"curate", "train", "evaluate"}
DEPENDING = {
    # These recordings have captions and no sound, so no way of recognising speech is heeded.
    "speech": set(),
    "transcribe": set(),
    "refine": set(),
    "chat": {"chat", "align"} | AFTER_CURATE,
    "align": {"align"} | AFTER_CURATE,
    "curate": AFTER_CURATE,
    "train": {"train", "evaluate"},
    "evaluate": {"evaluate"},
    "gate": set(),
    "pipeline": set(),
}
OF_LABELS = {("align", "precision"), ("align", "confidence")}
"""Heeded where there are labels, and these recordings have none."""
FIELDS = [
    (section.name, setting.name)
    for section in dataclasses.fields(Settings)
    if section.name in DEPENDING
    for setting in dataclasses.fields(getattr(Settings(), section.name))
]


def recipes(project: Project) -> dict[tuple[str, str], str]:
    return {(job.stage.name, job.subject): job.recipe.fingerprint for job in Plan(project).jobs()}


def changed(before: dict[tuple[str, str], str], after: dict[tuple[str, str], str]) -> set[str]:
    assert before.keys() == after.keys()
    return {stage for (stage, subject), value in after.items() if before[stage, subject] != value}


def another(value: Any) -> Any:
    """Return a value of the same type that differs; None where it is not clear how."""
    match value:
        case bool():
            return not value
        case int():
            return value + 64
        case float():
            return value * 0.97 if value else 0.01
        case tuple() if all(isinstance(item, str) for item in value):
            return (*value, "streamer") if not value else value[1:]
    return None


@given(st.sampled_from(FIELDS))
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_setting_makes_stale_what_reads_it_and_what_comes_after_and_nothing_else(
    ingested: Path, field: tuple[str, str]
) -> None:
    section, name = field
    project = Project.open(ingested)
    before = recipes(project)
    old = getattr(project.settings, section)
    new_value = another(getattr(old, name))
    assume(new_value is not None)
    try:
        new = dataclasses.replace(old, **{name: new_value})
    except ValueError:
        assume(False)
    project.settings = dataclasses.replace(project.settings, **{section: new})

    assert changed(before, recipes(project)) == (set() if field in OF_LABELS else DEPENDING[section])


def test_where_a_workspace_lies_and_when_its_files_were_written_is_no_part_of_a_recipe(
    ingested: Path, tmp_path: Path
) -> None:
    moved = shutil.copytree(ingested, tmp_path / "elsewhere" / "w")
    for path in moved.rglob("*.parquet"):
        os.utime(path, (1, 1))

    assert recipes(Project.open(moved)) == recipes(Project.open(ingested))


def test_another_key_changes_the_chat_and_what_comes_after(fresh: Path) -> None:
    before = recipes(Project.open(fresh))
    (fresh / "secret" / "key").write_bytes(b"x" * 32)

    assert changed(before, recipes(Project.open(fresh))) == {"chat", "align"} | AFTER_CURATE


@pytest.mark.parametrize("stage", STAGES)
def test_new_code_of_a_stage_changes_it_and_what_comes_after(
    ingested: Path, stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = recipes(Project.open(ingested))
    original = planning.stage_code
    monkeypatch.setattr(planning, "stage_code", lambda one: "new" if one.name == stage else original(one))
    after = {stage}
    for name, other in STAGES.items():
        if after & set(other.after):
            after.add(name)

    assert changed(before, recipes(Project.open(ingested))) == after


def test_done_stages_are_known_as_done(curated: Path) -> None:
    states = {job.stage.name: job.state for job in Plan(Project.open(curated)).jobs()}

    assert states == dict.fromkeys(("transcribe", "chat", "align", "curate"), State.DONE) | dict.fromkeys(
        ("train", "evaluate"), State.MISSING
    )


def test_the_stamps_of_what_is_done_are_older_than_any_clock_that_was_set_back(done: Path) -> None:
    project = Project.open(done)
    plan = Plan(project)

    write_plan(project.workspace, plan, pending(plan, "evaluate"))

    stamps = list(project.workspace.stamps.iterdir())
    assert stamps
    assert {stamp.stat().st_mtime for stamp in stamps} == {0}


def test_a_changed_setting_is_named_as_the_reason(done: Path) -> None:
    toml = done / "dougpt.toml"
    toml.write_text(toml.read_text().replace("# pause_ms = 700", "pause_ms = 650"))
    jobs = {job.stage.name: job for job in Plan(Project.open(done)).jobs()}

    assert (jobs["chat"].state, jobs["align"].state) == (State.DONE, State.STALE)
    assert jobs["align"].why == ("settings changed",)
    assert jobs["curate"].why == ("input changed",)


def test_a_stage_that_was_killed_between_two_files_is_stale_even_if_its_old_settings_come_back(done: Path) -> None:
    recording = next(iter(Project.open(done).recordings))
    staged = done / "staged" / recording
    shutil.copy(next(path for path in (done / "staged").glob("*/utterances.parquet") if path.parent != staged), staged)

    job = Plan(Project.open(done)).job("align", recording)

    assert job.state is State.STALE
    assert "incomplete" in job.why


def test_a_missing_holdout_file_is_noticed(done: Path) -> None:
    (done / "curated/default/holdout.json").unlink()

    assert Plan(Project.open(done)).job("curate", "default").state is State.STALE


def test_a_later_recording_is_added_and_the_frozen_holdout_stays(
    done: Path, tiny: Any, run: Any, tmp_path: Path
) -> None:
    before = Plan(Project.open(done)).assignment
    tiny.make_recording(tmp_path / "more", 9, minutes=5)
    assert run("ingest", tmp_path / "more", "--workspace", done).exit_code == 0
    after = Plan(Project.open(done)).assignment

    assert before.items() <= after.items()
    assert len(after) == len(before) + 1
