"""A recommended command names the workspace unless it is where commands look anyway, and can be pasted."""

import shlex
from pathlib import Path
from typing import Any

import pytest
from dougpt.advice import advice
from dougpt.cli import main


def test_the_workspace_is_named_unless_it_is_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "my workspace"
    place.mkdir()
    monkeypatch.delenv("DOUGPT_WORKSPACE", raising=False)
    told = advice(place, "curate", "--only", "x y")
    assert shlex.split(told) == ["dougpt", "curate", "--only", "x y", "--workspace", str(place)]
    monkeypatch.chdir(place)
    assert advice(place, "curate") == "dougpt curate"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DOUGPT_WORKSPACE", str(place))
    assert advice(place, "curate") == "dougpt curate"


def test_what_a_refused_stage_recommends_can_be_run(fresh: Path, run: Any) -> None:
    refused = run("evaluate", "--workspace", fresh)
    assert refused.exit_code == 1
    words = shlex.split(refused.stderr[refused.stderr.index("run: dougpt ") :].removeprefix("run: dougpt "))
    assert words[-2:] == ["--workspace", str(fresh)]
    with main.make_context("dougpt", words):
        pass
    assert run(*words, "--dry-run").exit_code == 0
