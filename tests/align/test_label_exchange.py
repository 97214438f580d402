"""Labels leave as CSV and as Label Studio's tasks and come back as they were, whichever export they come in."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from dougpt_align import align
from dougpt_align.asking import questions
from dougpt_align.label_csv import from_csv, to_csv
from dougpt_align.label_studio import NOT_LISTED, NOTHING, UNSURE, NotLabelStudioError, from_label_studio, to_tasks
from dougpt_schema import LABELS
from dougpt_schema.testing import tables
from hypothesis import given, settings

type Make = Callable[..., Any]
SAID = ("verdict", "utterance_start_ms", "utterance_end_ms", "utterance_text", "asked_as", "stratum")


@pytest.fixture(scope="module")
def tasks(make: Make, label: Make) -> tuple[list[dict[str, Any]], pa.Table]:
    """Tasks of a small recording, of which the first forty events are labelled."""
    made = make(4, minutes=8)
    labels = label(made, range(40))
    found = align(made.utterances, made.chat_events, labels=labels)
    asked = questions(found.links, found.candidates, made.utterances, made.chat_events, labels=labels, count=20)
    return to_tasks(asked, labels, found.candidates, made.utterances, made.chat_events), labels


def annotate(task: dict[str, Any], choice: str, **more: Any) -> dict[str, Any]:
    """The task as Label Studio's JSON holds it once somebody chose."""
    result = {"id": "Dx_aB91ISN", "from_name": "answer", "to_name": "message", "type": "choices", "origin": "manual",
              "value": {"choices": [choice]}}  # fmt: skip
    annotation = {"id": 1001, "completed_by": 7, "result": [result], "was_cancelled": False, "ground_truth": False,
                  "created_at": "2026-03-09T22:16:08.728353Z", "updated_at": "2026-03-09T22:16:08.728378Z",
                  "lead_time": 4.288}  # fmt: skip
    return {"id": 1, "data": task["data"], "annotations": [annotation | more], "predictions": []}


def as_csv(whole: list[dict[str, Any]]) -> str:
    """What Label Studio's converter makes of its JSON: a row an annotation, lists as JSON, ids of results lost."""
    names = [*sorted(whole[0]["data"]), "answer", "annotator", "annotation_id", "created_at", "updated_at", "lead_time"]
    out = io.StringIO()
    writer = csv.DictWriter(out, names, quoting=csv.QUOTE_NONNUMERIC)
    writer.writeheader()
    for task in whole:
        data = {name: json.dumps(value) if isinstance(value, list) else value for name, value in task["data"].items()}
        for one in task["annotations"]:
            choice = one["result"][0]["value"]["choices"][0]
            writer.writerow(data | {"answer": choice, "annotator": one.get("completed_by", "ann@example.org"),
                                    "annotation_id": one.get("id", 0), "created_at": "", "updated_at": ""})  # fmt: skip
    return out.getvalue()


def as_json_min(whole: list[dict[str, Any]]) -> str:
    return json.dumps(
        [
            task["data"] | {"answer": one["result"][0]["value"]["choices"][0], "annotator": 7, "annotation_id": 5}
            for task in whole
            for one in task["annotations"]
        ]
    )  # fmt: skip


@pytest.mark.parametrize("write", [json.dumps, as_csv, as_json_min], ids=["json", "csv", "json-min"])
def test_answers_that_went_along_come_back_as_themselves(
    tasks: tuple[list[dict[str, Any]], pa.Table], write: Callable[[Any], str]
) -> None:
    whole, labels = tasks

    found = from_label_studio(write([task for task in whole if task["annotations"]]))

    assert found.rejects == {}
    came = {row["label_id"]: row for row in found.labels.to_pylist()}
    went = {row["label_id"]: row for row in labels.to_pylist()}
    assert came.keys() == went.keys()
    for name, row in came.items():
        assert {key: row[key] for key in (*SAID, "rater", "blind")} == {
            key: went[name][key] for key in (*SAID, "rater", "blind")
        }


