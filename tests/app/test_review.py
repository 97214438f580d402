"""Answers of people in a workspace: read from journals, part of recipes, forgotten with a person; and the command."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from dougpt.labels import LabelsDifferError, all_labels, labels_fingerprint, labels_of
from dougpt.lock import seated
from dougpt.plan import Plan
from dougpt.project import Project
from dougpt.reviewing import NothingToReviewError, Sitting, _recording, _worth, open_desk
from dougpt.workspace import Workspace
from dougpt_chat import pseudonym
from dougpt_schema import CHAT_EVENTS, LABELS, read_table, write_table
from dougpt_schema.journal import append_journal, read_journal


def label(recording: str, event: str, number: int, **other: Any) -> dict[str, Any]:
    return {
        "label_id": f"{number:032x}",
        "recording_id": recording,
        "event_id": event,
        "verdict": "not_a_reply",
        "rater": "anna",
        "asked_as": "random",
        "stratum": "all",
        "inclusion_probability": 0.5,
        "blind": False,
        "at_order": number,
        **other,
    }


def events_of(workspace: Path, recording: str) -> list[dict[str, Any]]:
    return list(read_table(workspace / "staged" / recording / "chat_events.parquet", CHAT_EVENTS).to_pylist())


def test_labels_of_journals_and_tables_are_read_together_and_once(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    append_journal(workspace.labels / "anna-1.jsonl", LABELS, [label("r", "a", 1), label("s", "b", 2)])
    write_table(LABELS.table([label("r", "a", 1), label("r", "c", 3)]), workspace.labels / "i.parquet", LABELS)

    assert all_labels(workspace)["event_id"].to_pylist() == ["a", "b", "c"]
    found = labels_of(workspace, "r")
    assert found is not None
    assert found["event_id"].to_pylist() == ["a", "c"]
    assert labels_of(workspace, "t") is None


def test_the_fingerprint_is_that_of_the_rows_of_a_recording_wherever_they_stand(tmp_path: Path) -> None:
    workspace, other = Workspace(tmp_path / "one"), Workspace(tmp_path / "two")
    append_journal(workspace.labels / "a.jsonl", LABELS, [label("r", "a", 1)])
    write_table(LABELS.table([label("r", "a", 1)]), other.labels / "z.parquet", LABELS)
    before = labels_fingerprint(workspace, "r")
    assert before == labels_fingerprint(other, "r") != ()

    append_journal(workspace.labels / "a.jsonl", LABELS, [label("s", "b", 2)])
    assert labels_fingerprint(workspace, "r") == before
    append_journal(workspace.labels / "a.jsonl", LABELS, [label("r", "c", 3)])
    assert labels_fingerprint(workspace, "r") != before


def test_one_id_that_says_two_things_is_refused(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    append_journal(workspace.labels / "a.jsonl", LABELS, [label("r", "a", 1)])
    append_journal(workspace.labels / "b.jsonl", LABELS, [label("r", "a", 1, verdict="unsure")])

    with pytest.raises(LabelsDifferError, match="says different things"):
        all_labels(workspace)


def test_labels_make_an_alignment_stale_and_a_forgotten_person_leaves_them(done: Path, run: Any) -> None:
    project = Project.open(done)
    recording = next(iter(project.recordings))
    gone = pseudonym("viewer3", project.key)
    events = events_of(done, recording)
    theirs = next(row["event_id"] for row in events if row["author"] == gone)
    others = next(row["event_id"] for row in events if row["author"] not in {gone, None})
    journal = done / "labels" / "anna-1.jsonl"
    append_journal(journal, LABELS, [label(recording, theirs, 1), label(recording, others, 2)])
    assert Plan(Project.open(done)).job("align", recording).state == "stale"

    found = json.loads(run("forget", "viewer3", "--workspace", done, "--json").stdout)

    assert found["removed"]["anna-1"] == 1
    assert read_journal(journal, LABELS)["event_id"].to_pylist() == [others]


def test_a_desk_asks_of_what_is_aligned_and_keeps_answers_that_align_reads(done: Path) -> None:
    project = Project.open(done)
    recording = next(iter(project.recordings))
    desk = open_desk(project, [recording], Sitting("Änna M.", blind=False, goal=10))
    first = desk.take("a" * 16)
    assert first is not None
    desk.answer("1" * 32, first.question.name, "none")

    labels = labels_of(project.workspace, recording)
    assert labels is not None
    assert labels["rater"].to_pylist() == ["Änna M."]
    assert [path.name[:6] for path in (done / "labels").iterdir()] == ["nna-m-"]
    again = open_desk(project, [recording], Sitting("Änna M.", blind=False, goal=10))
    assert again.is_answered(first.question.name)
    item = again.take("b" * 16)
    assert item is not None
    assert item.question != first.question


def test_only_what_is_disputed_is_asked_again_and_the_new_answer_replaces_the_old_one(done: Path, run: Any) -> None:
    project = Project.open(done)
    recording = next(iter(project.recordings))
    plain = [row for row in events_of(done, recording) if row["kind"] == "message"]
    said = {"verdict": "reply", "utterance_start_ms": 0, "utterance_end_ms": 900, "utterance_text": "any red door"}
    given = [label(recording, row["event_id"], number) for number, row in enumerate(plain[:3])]
    theirs = [
        label(recording, plain[0]["event_id"], 10, rater="ben", asked_as="active", **said),
        label(recording, plain[1]["event_id"], 11, rater="ben"),
        label(recording, plain[2]["event_id"], 12, rater="ben", verdict="unsure"),
    ]
    append_journal(done / "labels" / "both.jsonl", LABELS, [*given, *theirs])
    told = json.loads(run("labels", "agreement", "-w", done, "--json").stdout)
    listed = run("labels", "agreement", "-w", done).stdout

    assert [(one["event_id"], one["message"], one["on"]) for one in told["disputed"]] == [
        (plain[0]["event_id"], plain[0]["text"], "verdict")
    ]
    assert "anna: answers nothing" in listed
    assert 'ben: answers "any red door" at 0:00:00.0' in listed
    assert f'"{plain[0]["text"]}"' in listed
    third = open_desk(project, [recording], Sitting("cat", blind=False, goal=10, disputed=True))
    asked = third.take("c" * 16)
    assert asked is not None
    assert (asked.question.event_id, asked.question.asked_as) == (plain[0]["event_id"], "random")
    desk = open_desk(project, [recording], Sitting("ben", blind=True, goal=10, disputed=True))
    asked = desk.take("a" * 16)
    assert asked is not None
    assert (asked.question.event_id, asked.question.asked_as) == (plain[0]["event_id"], "active")
    assert (desk.progress().left, desk.progress().goal) == (1, 1)
    assert desk.answer("f" * 32, asked.question.name, "none")["undoes"] == f"{10:032x}"
    assert desk.take("a" * 16) is None
    assert json.loads(run("labels", "agreement", "-w", done, "--json").stdout)["disputed"] == []
    with pytest.raises(NothingToReviewError, match="no two people disagree"):
        open_desk(project, [recording], Sitting("ben", blind=False, goal=10, disputed=True))


def test_the_answer_of_a_third_person_settles_what_two_disagree_on(done: Path, run: Any) -> None:
    project = Project.open(done)
    recording = next(iter(project.recordings))
    event = next(row["event_id"] for row in events_of(done, recording) if row["kind"] == "message")
    said = {"verdict": "reply", "utterance_start_ms": 0, "utterance_end_ms": 900, "utterance_text": "any red door"}
    given = [label(recording, event, 1), label(recording, event, 2, rater="ben", **said)]
    append_journal(done / "labels" / "both.jsonl", LABELS, given)
    assert "1 disputed" in run("labels", "list", "-w", done).stdout

    desk = open_desk(project, [recording], Sitting("cat", blind=False, goal=10, disputed=True))
    asked = desk.take("c" * 16)
    assert asked is not None
    assert desk.answer("e" * 32, asked.question.name, "none")["undoes"] is None

    assert json.loads(run("labels", "agreement", "-w", done, "--json").stdout)["disputed"] == []
    assert "1 not_a_reply" in run("labels", "list", "-w", done).stdout
    with pytest.raises(NothingToReviewError, match="no two people disagree"):
        open_desk(project, [recording], Sitting("dan", blind=False, goal=10, disputed=True))


def test_the_worth_of_labels_is_told_of_the_recording_that_was_answered_last(done: Path) -> None:
    project = Project.open(done)
    first, *_, last = sorted(project.recordings)
    rows = [
        label(first, events_of(done, first)[0]["event_id"], 5),
        label(last, events_of(done, last)[0]["event_id"], 1),
    ]
    append_journal(done / "labels" / "anna-1.jsonl", LABELS, rows)
    made = {name: _recording(project, name) for name in (first, last)}

    told = _worth(project, made, "anna")

    assert first != last
    assert made[first].known_by in told
    assert made[first].title in told


def test_what_cannot_be_reviewed_is_refused_in_one_line(ingested: Path, done: Path, run: Any) -> None:
    refused = run("review", "--workspace", ingested)
    assert (refused.exit_code, refused.stderr.count("\n")) == (1, 1)
    assert "run: dougpt align" in refused.stderr
    assert run("review", "--workspace", done, "--rater", " ").exit_code == 2
    with seated(Workspace(done), "me"):
        busy = run("review", "--workspace", done)
    assert busy.exit_code == 1
    assert "--rater" in busy.stderr
    with pytest.raises(NothingToReviewError):
        open_desk(Project.open(ingested), list(Project.open(ingested).recordings), Sitting("me", blind=False, goal=1))


def test_the_command_prints_the_address_ends_on_ctrl_c_and_says_what_is_next(done: Path) -> None:
    import signal
    import socket

    command = [sys.executable, "-m", "dougpt", "review", "--workspace", str(done), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ) as server:
        assert server.stdout is not None
        address = server.stdout.readline()
        port = int(address.split(":")[2].split("/")[0])
        assert "?token=" in address
        taken = subprocess.run(
            [*command[:-1], str(port), "--rater", "ben"], capture_output=True, text=True, check=False, timeout=60
        )
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            pass
        server.send_signal(signal.SIGINT)
        _, told = server.communicate(timeout=30)
    assert (taken.returncode, taken.stderr) == (
        1,
        f"error: port {port} is taken, perhaps by another `dougpt review`; choose one: --port 0 takes any\n",
    )
    assert server.returncode == 0
    assert "no answers were given" in told
