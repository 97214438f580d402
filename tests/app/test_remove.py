"""What leaves the workspace leaves no trace but people's labels, and comes back by ingesting it again."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import Result
from dougpt.plan import Plan, State
from dougpt.project import Project
from dougpt.unregistering import leaving, unregister
from dougpt_schema import DougptError

type Run = Callable[..., Result]


def files_of(place: Path) -> dict[str, bytes]:
    """What a workspace holds beside this machine's bookkeeping."""
    paths = [path for path in place.rglob("*") if path.is_file() and ".dougpt" not in path.parts]
    return {str(path.relative_to(place)): path.read_bytes() for path in paths}


def test_a_recording_leaves_with_all_that_was_made_of_it(done: Path, run: Run) -> None:
    project = Project.open(done)
    gone, *others = sorted(project.recordings)
    originals = [source.path for source in project.recordings[gone].sources]
    (done / "labels" / "mine.txt").write_text(gone)
    before = files_of(done)

    told = run("remove", gone, "--workspace", done, "--yes")

    assert told.exit_code == 0, told.output
    after = files_of(done)
    assert {name for name in before if name not in after} == {
        name for name in before if gone in name and not name.startswith("labels/")
    }
    assert {name: after[name] for name in after} == {name: before[name] for name in after}
    assert all(path.exists() for path in originals)
    again = Plan(Project.open(done))
    assert sorted(again.project.recordings) == others
    assert again.job("curate", again.dataset).state is State.STALE
    assert all(again.job("align", name).state is State.DONE for name in others)


def test_it_comes_back_by_ingesting_it_again(done: Path, run: Run) -> None:
    before = {name: content for name, content in files_of(done).items() if name.startswith("raw/")}
    first = next(iter(Project.open(done).recordings.values()))
    places = [source.path for source in first.sources]
    assert run("remove", first.recording_id, "--workspace", done, "--yes").exit_code == 0

    assert run("ingest", *places, "--workspace", done, "--yes").exit_code == 0

    assert {name: content for name, content in files_of(done).items() if name.startswith("raw/")} == before


def test_a_removal_that_was_killed_is_ended_by_the_next(done: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = min(Project.open(done).recordings)

    def dies(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dougpt.unregistering.shutil.rmtree", dies)
    with pytest.raises(KeyboardInterrupt):
        unregister(Project.open(done), leaving(Project.open(done), [name]))
    monkeypatch.undo()
    assert name in Project.open(done).recordings

    unregister(Project.open(done), leaving(Project.open(done), [name]))

    assert not [path for path in files_of(done) if name in path]


def test_one_file_leaves_and_the_rest_stays(fresh: Path, run: Run) -> None:
    recording = next(iter(Project.open(fresh).recordings.values()))
    chat = next(source for source in recording.sources if source.role == "chat")

    dry = run("remove", recording.recording_id, "--file", chat.path, "--workspace", fresh, "--dry-run", "--json")
    told = run("remove", recording.recording_id, "--file", chat.source_id[:8], "--workspace", fresh, "--yes")

    assert json.loads(dry.stdout)["recordings"][0]["files"] == [str(chat.path)]
    assert told.exit_code == 0, told.output
    left = Project.open(fresh).recordings[recording.recording_id]
    assert [source.source_id for source in left.sources] == [
        source.source_id for source in recording.sources if source is not chat
    ]
    assert left.sources[0].verified()


def test_what_is_not_there_or_named_in_the_settings_is_refused(fresh: Path) -> None:
    project = Project.open(fresh)
    first, second, *_ = sorted(project.recordings)

    with pytest.raises(DougptError, match=r"no files of .* fit 'other\.json': .*\.srt"):
        leaving(project, [first], ["other.json"])
    with pytest.raises(DougptError, match="one recording at a time, not 2"):
        leaving(project, [first, second], ["chat.json"])
    settings = fresh / "dougpt.toml"
    settings.write_text(settings.read_text().replace("# exclude = []", f'exclude = ["{first}"]'))
    with pytest.raises(DougptError, match=rf"dataset\.exclude names the recording {first}; take it out there first"):
        leaving(Project.open(fresh), [first])


@pytest.mark.parametrize("changed", [False, True])
def test_a_file_that_is_gone_is_told_of_with_what_to_do(
    changed: bool, tmp_path: Path, run: Run, tiny: ModuleType
) -> None:
    (folder,) = tiny.make_recordings(tmp_path / "in", 1, minutes=1)
    run("init", tmp_path / "w", "--example-key")
    run("ingest", tmp_path / "in", "--workspace", tmp_path / "w")
    captions, chat = folder / "stream-0.srt", folder / "stream-0.json"
    chat.unlink()
    if changed:
        os.utime(captions, (1, 1))

    told = run("ingest", tmp_path / "in", "--workspace", tmp_path / "w", "--yes")

    assert f"stream-0.json is no longer at {chat}; ingest it from where it is, or take it out" in told.output
    assert "--file stream-0.json" in told.output
