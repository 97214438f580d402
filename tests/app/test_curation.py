"""Curation from the command line: gates that stop it, what a person allows, and a holdout that is frozen."""

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from dougpt_schema import SAMPLES, read_table


def set_lines(root: Path, **settings: str) -> None:
    """Set settings in dougpt.toml, each written there commented out."""
    path = root / "dougpt.toml"
    lines = path.read_text(encoding="utf-8").splitlines()
    for name, value in settings.items():
        place = next(at for at, line in enumerate(lines) if line.startswith((f"# {name} =", f"{name} =")))
        lines[place] = f"{name} = {value}"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_an_expectation_that_fails_stops_with_a_table_and_is_allowed_by_name(done: Path, run: Any) -> None:
    set_lines(done, min_samples='{ "train" = 10000 }')

    refused = run("curate", "--workspace", done)
    status = json.loads(run("status", "--workspace", done, "--json").stdout)
    allowed = run("curate", "--workspace", done, "--allow", "samples_train")

    assert refused.exit_code == 3
    assert "at least 10000" in refused.stderr
    assert "--allow samples_train" in refused.stderr
    assert "failed" in {job["state"] for job in status["jobs"] if job["stage"] == "curate"}
    assert allowed.exit_code == 0
    card = (done / "curated/default/card.md").read_text()
    assert "Allowed by a person although it fails**: samples_train" in card
    assert run("curate", "--workspace", done).exit_code == 0


def test_a_refused_dataset_leaves_the_one_before_as_it_is(done: Path, run: Any) -> None:
    dataset = done / "curated/default"
    before = {path.name: path.read_bytes() for path in dataset.iterdir() if path.is_file()}
    set_lines(done, min_samples='{ "train" = 10000 }', min_characters="3")

    refused = run("curate", "--workspace", done)
    exported = run("export", "--as", "jsonl", "--workspace", done)
    told = (dataset / "refused/card.md").read_text()
    set_lines(done, min_samples='{ "train" = 1 }', min_characters="2")

    assert refused.exit_code == 3
    assert {name: (dataset / name).read_bytes() for name in before} == before
    assert "| samples_train | at least 10000 |" in told
    assert "of an earlier curation" in exported.stderr
    assert f"to let it pass: dougpt curate --allow samples_train --workspace {done}\n" in refused.stderr
    assert run("curate", "--workspace", done).exit_code == 0
    assert not (dataset / "refused").exists()


def test_what_is_allowed_is_allowed_for_that_dataset_alone(done: Path, run: Any) -> None:
    set_lines(done, min_samples='{ "train" = 10000 }')
    assert run("curate", "--workspace", done, "--allow", "samples_train").exit_code == 0
    set_lines(done, min_characters="2")

    assert run("curate", "--workspace", done).exit_code == 3


def test_only_expectations_can_be_allowed(done: Path, run: Any) -> None:
    result = run("curate", "--workspace", done, "--allow", "everything")

    assert result.exit_code == 1
    assert "no expectation 'everything'" in result.stderr
    assert not (done / "curated/default/allowed.json").exists()


@pytest.mark.parametrize(("suite", "exit_code", "number"), [("1", 4, 1), ("0", 0, 2), ("2", 0, 2)])
def test_held_out_links_that_changed_are_another_suite(
    done: Path, run: Any, suite: str, exit_code: int, number: int
) -> None:
    holdout = done / "curated/default/holdout.json"
    assert json.loads(holdout.read_text())["suite"] == 1
    set_lines(done, accept_probability="0.8", suite=suite)
    assert run("align", "--workspace", done).exit_code == 0

    result = run("curate", "--workspace", done)

    assert result.exit_code == exit_code
    assert json.loads(holdout.read_text())["suite"] == number
    assert ("not comparable" in result.stderr) == (exit_code == 4)


def test_everything_is_exported_by_one_command_in_the_same_bytes(curated: Path, run: Any, tmp_path: Path) -> None:
    first, second = (
        run("export", "--as", "all", "--workspace", curated, "--out", tmp_path / name).stdout.split() for name in "ab"
    )

    names = [Path(path).relative_to(tmp_path / "a").as_posix() for path in first]
    assert {"train.messages.jsonl", "test.sharegpt.jsonl", "train.parquet", "dataset_info.json"} <= set(names)
    assert "huggingface/README.md" in names
    assert [Path(path).read_bytes() for path in first] == [Path(path).read_bytes() for path in second]


def test_one_recording_is_divided_in_time_so_that_it_can_be_measured(
    tiny: ModuleType, run: Any, tmp_path: Path
) -> None:
    place = tmp_path / "w"
    assert run("init", place, "--example-key").exit_code == 0
    set_lines(place, accept_probability="0.3")
    assert run("ingest", tiny.make_recording(tmp_path / "in", 1, minutes=20), "--workspace", place).exit_code == 0

    stages = [run(stage, "--workspace", place) for stage in ("transcribe", "chat", "align", "curate")]
    status = json.loads(run("status", "--workspace", place, "--json").stdout)

    assert [stage.exit_code for stage in stages] == [0, 0, 0, 0]
    counts = {
        split: read_table(place / f"curated/default/{split}.parquet", SAMPLES).num_rows for split in ("train", "test")
    }
    assert counts["train"] > counts["test"] > 0
    assert "blocks of time" in (place / "curated/default/card.md").read_text()
    assert {job["state"] for job in status["jobs"] if job["stage"] == "curate"} == {"done"}
