"""The page of a run shows its checks, curves and hashes, is equal for equal runs, and strangers' texts stay texts."""

import json
import shutil
from pathlib import Path

import pytest
from dougpt_train import TrainResult
from dougpt_train.errors import RunFolderError
from dougpt_train.page import draw_page


def test_checks_curves_and_hashes_stand_on_the_page(result: TrainResult) -> None:
    page = draw_page(result.run_folder)

    assert all(f"{check.code} {check.name}" in page for check in result.preflight.checks)
    assert page.count("<svg") == 2
    assert result.weights_sha256 in page
    assert f"<code>{result.run_id}</code>, the hash of everything that went in" in page
    assert page.count("<mark>") == 5
    assert page == draw_page(result.run_folder)
    assert str(result.run_folder) not in page


def test_the_held_out_loss_is_drawn_from_before_the_first_step_to_the_last(result: TrainResult, tmp_path: Path) -> None:
    copied = Path(shutil.copytree(result.run_folder, tmp_path / "run"))
    metrics = json.loads((copied / "metrics.json").read_text(encoding="utf-8"))
    changed = {"validation": [{"step": 3, "loss": 4.25}], "validation_loss_before": 4.5, "validation_loss": 4.75}
    (copied / "metrics.json").write_text(json.dumps(metrics | changed), encoding="utf-8")

    page = draw_page(copied)

    assert "; held out 4.50, 4.25, 4.75" in page
    assert "never saw the held-out ones" in page
    assert "checks passed, 3 skipped" in page
    assert "were kept" not in page


def test_weights_of_an_earlier_step_are_not_drawn_at_the_last(result: TrainResult, tmp_path: Path) -> None:
    copied = Path(shutil.copytree(result.run_folder, tmp_path / "run"))
    metrics = json.loads((copied / "metrics.json").read_text(encoding="utf-8"))
    measured = [{"step": 2, "loss": 4.25}, {"step": 4, "loss": 4.75}]
    changed = {"validation": measured, "validation_loss_before": 4.5, "validation_loss": 4.25, "kept_step": 2}
    (copied / "metrics.json").write_text(json.dumps(metrics | changed), encoding="utf-8")

    page = draw_page(copied)

    assert "; held out 4.50, 4.25, 4.75" in page
    assert "4.75, 4.25" not in page
    assert "The weights of step 2 were kept, the best of 2 measurements on held-out rows." in page


def test_a_run_too_short_for_a_curve_says_so(result: TrainResult, tmp_path: Path) -> None:
    copied = Path(shutil.copytree(result.run_folder, tmp_path / "run"))
    metrics = json.loads((copied / "metrics.json").read_text(encoding="utf-8"))
    (copied / "metrics.json").write_text(json.dumps(metrics | {"train": [], "steps": 7}), encoding="utf-8")
    every = json.loads((copied / "run.json").read_text(encoding="utf-8"))["inputs"]["settings"]["log_steps"]

    assert f"it is noted every {every} steps (log_steps), and there were 7." in draw_page(copied)
    assert "No training loss" not in draw_page(result.run_folder)


def test_what_a_viewer_typed_runs_nothing(result: TrainResult, tmp_path: Path) -> None:
    copied = Path(shutil.copytree(result.run_folder, tmp_path / "run"))
    preflight = json.loads((copied / "preflight.json").read_text(encoding="utf-8"))
    (labels,) = (check for check in preflight["checks"] if check["code"] == "P3")
    labels["facts"]["shown"][0]["learnt"] = "<script>alert(1)</script>\u202e"
    (copied / "preflight.json").write_text(json.dumps(preflight), encoding="utf-8")

    page = draw_page(copied)

    assert "<script>" not in page
    assert "\u202e" not in page
    assert "&lt;script&gt;" in page


def test_an_unfinished_run_has_no_page(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match=r"holds no run\.json: no finished run"):
        draw_page(tmp_path)
