"""What a person decides outranks the model from links to samples, survives a new transcript, and goes by file."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import Result
from dougpt.plan import Plan
from dougpt.project import Project
from dougpt_schema import LABELS, write_table
from dougpt_schema.journal import append_journal

type Run = Callable[..., Result]
OTHER = b'{"contract":"words","version":1}\n'


def rows(path: Path) -> list[dict[str, Any]]:
    return list(pq.read_table(path).to_pylist())


def staged(workspace: Path) -> Path:
    """The recording that is worked on: the first whose samples are trained on."""
    name = rows(workspace / "curated/default/train.parquet")[0]["recording_id"]
    return workspace / "staged" / str(name)


def label(folder: Path, event_id: str, said: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    return {
        "label_id": f"l-{event_id}-{more.get('rater', 'ann')}",
        "recording_id": folder.name,
        "event_id": event_id,
        "verdict": "reply" if said else "not_a_reply",
        "utterance_start_ms": said["start_ms"] if said else None,
        "utterance_end_ms": said["end_ms"] if said else None,
        "utterance_text": said["text"] if said else None,
        "rater": "ann",
        "asked_as": "active",
        "stratum": "all",
        "inclusion_probability": 1.0,
        "blind": False,
        "at_order": 0,
    } | more


@pytest.fixture(scope="module")
def corrected(curated: Path, tmp_path_factory: pytest.TempPathFactory, run: Run) -> tuple[Path, dict[str, Any]]:
    """A workspace in which two links were corrected and one label fits nothing; not to be changed."""
    workspace = Path(shutil.copytree(curated, tmp_path_factory.mktemp("corrected") / "w"))
    folder = staged(workspace)
    said = {row["utterance_id"]: row for row in rows(folder / "utterances.parquet")}
    sample = next(row for row in rows(workspace / "curated/default/train.parquet") if len(row["responses"]) > 1)
    refused = sample["responses"][0]["event_id"]
    target = said[sample["utterance_ids"][0]]
    taken = {reply["event_id"] for reply in sample["responses"]}
    link = next(
        row
        for row in sorted(rows(folder / "links.parquet"), key=lambda row: row["event_id"])
        if row["reason"] in {"background", "low_confidence"} and row["event_id"] not in taken
    )
    answers = [
        label(folder, refused, None),
        label(folder, link["event_id"], target, at_order=1),
        label(folder, sample["responses"][1]["event_id"], target | {"start_ms": 9_000_000, "end_ms": 9_001_000},
              at_order=2),
    ]  # fmt: skip
    write_table(LABELS.table(answers), workspace / "labels" / "ann.parquet", LABELS)
    for stage in ("align", "curate"):
        assert run(stage, "--workspace", workspace).exit_code == 0
    facts = {"refused": refused, "added": link["event_id"], "sample": sample, "target": target, "lost": answers[2]}
    return workspace, facts


def test_a_correction_outranks_the_model_and_is_marked_in_links_and_samples(
    corrected: tuple[Path, dict[str, Any]],
) -> None:
    workspace, facts = corrected
    links = {row["event_id"]: row for row in rows(staged(workspace) / "links.parquet")}
    samples = [row for path in workspace.glob("curated/default/t*.parquet") for row in rows(path)]
    holding = [row for row in samples if facts["added"] in {reply["event_id"] for reply in row["responses"]}]
    merged = [row for row in samples if facts["added"] in {copy["event_id"] for copy in row["merged"]}]

    assert (links[facts["added"]]["decided_by"], links[facts["added"]]["accepted"]) == ("label", True)
    assert links[facts["refused"]]["reason"] == "labelled_no_reply"
    assert [row["labelled"] for row in [*holding, *merged]] == [[facts["added"]]]
    assert not any(
        facts["refused"] in {reply["event_id"] for reply in (*row["responses"], *row["merged"])} for row in samples
    )
    assert sum(len(row["labelled"]) for row in samples) == 1


def test_trace_says_who_decided(corrected: tuple[Path, dict[str, Any]], run: Run) -> None:
    workspace, facts = corrected

    told = run("trace", "--event", facts["added"], "--workspace", workspace).stdout
    other = run("trace", "--event", facts["refused"], "--workspace", workspace).stdout
    found = json.loads(run("trace", "--event", facts["added"], "--json", "--workspace", workspace).stdout)
    sample = json.loads(
        run("trace", found["uses"][0]["sample_id"], "--json", "--workspace", workspace).stdout
    )  # fmt: skip

    assert "decided by a person" in told
    assert "ann says: reply to what was said at" in told
    assert "ann says: not a reply" in other
    assert found["labels"][0]["label_id"] == f"l-{facts['added']}-ann"
    assert facts["added"] in sample["sample"]["labelled"]


def test_the_report_tells_before_and_after_and_status_what_does_not_fit(
    corrected: tuple[Path, dict[str, Any]], run: Run
) -> None:
    workspace, facts = corrected
    report = json.loads((staged(workspace) / "report_align.json").read_text())["report"]

    told = run("status", "--workspace", workspace).stdout
    labels = json.loads(run("status", "--json", "--workspace", workspace).stdout)["labels"]

    assert report["effect"]["before"]["pinned_by"] == report["share"]["pinned_by"]
    assert report["effect"]["after"]["accepted"] <= report["accepted"]
    assert facts["lost"]["label_id"] in report["labels"]["unattached"]
    assert labels[0]["unattached"] == [facts["lost"]["label_id"]]
    assert labels[0]["raters"] == {"ann": 3}
    assert f"fit no message or no words of this transcript: 1 ({facts['lost']['label_id']})" in told
    assert "more labels still pay: 30 more random labels pin the share" in told
    page = (workspace / "reports" / f"align-{staged(workspace).name}.html").read_text()
    assert "What labels changed" in page


def test_the_precision_that_is_asked_is_heeded_where_there_are_labels(corrected: tuple[Path, dict[str, Any]]) -> None:
    project = Project.open(corrected[0])
    before = {name: Plan(project).recipe("align", name) for name in project.members()}
    project.settings = replace(project.settings, align=replace(project.settings.align, precision=0.8))

    after = {name: Plan(project).recipe("align", name) for name in project.members()}

    assert [name for name in before if before[name] != after[name]] == [staged(corrected[0]).name]


def test_labels_are_found_again_where_utterances_have_other_numbers(
    corrected: tuple[Path, dict[str, Any]], tmp_path: Path, run: Run
) -> None:
    workspace = Path(shutil.copytree(corrected[0], tmp_path / "w"))
    facts = corrected[1]
    settings = workspace / "dougpt.toml"
    settings.write_text(settings.read_text().replace("# max_utterance_ms = 15000", "max_utterance_ms = 1500"))
    before = {row["utterance_id"]: row["text"] for row in rows(staged(workspace) / "utterances.parquet")}

    assert run("align", "--only", staged(workspace).name, "--workspace", workspace).exit_code == 0

    after = {row["utterance_id"]: row for row in rows(staged(workspace) / "utterances.parquet")}
    assert {number: row["text"] for number, row in after.items()} != before
    link = next(row for row in rows(staged(workspace) / "links.parquet") if row["event_id"] == facts["added"])
    found = after[link["utterance_id"]]
    assert (link["decided_by"], link["accepted"]) == ("label", True)
    assert found["start_ms"] < facts["target"]["end_ms"]
    assert found["end_ms"] > facts["target"]["start_ms"]


def test_labels_go_from_one_workspace_to_another_and_none_is_there_twice(
    corrected: tuple[Path, dict[str, Any]], done: Path, tmp_path: Path, run: Run
) -> None:
    workspace, facts = corrected
    for form in ("csv", "parquet"):
        assert run("labels", "export", "--as", form, "--out", tmp_path / f"l.{form}", "-w", workspace).exit_code == 0
    folder = staged(workspace)
    ben = [
        label(folder, facts["added"], facts["target"], rater="ben"),
        label(folder, facts["refused"], facts["target"], rater="ben", at_order=1),
        label(folder, "nobody wrote this", None, rater="ben", at_order=2),
        label(folder, facts["refused"], None, rater="ben", recording_id="elsewhere", label_id="x", at_order=3),
    ]
    write_table(LABELS.table(ben), tmp_path / "ben.parquet", LABELS)

    def merged(name: str, *more: Any) -> Any:
        return json.loads(run("labels", "import", tmp_path / name, *more, "-w", done, "--json").stdout)

    first, again = merged("l.csv"), merged("l.parquet")
    theirs = merged("ben.parquet")
    renamed = merged("ben.parquet", "--rater", "cat")

    assert (first["added"], first["duplicates"], first["rejects"]) == (3, 0, {})
    assert (again["added"], again["duplicates"]) == (0, 3)
    assert (theirs["added"], theirs["conflicts"]) == (2, 1)
    assert theirs["rejects"] == {
        "its message is not in the recording's chat": 1,
        "its recording is not in this workspace": 1,
    }
    assert (renamed["added"], renamed["duplicates"]) == (0, 2)
    told = run("labels", "list", "-w", done).stdout
    assert f"{folder.name}  3 messages: 1 disputed, 2 reply" in told
    assert "0 drawn at random, 0 of them usable; answers: ann 3, ben 2" in told
    told = run("labels", "agreement", "-w", done).stdout
    assert "ann and ben: 2 messages" in told
    assert "of 1 that both call replies 1 to the same speech" in told


def test_label_studio_gets_tasks_and_gives_answers_back(
    corrected: tuple[Path, dict[str, Any]], tmp_path: Path, run: Run
) -> None:
    workspace = Path(shutil.copytree(corrected[0], tmp_path / "w"))
    out = tmp_path / "tasks.json"
    name = staged(workspace).name
    printed = run("labels", "export", "--only", name, "--count", 10, "--out", out, "-w", workspace).stdout
    tasks = json.loads(out.read_text())
    for number, task in enumerate(tasks):
        choice = task["data"]["options"][0]["value"] if number % 2 else "nothing that was said"
        result = {"id": "made", "from_name": "answer", "to_name": "message", "type": "choices",
                  "value": {"choices": [choice]}}  # fmt: skip
        if not task["annotations"]:
            task["annotations"] = [{"id": number, "completed_by": {"email": "ben"}, "result": [result]}]
    out.write_text(json.dumps(tasks))

    first = json.loads(run("labels", "import", out, "-w", workspace, "--json").stdout)
    again = json.loads(run("labels", "import", out, "-w", workspace, "--json").stdout)

    assert printed.splitlines() == [str(out), str(tmp_path / "tasks.xml")]
    assert len(tasks) == 13
    assert (first["added"], first["duplicates"], first["rejects"]) == (10, 3, {})
    assert (again["added"], again["duplicates"]) == (0, 13)
    assert run("align", "--only", name, "-w", workspace).exit_code == 0
    report = json.loads((staged(workspace) / "report_align.json").read_text())["report"]
    assert report["labels"]["random"] == 5


def test_files_that_hold_no_labels_are_refused_in_one_line(curated: Path, tmp_path: Path, run: Run) -> None:
    for name, content in {"a.json": b"[]", "b.csv": b"x,y\n1,2\n", "c.txt": b"", "d.csv": b"\xff\xfe\x00"}.items():
        path = tmp_path / name
        path.write_bytes(content)
        found = run("labels", "import", path, "-w", curated)
        assert found.exit_code == 1
        assert found.stderr.count("\n") == 1
        assert found.stderr.startswith("error: ")
    assert not list((curated / "labels").glob("*.jsonl"))
    assert run("labels", "export", "--as", "csv", "--out", tmp_path / "no.csv", "-w", curated).exit_code == 1
    assert "no labels yet" in run("labels", "list", "-w", curated).stdout
    assert "nobody" not in run("labels", "agreement", "-w", curated).stdout
    assert "no labels yet: 30 answers" in run("status", "-w", curated).stdout


def test_an_import_of_what_is_not_whole_says_what_is_amiss(done: Path, tmp_path: Path, run: Run) -> None:
    folder = staged(done)
    events = [row["event_id"] for row in rows(folder / "chat_events.parquet")[:3]]
    two = [label(folder, events[0], None), label(folder, events[1], None, rater="ben", at_order=1)]
    append_journal(tmp_path / "two.jsonl", LABELS, two)
    append_journal(tmp_path / "cut.jsonl", LABELS, [label(folder, name, None) for name in events[1:]])
    (tmp_path / "cut.jsonl").write_bytes((tmp_path / "cut.jsonl").read_bytes()[:-9])
    (tmp_path / "columns.csv").write_text("label_id,verdict,recording_id,event_id\n1,unsure,2,3\n")
    (tmp_path / "other.csv").write_text("x,y\n1,2\n")

    def refused(name: str, *more: str) -> str:
        found = run("labels", "import", tmp_path / name, *more, "-w", done)
        assert found.exit_code == (2 if more[1:] and more[1] != "cat" else 1)
        return found.stderr

    assert "two.jsonl: holds labels of 2 people (ann, ben)" in refused("two.jsonl", "--rater", "cat")
    for name in ("", " ", "a\nb", "x" * 100):
        assert "is no name" in refused("two.jsonl", "--rater", name)
    told = refused("columns.csv")
    assert "columns.csv: columns rater, asked_as, stratum, inclusion_probability, blind, at_order missing" in told
    assert "other.csv: no task names an event" in refused("other.csv")
    assert not list((done / "labels").glob("*.jsonl"))
    cut = run("labels", "import", tmp_path / "cut.jsonl", "-w", done)
    assert cut.stdout == (
        "1 label added of 1 read, 0 were here already\n1 not used: the file's last line is cut short\n"
    )
    assert cut.stderr == f"let the links learn: dougpt align --workspace {done}\n"


def test_between_a_label_and_the_alignment_it_is_said_what_is_due(done: Path, run: Run) -> None:
    folder = staged(done)
    sample = rows(done / "curated/default/train.parquet")[0]
    event_id = sample["responses"][0]["event_id"]
    trained = done / "runs" / ("0" * 16)
    trained.mkdir(parents=True)
    recipe = {"fingerprint": "0", "inputs": ["0"], "settings": "0", "code": "0", "key": None, "versions": {}}
    nothing = run("generate", "hello", "-w", done).stderr
    (trained / "stage.json").write_text(json.dumps({"recipe": recipe, "dataset": "default"}))
    (trained / "run.json").write_text('{"run_id": "1"}')
    before = run("trace", sample["sample_id"], "-w", done).stdout
    append_journal(done / "labels" / "a.jsonl", LABELS, [label(folder, event_id, None)])

    told = run("trace", sample["sample_id"], "-w", done).stdout
    status = run("status", "-w", done).stdout
    dry = run("align", "--dry-run", "-w", done).stdout

    due = ["align is due (input changed)", "curate is due (input changed)", f"run: dougpt pipeline --workspace {done}"]
    assert "due" not in before
    assert told.splitlines()[-3:] == due
    assert run("trace", "--event", event_id, "-w", done).stdout.splitlines()[-3:] == due
    assert " = " not in told
    assert "'accept_probability': 0.3" in run("trace", sample["sample_id"], "--settings", "-w", done).stdout
    assert f"not all of them were learned from yet; run: dougpt align --workspace {done}" in status
    assert "train default is stale: input changed, settings changed, code changed" in status
    assert f"train      stale  last run {trained.name}\n" in status
    assert "nothing is trained on the dataset 'default' yet; to train, run: dougpt pipeline --workspace" in nothing
    assert "or take" not in nothing
    told = run("generate", "hello", "-w", done).stderr
    assert f"the last run, {trained.name}, is stale: input changed, settings changed, code changed" in told
    assert told.endswith(f"or take what is there: --run {trained.name}\n")
    assert [line.split()[:2] for line in dry.splitlines()] == [["align", folder.name], ["1", "job,"]]
    assert run("align", "--dry-run", "--only", rows(done / "curated/default/test.parquet")[0]["recording_id"],
               "-w", done).stdout == "nothing to do\n"  # fmt: skip


def test_a_file_in_labels_that_holds_none_says_what_to_do(curated: Path, tmp_path: Path, run: Run) -> None:
    for name, content in {"stray.jsonl": b'{"a": 1}\n', "cut.parquet": b"PAR1", "other.jsonl": OTHER}.items():
        place = Path(shutil.copytree(curated, tmp_path / name, ignore=shutil.ignore_patterns("labels")))
        (place / "labels").mkdir()
        (place / "labels" / name).write_bytes(content)
        for command in (("status",), ("labels", "list")):
            found = run(*command, "-w", place)
            assert (found.exit_code, found.stderr.count("\n")) == (1, 1)
            assert str(place / "labels" / name) in found.stderr
            assert "move it out of labels/" in found.stderr


def test_a_table_of_labels_is_what_the_contract_says(corrected: tuple[Path, dict[str, Any]], tmp_path: Path,
                                                      run: Run) -> None:  # fmt: skip
    path = tmp_path / "l.parquet"
    assert run("labels", "export", "--as", "parquet", "--out", path, "-w", corrected[0]).exit_code == 0
    assert isinstance(LABELS.check(pq.read_table(path)), pa.Table)


def test_a_table_holds_what_stands_and_with_all_what_was_taken_back_too(
    corrected: tuple[Path, dict[str, Any]], tmp_path: Path, run: Run
) -> None:
    workspace = Path(shutil.copytree(corrected[0], tmp_path / "w"))
    folder, facts = staged(workspace), corrected[1]
    old = f"l-{facts['refused']}-ann"
    rows = [label(folder, facts["refused"], None, label_id="back", verdict="unsure", undoes=old, at_order=9)]
    write_table(LABELS.table(rows), workspace / "labels" / "later.parquet", LABELS)

    def ids(*more: str) -> list[str]:
        out = tmp_path / "l.csv"
        assert run("labels", "export", "--as", "csv", "--out", out, "-w", workspace, *more).exit_code == 0
        return sorted(line.split('"')[1] for line in out.read_text().splitlines()[1:])

    assert sorted([*ids(), old, "back"]) == ids("--all")
    assert len(ids()) == 2


def test_status_tells_how_many_random_labels_count(
    corrected: tuple[Path, dict[str, Any]], tmp_path: Path, run: Run
) -> None:
    workspace = Path(shutil.copytree(corrected[0], tmp_path / "w"))
    folder, facts = staged(workspace), corrected[1]
    rows = [label(folder, facts["refused"], facts["target"], rater="ben", asked_as="random", at_order=8)]
    write_table(LABELS.table(rows), workspace / "labels" / "ben.parquet", LABELS)

    told = run("status", "--workspace", workspace).stdout

    assert "3 messages labelled, 1 drawn at random (0 usable; the others are disputed or unsure), by ann, ben" in told
