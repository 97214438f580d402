"""The pipeline's promises, on tiny recordings up to curation: same bytes, nothing twice, nothing lost."""

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest

HERE = Path(__file__).parent
RECORDINGS = 3
RERUN_S = 3.0
KILLED_AFTER_S = 7.0
pytestmark = pytest.mark.timeout(600)


def module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[name] = loaded
    spec.loader.exec_module(loaded)
    return loaded


tiny = module("tiny")
kills = module("kill_pipeline")


def run(place: Path, *words: object, until: str = "curate") -> "subprocess.CompletedProcess[str]":
    command = [*kills.dougpt(), "pipeline", *map(str, words), "--workspace", str(place), "--until", until]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def inodes(place: Path) -> dict[str, int]:
    return {path.relative_to(place).as_posix(): path.stat().st_ino for path in place.rglob("*.parquet")}


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recordings")
    tiny.make_recordings(folder, RECORDINGS, minutes=3)
    return folder


@pytest.fixture(scope="module")
def finished(recordings: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace that the pipeline went through; not to be changed."""
    place: Path = kills.make_workspace(tmp_path_factory.mktemp("finished") / "w")
    done = run(place, recordings)
    assert done.returncode == 0, done.stderr
    assert "dataset" in done.stdout
    assert str(place / "curated" / "default") in done.stdout
    return place


@pytest.fixture
def copied(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "w", symlinks=True))


def test_another_directory_gives_the_same_bytes(finished: Path, recordings: Path, tmp_path: Path) -> None:
    moved = shutil.copytree(recordings, tmp_path / "other" / "in")
    place = kills.make_workspace(tmp_path / "other" / "w")

    assert run(place, moved, "--cores", 1).returncode == 0
    assert kills.tables(place) == kills.tables(finished)


def test_a_second_run_starts_no_stage_and_takes_no_time(finished: Path, recordings: Path) -> None:
    logs = sorted((finished / ".dougpt" / ".snakemake" / "log").iterdir())
    before = inodes(finished)
    took = []
    for _ in range(3):
        began = time.perf_counter()
        done = run(finished, recordings)
        took.append(time.perf_counter() - began)
        assert done.returncode == 0
        assert done.stderr.splitlines() == [
            "ingest: 6 files are as they were: nothing to do",
            "nothing to do: every stage is up to date",
        ]

    assert min(took) < RERUN_S
    assert sorted((finished / ".dougpt" / ".snakemake" / "log").iterdir()) == logs
    assert inodes(finished) == before


def test_this_machines_bookkeeping_can_be_deleted(copied: Path) -> None:
    shutil.rmtree(copied / ".dougpt")

    done = run(copied)

    assert done.returncode == 0
    assert done.stderr == "nothing to do: every stage is up to date\n"


def test_a_changed_setting_runs_what_reads_it_and_what_comes_after(copied: Path) -> None:
    before = inodes(copied)
    toml = copied / "dougpt.toml"
    toml.write_text(toml.read_text().replace("# pause_ms = 700", "pause_ms = 600"))

    assert run(copied).returncode == 0

    changed = {name.rpartition("/")[2] for name, inode in inodes(copied).items() if before.get(name) != inode}
    assert {"links.parquet", "train.parquet"} <= changed
    assert not changed & {"words.parquet", "chat_events.parquet", "sources.parquet"}


def test_a_bad_recording_is_reported_and_the_others_go_on(recordings: Path, tmp_path: Path) -> None:
    shutil.copytree(recordings / "stream-0", tmp_path / "in" / "good")
    tiny.make_recording(tmp_path / "in" / "bad", 8, minutes=3)
    captions = tmp_path / "in" / "bad" / "stream-8.srt"
    good = captions.read_text()
    captions.write_text("\n\n".join(reversed(good.split("\n\n"))))
    place = kills.make_workspace(tmp_path / "w")

    done = run(place, tmp_path / "in")

    errors = [line for line in done.stderr.splitlines() if line.startswith("error:")]
    assert done.returncode == 1
    assert len(errors) == 1
    assert "stream-8.srt" in errors[0]
    assert json.loads((place / "curated/default/report_curate.json").read_text())["report"]["splits"]
    assert len(json.loads((place / "curated/default/report_curate.json").read_text())["recordings"]) == 1

    captions.write_text(good)
    assert run(place, tmp_path / "in").returncode == 0
    assert len(json.loads((place / "curated/default/report_curate.json").read_text())["recordings"]) == 2


def test_a_recording_that_cannot_be_used_alone_is_one_error(tmp_path: Path) -> None:
    folder = tiny.make_recording(tmp_path / "in", 0, minutes=3)
    export = folder / "stream-0.json"
    export.write_bytes(export.read_bytes()[: export.stat().st_size // 2])
    place = kills.make_workspace(tmp_path / "w")

    done = run(place, folder)

    errors = [line for line in done.stderr.splitlines() if line.startswith("error:")]
    assert done.returncode == 1
    assert len(errors) == 1
    assert "stream-0.json" in errors[0]
    assert not list(place.glob("curated/*/*.parquet"))


def test_a_second_pipeline_refuses_in_one_line(copied: Path) -> None:
    from dougpt.lock import writing
    from dougpt.workspace import Workspace

    with writing(Workspace(copied)):
        done = run(copied)

    assert done.returncode == 1
    assert done.stderr == f"error: {copied}: another dougpt is at work here (process {os.getpid()})\n"


def test_locks_and_marks_that_snakemake_left_are_cleared(copied: Path) -> None:
    snakemake = copied / ".dougpt" / ".snakemake"
    for name in ("locks/0.input.lock", "locks/0.output.lock", "incomplete/c3RhbXBzL3g="):
        (snakemake / name).parent.mkdir(parents=True, exist_ok=True)
        (snakemake / name).write_text("stamps/x\n")
    (copied / "curated/default/train.parquet").unlink()

    assert run(copied).returncode == 0
    assert not [*snakemake.glob("locks/*"), *snakemake.glob("incomplete/*")]


def test_labels_that_are_given_while_it_runs_wait_for_the_next_run(copied: Path) -> None:
    from dougpt.workspace import Workspace
    from dougpt_schema import CHAT_EVENTS, LABELS, read_table
    from dougpt_schema.journal import append_journal

    before = kills.tables(copied)
    redone, *_, other = Workspace(copied).recordings()
    (copied / "staged" / redone / "links.parquet").unlink()
    (copied / "curated/default/train.parquet").unlink()
    journal = copied / "labels" / "ann-1.jsonl"
    answers = []
    for number, name in enumerate((redone, other, redone)):
        event = read_table(copied / "staged" / name / "chat_events.parquet", CHAT_EVENTS)["event_id"][number].as_py()
        answers.append(
            {"label_id": f"l{number}", "recording_id": name, "event_id": event, "verdict": "not_a_reply",
             "rater": "ann", "asked_as": "random", "stratum": "all", "inclusion_probability": 1.0, "blind": False,
             "at_order": number}
        )  # fmt: skip
    command = kills.pipeline(Path("w"), [], "curate")
    process = subprocess.Popen(command, cwd=copied.parent, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        lines.append(line)
        if "jobs, about" in line:
            append_journal(journal, LABELS, answers[:2])
        if line.startswith("align "):
            append_journal(journal, LABELS, answers[2:])
    printed, _ = process.communicate(timeout=300)

    assert (process.returncode, kills.tables(copied) == before) == (0, True), lines
    assert "w/curated/default" in printed
    assert lines[-1] == "labels were added meanwhile; run again to learn from them: dougpt pipeline --workspace w\n"
    assert not any(".." in line for line in lines)
    status = subprocess.run(
        [*kills.dougpt(), "status", "--workspace", str(copied), "--json"], capture_output=True, check=True
    )
    states = {(job["stage"], job["subject"]): job["state"] for job in json.loads(status.stdout)["jobs"]}
    assert {states["align", redone], states["align", other]} == {"stale"}


def test_an_interrupted_pipeline_ends_its_jobs(recordings: Path, tmp_path: Path) -> None:
    place = kills.make_workspace(tmp_path / "w")
    process = subprocess.Popen(
        kills.pipeline(place, [recordings], "curate"), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "jobs, about" in line:
            break
    time.sleep(5)
    children = kills.descendants(process.pid)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)

    assert children
    assert process.returncode != 0
    assert not [child for child in children if Path(f"/proc/{child}").exists()]


def test_a_killed_pipeline_goes_on_to_the_same_bytes(finished: Path, recordings: Path, tmp_path: Path) -> None:
    killed = kills.make_workspace(tmp_path / "w")

    assert kills.kill(killed, [recordings], "curate", KILLED_AFTER_S, alone=False)
    assert kills.run(killed, [recordings], "curate").returncode == 0
    assert kills.compare(finished, killed, [recordings], "curate") == []


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_ten_kills_up_to_the_evaluation_change_no_byte(tmp_path: Path) -> None:
    assert kills.kill_and_compare(tmp_path, [], kills=10, seed=6, until="evaluate") == []


def test_a_thread_that_ends_while_processes_are_listed_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object, **__: object) -> str:
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(Path, "read_text", gone)

    assert kills.descendants(os.getpid()) == []


@pytest.mark.slow
def test_a_dvc_yaml_runs_the_same_stages(recordings: Path, finished: Path, tmp_path: Path) -> None:
    place = kills.make_workspace(tmp_path / "w")
    toml = place / "dougpt.toml"
    subprocess.run([*kills.dougpt(), "ingest", str(recordings), "-w", str(place), "--yes"], check=True)
    subprocess.run([*kills.dougpt(), "export", "--as", "dvc", "-w", str(place)], check=True)
    programs = Path(sys.executable).parent
    environment = os.environ | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "DVC_NO_ANALYTICS": "1"}

    def dvc(*words: str) -> str:
        command = [sys.executable, "-m", "dvc", *words]
        done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False, env=environment)
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    dvc("init", "--no-scm", "--quiet")
    dvc("repro", "curate-default")
    assert kills.tables(place) == kills.tables(finished)
    assert "Running stage" not in dvc("repro", "curate-default")
    toml.write_text(
        toml.read_text().replace("min_prompt_words = 1", "min_prompt_words = 2").replace("# min_pro", "min_pro")
    )
    again = dvc("repro", "curate-default")
    assert "Running stage 'curate-default'" in again
    assert "Running stage 'align" not in again
