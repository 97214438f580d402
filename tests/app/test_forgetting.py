"""A forgetting that is killed at any moment and run again leaves what one leaves that nobody disturbed."""

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from dougpt.removal import pending
from dougpt.workspace import Workspace, WorkspaceError
from dougpt_chat import pseudonym
from dougpt_schema import CHAT_EVENTS, LABELS, read_table, write_table
from dougpt_schema.journal import append_journal

JOURNAL = "secret/forgetting.json"
MUTATIONS = ("mkdir", "rename", "replace", "rmdir", "unlink", "remove", "open")
WRITING = os.O_WRONLY | os.O_RDWR
BOOKS = ("lock", "jobs")  # who held a lock last: the one thing that may differ
LATER = 31  # the quick test kills before one change in so many

type Tree = dict[str, bytes | None]


class Killed(BaseException):
    """The process is no more: whatever it tries to write from now on is not written."""


class Reaper:
    """Counts what changes the disk, and kills before the change numbered `at`."""

    def __init__(self, at: int | None = None) -> None:
        self.at, self.count = at, 0

    def before(self, change: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*words: Any, **options: Any) -> Any:
            if change.__name__ == "open" and not (len(words) > 1 and words[1] & WRITING):
                return change(*words, **options)
            if change.__name__ == "open" and Path(words[0]).name in BOOKS:
                return change(*words, **options)
            self.count += 1
            if self.at is not None and self.count > self.at:
                raise Killed
            return change(*words, **options)

        return watched


@contextmanager
def reaped(at: int | None = None) -> Iterator[Reaper]:
    reaper = Reaper(at)
    with pytest.MonkeyPatch.context() as patch:
        for name in MUTATIONS:
            patch.setattr(os, name, reaper.before(getattr(os, name)))
        yield reaper


def tree(root: Path) -> Tree:
    return {
        path.relative_to(root).as_posix(): path.read_bytes() if path.is_file() else None
        for path in sorted(root.rglob("*"))
        if path.name not in BOOKS
    }