def test_every_choice_of_a_new_task_becomes_what_it_says(tasks: tuple[list[dict[str, Any]], pa.Table]) -> None:
    whole, _ = tasks
    task = next(task for task in whole if not task["annotations"] and len(task["data"]["candidates"]) > 2)
    span = task["data"]["candidates"][1]
    expected = {
        span["choice"]: ("reply", span["start_ms"], span["end_ms"], span["text"]),
        NOTHING: ("not_a_reply", None, None, None),
        NOT_LISTED: ("reply", None, None, None),
        UNSURE: ("unsure", None, None, None),
    }
    assert {NOTHING, NOT_LISTED, UNSURE, span["choice"]} <= {one["value"] for one in task["data"]["options"]}
    for choice, said in expected.items():
        for text in (json.dumps([annotate(task, choice)]), as_csv([annotate(task, choice)])):
            row = from_label_studio(text, first_order=11).labels.to_pylist()[0]
            assert (row["verdict"], row["utterance_start_ms"], row["utterance_end_ms"], row["utterance_text"]) == said
            assert (row["rater"], row["at_order"], row["event_id"]) == ("7", 11, task["data"]["event_id"])
            assert row["inclusion_probability"] == task["data"]["inclusion_probability"]
            assert row["asked_as"] == task["data"]["asked_as"]


def test_the_same_answer_has_the_same_id_and_a_changed_one_another(
    tasks: tuple[list[dict[str, Any]], pa.Table],
) -> None:
    task = tasks[0][-1]

    def name(choice: str) -> str:
        return str(from_label_studio(json.dumps([annotate(task, choice)])).labels["label_id"][0])

    assert name(NOTHING) == name(NOTHING)
    assert name(NOTHING) != name(UNSURE)


def test_an_annotation_that_went_along_and_was_changed_is_a_new_answer_of_who_changed_it(
    tasks: tuple[list[dict[str, Any]], pa.Table],
) -> None:
    task = next(task for task in tasks[0] if task["annotations"])
    old = task["data"]["answers"][0]
    other = UNSURE
    changed = annotate(task, other, completed_by={"id": 3, "email": "ben@example.org"})
    changed["annotations"][0]["result"][0]["id"] = old["label_id"]

    row = from_label_studio(json.dumps([changed])).labels.to_pylist()[0]

    assert (row["rater"], row["verdict"]) == ("ben@example.org", "unsure")
    assert row["label_id"] != old["label_id"]


def test_what_cannot_be_used_is_counted_with_its_reason(tasks: tuple[list[dict[str, Any]], pa.Table]) -> None:
    task = tasks[0][-1]
    bad = annotate(task, NOTHING)
    bad = bad | {"data": bad["data"] | {"inclusion_probability": "much"}}
    rows = [
        annotate(task, NOTHING),
        annotate(task, NOTHING, was_cancelled=True),
        annotate(task, NOTHING, result=[]),
        annotate(task, "what was never offered"),
        {"data": {"text": "another project"}, "annotations": []},
    ]

    found = from_label_studio(json.dumps(rows))
    broken = from_label_studio(json.dumps([bad]))

    assert found.labels.num_rows == 1
    assert found.rejects == {
        "no task of dougpt: it names no event": 1,
        "skipped in Label Studio": 1,
        "the answer is none of the task's choices": 1,
        "without exactly one answer": 1,
    }
    assert broken.labels.num_rows == 0
    assert broken.rejects == {"inclusion_probability is null": 1}


@pytest.mark.parametrize("text", ["[1]", "[", "{}", "a,b\n1,2\n", '[{"data": {}}]', ""])
def test_what_is_no_export_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(NotLabelStudioError):
        from_label_studio(text)


@given(tables(LABELS, max_rows=8))
@settings(max_examples=40)
def test_csv_gives_back_what_it_was_given(labels: pa.Table) -> None:
    found = from_csv(to_csv(labels))

    assert found.rejects == {}
    before, after = labels.to_pylist(), found.labels.to_pylist()
    for row in before:
        # An empty text and none look the same in CSV.
        row["utterance_text"] = row["utterance_text"] or None
        row["undoes"] = row["undoes"] or None
    assert after == before


def test_rows_of_a_csv_that_break_the_contract_are_counted(label: Make, make: Make) -> None:
    labels = label(make(4, minutes=3), range(5))
    head, *lines = to_csv(labels).replace('"', "").splitlines()
    lines[0] = lines[0].replace("reply", "maybe")
    lines[1] = lines[1].replace(",true,", ",perhaps,")
    lines[2] = lines[2].replace("0.1", "2.5")
    lines.append(lines[3].replace("r,random", "other,random"))

    found = from_csv("\n".join([head, *lines]))

    assert found.labels.num_rows == 2
    assert sum(found.rejects.values()) == 4
    assert "blind is no bool" in found.rejects
    assert "label_id stands for another label of this file" in found.rejects
