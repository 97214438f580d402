"""Names in files of strangers never lead out of the workspace; names for people can be used where they stand."""

import json
from pathlib import Path
from typing import Any

import pytest
from dougpt.running import workspace_of_job
from dougpt.workspace import Workspace
from hypothesis import example, given
from hypothesis import strategies as st

PLAIN = st.text("abcdefghijklmnopqrstuvwxyz0123456789_-", min_size=1, max_size=60)


@given(channel=st.text(min_size=1, max_size=300))
@example(channel="../../../escaped")
@example(channel="/etc/cron.d")
@example(channel="..")
@example(channel="a\0b")
@example(channel="\U0001f409" * 200)
def test_a_channel_is_one_folder_below_channels_whatever_its_name(channel: str) -> None:
    found = Workspace(Path("w")).channel(channel)

    assert found.parent == Path("w/staged/channels")
    assert found.name not in {"", ".", ".."}
    assert "\0" not in found.name
    assert len(found.name.encode("utf-8", "surrogatepass")) <= 255


@given(channel=PLAIN)
def test_a_plain_channel_keeps_its_name(channel: str) -> None:
    assert Workspace(Path("w")).channel(channel).name == channel


@given(one=st.text(min_size=1), other=st.text(min_size=1))
@example(one="../a", other="..-a")
def test_two_channels_never_share_a_folder(one: str, other: str) -> None:
    workspace = Workspace(Path("w"))

    assert (workspace.channel(one) == workspace.channel(other)) == (one == other)


def test_the_prior_of_a_hostile_channel_stays_inside(tmp_path: Path, tiny: Any, run: Any) -> None:
    channel = "../../../escaped"
    inside = tmp_path / "a" / "b" / "w"
    folder = tiny.make_recording(tmp_path / "in", 0, minutes=5)
    assert run("init", inside, "--example-key").exit_code == 0
    assert run("ingest", folder, "--channel", channel, "--workspace", inside).exit_code == 0
    for stage in ("transcribe", "chat", "align"):
        assert run(stage, "--workspace", inside).exit_code == 0

    assert run("fit-channel", channel, "--workspace", inside).exit_code == 0

    assert len(list(inside.glob("staged/channels/*/prior.parquet"))) == 1
    assert {path.name for path in tmp_path.iterdir()} == {"a", "in"}
    assert run("align", "--workspace", inside).exit_code == 0


def test_a_job_far_from_where_its_pipeline_was_started_prints_whole_paths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace(tmp_path)
    workspace.settings_file.touch()
    workspace.state.mkdir()
    plan = {"labels": {}, "workspace": "doug", "started_in": "/no/such/folder"}
    workspace.plan_file.write_text(json.dumps(plan), encoding="utf-8")
    monkeypatch.chdir(workspace.state)

    assert workspace_of_job(Path("..")).root == tmp_path.resolve()