@pytest.fixture(scope="module")
def rich(curated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which two people stand in everything that a forgetting looks at; not to be changed."""
    place = Path(shutil.copytree(curated, tmp_path_factory.mktemp("rich") / "w"))
    key = (place / "secret/key").read_bytes()
    people = {pseudonym(name, key) for name in ("viewer3", "viewer5")}
    rows = []
    for path in sorted(place.glob("staged/*/chat_events.parquet")):
        events = [row for row in read_table(path, CHAT_EVENTS).to_pylist() if row["author"]]
        theirs = [row for row in events if row["author"] in people]
        rows += [_label(row) for row in (*theirs[:4], *events[:3])]
        for folder in ("reports", "secret/pictures"):
            (place / folder).mkdir(exist_ok=True)
            (place / folder / f"align-{path.parent.name}.html").write_text("quotes")
        (place / f"secret/pictures/{path.parent.name}.html").write_text("shows")
        (path.parent / ".chat_events.parquet.0.partial").write_text("what a killed stage left: viewer3")
    rows = list({row["label_id"]: row for row in rows}.values())
    append_journal(place / "labels/sitting.jsonl", LABELS, rows[::2])
    write_table(LABELS.table(rows[1::2]), place / "labels/imported.parquet", LABELS)
    for name in ("curated/default/exports/train.jsonl", "curated/default/refused/dataset.html"):
        (place / name).parent.mkdir()
        (place / name).write_text("quotes")
    report = place / "reports/default"
    (report / "models/gpt").mkdir(parents=True)
    for name in ("models/gpt/index.html", "index.html", "history.jsonl", "blind.json"):
        (report / name).write_text("{}")
    run = place / "runs/0a1b"
    run.mkdir(parents=True)
    (run / "stage.json").write_text('{"dataset": "default"}')
    (run / "index.html").write_text("quotes")
    checks = json.dumps({"checks": [{"code": "P3", "facts": {"shown": ["quotes"]}}]})
    for path in (run / "preflight.json", place / "runs/0a1c.preflight.json"):
        path.write_text(checks)
    return place


def _label(event: dict[str, Any]) -> dict[str, Any]:
    drawn = {"asked_as": "random", "stratum": "all", "inclusion_probability": 0.5, "blind": False, "at_order": 1}
    names = {name: event[name] for name in ("recording_id", "event_id")}
    return {"label_id": f"of {event['event_id']}", "verdict": "unsure", "rater": "a", **names, **drawn}


@pytest.fixture
def forgotten(rich: Path, tmp_path: Path, run: Any) -> Callable[..., tuple[Tree, list[Any]]]:
    """What is there, and what was told, after people were forgotten one after the other, undisturbed."""

    def after(*people: str) -> tuple[Tree, list[Any]]:
        place = Path(shutil.copytree(rich, tmp_path / "-".join(people)))
        told = [json.loads(run("forget", person, "--workspace", place, "--json").stdout) for person in people]
        return tree(place), told

    return after


def changes(rich: Path, folder: Path, run: Any) -> int:
    """How often an undisturbed forgetting changes the disk."""
    place = Path(shutil.copytree(rich, folder / "counted"))
    with reaped() as reaper:
        assert run("forget", "viewer3", "--workspace", place).exit_code == 0
    return reaper.count


def killed(rich: Path, place: Path, run: Any, at: int, person: str = "viewer3") -> Path:
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(rich, place)
    with reaped(at), pytest.raises(Killed):
        run("forget", person, "--workspace", place, "--json")
    return place


def check_all(moments: range, rich: Path, folder: Path, run: Any, expected: tuple[Tree, list[Any]]) -> None:
    for at in moments:
        place = killed(rich, folder / "killed", run, at)
        again = run("forget", "viewer3", "--workspace", place, "--json")

        assert again.exit_code == 0, f"killed before change {at}: {again.output}"
        assert json.loads(again.stdout) == expected[1][0], f"killed before change {at}"
        assert tree(place) == expected[0], f"killed before change {at}"


def test_killed_at_some_changes_of_the_disk_and_run_again_it_leaves_the_same_bytes(
    rich: Path, tmp_path: Path, run: Any, forgotten: Any
) -> None:
    count = changes(rich, tmp_path, run)
    assert count > 50

    check_all(range(0, count, LATER), rich, tmp_path, run, forgotten("viewer3"))


@pytest.mark.slow
def test_killed_at_every_change_of_the_disk_and_run_again_it_leaves_the_same_bytes(
    rich: Path, tmp_path: Path, run: Any, forgotten: Any
) -> None:
    check_all(range(changes(rich, tmp_path, run)), rich, tmp_path, run, forgotten("viewer3"))


def test_whoever_is_forgotten_next_the_one_that_was_cut_short_goes_first(
    rich: Path, tmp_path: Path, run: Any, forgotten: Any
) -> None:
    expected, told = forgotten("viewer3", "viewer5")
    for at in range(6, changes(rich, tmp_path, run), 4 * LATER):
        place = killed(rich, tmp_path / "killed", run, at)
        knew = "events" in json.loads((place / JOURNAL).read_text())

        other = run("forget", "viewer5", "--workspace", place, "--json")
        if not knew:  # it was never written down what there is of them
            assert (other.exit_code, "run it again as before" in other.stderr) == (1, True)
            assert json.loads(run("forget", "viewer3", "--workspace", place, "--json").stdout) == told[0]
            other = run("forget", "viewer5", "--workspace", place, "--json")

        assert json.loads(other.stdout) == told[1]
        assert tree(place) == expected


def test_what_is_written_down_names_nobody_and_what_others_say_to_run_finishes_it(
    rich: Path, tmp_path: Path, run: Any, forgotten: Any
) -> None:
    expected, told = forgotten("viewer3")
    place = killed(rich, tmp_path / "killed", run, changes(rich, tmp_path, run) * 2 // 3)
    before = tree(place)
    assert "viewer" not in (place / JOURNAL).read_text().lower()

    again = f"dougpt forget --pseudonym {told[0]['author']} --workspace {place}"
    refusing = (
        "show",
        "curate",
        "pipeline --dry-run",
        "pipeline",
        "align --dry-run",
        "export --as messages",
        "labels list",
    )
    for words in (*refusing, "forget --dry-run viewer5"):
        result = run(*words.split(), "--workspace", place)
        assert (result.exit_code, result.stderr.count("\n")) == (1, 1), words
        assert result.stderr.endswith(f"was cut short half-way; finish it with: {again}\n"), words
    assert run("status", "--workspace", place).stdout.splitlines()[0].endswith(again)
    assert json.loads(run("status", "--workspace", place, "--json").stdout)["unfinished_forget"] == told[0]["author"]
    assert tree(place) == before

    assert json.loads(run(*again.split()[1:], "--json").stdout) == told[0]
    assert tree(place) == expected
    assert json.loads(run("status", "--workspace", place, "--json").stdout)["unfinished_forget"] is None


def test_forgetting_somebody_twice_changes_nothing_more(rich: Path, tmp_path: Path, run: Any, forgotten: Any) -> None:
    expected, _ = forgotten("viewer3")
    place = Path(shutil.copytree(rich, tmp_path / "twice"))
    for _ in range(2):
        last = json.loads(run("forget", "viewer3", "--workspace", place, "--json").stdout)

    assert tree(place) == expected
    assert (last["removed"], last["datasets"], last["trained_on_them"]) == ({}, [], [])


def test_a_dry_run_tells_what_would_go_and_changes_nothing(
    rich: Path, tmp_path: Path, run: Any, forgotten: Any
) -> None:
    place = Path(shutil.copytree(rich, tmp_path / "dry"))
    before = tree(place)

    found = json.loads(run("forget", "viewer3", "--dry-run", "--workspace", place, "--json").stdout)

    assert found == forgotten("viewer3")[1][0]
    assert run("forget", "viewer3", "--dry-run", "--workspace", place).stdout.endswith("nothing was removed\n")
    assert tree(place) == before


def test_a_forgetting_that_cannot_be_done_does_nothing_and_holds_nobody_up(
    rich: Path, tmp_path: Path, run: Any
) -> None:
    place = Path(shutil.copytree(rich, tmp_path / "damaged"))
    (place / "curated/default/train.parquet").write_bytes(b"no table")
    before = tree(place)

    result = run("forget", "viewer3", "--workspace", place)

    assert (result.exit_code, "train.parquet: cannot be read as Parquet" in result.stderr) == (1, True)
    assert tree(place) == before
    assert run("show", "--workspace", place).exit_code == 0


@pytest.mark.parametrize("name", ["../../outside", "/etc/hosts", "a/../../b", "", "%2e%2e/outside"])
@pytest.mark.parametrize("part", ["replaced", "removed"])
def test_a_journal_of_somebody_else_leads_nowhere_outside(part: str, name: str, tmp_path: Path) -> None:
    path = tmp_path / JOURNAL
    path.parent.mkdir(parents=True)
    lists = {"replaced": [], "removed": [], part: [name]}
    path.write_text(json.dumps({"author": "a", "told": {}, "events": {}, **lists}))

    with pytest.raises(WorkspaceError, match="is no file of it"):
        pending(Workspace(tmp_path))


@pytest.mark.parametrize("content", ["{", "[]", '{"author": 1}', '{"author": "a", "told": {}, "events": {"r": [1]}}'])
def test_a_damaged_journal_is_told(content: str, tmp_path: Path) -> None:
    path = tmp_path / JOURNAL
    path.parent.mkdir(parents=True)
    path.write_text(content)

    with pytest.raises(WorkspaceError, match=r"forgetting\.json"):
        pending(Workspace(tmp_path))


def test_another_command_that_comes_while_somebody_is_forgotten_hears_that(
    rich: Path, tmp_path: Path, run: Any
) -> None:
    place = killed(rich, tmp_path / "killed", run, changes(rich, tmp_path, run) * 2 // 3)
    with (place / ".dougpt/lock").open("r+") as held:
        held.truncate()
        held.write("1")
        held.flush()
        fcntl.flock(held, fcntl.LOCK_EX)

        for words in ("show", "forget viewer5", "align"):
            result = run(*words.split(), "--workspace", place)
            assert (result.exit_code, "another dougpt is at work here (process 1)" in result.stderr) == (1, True)
        assert "at work here" in run("status", "--workspace", place).stdout
