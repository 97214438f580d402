"""From every exported line back to the source row, and from messages and minutes to the samples that they are in."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest


@pytest.fixture(scope="module")
def samples(curated: Path) -> list[dict[str, Any]]:
    paths = sorted(curated.glob("curated/default/t*t.parquet")) + sorted(curated.glob("curated/default/train.parquet"))
    return [row for path in paths for row in pq.read_table(path).to_pylist()]


def told(run: Any, *words: object) -> Any:
    result = run("trace", *words, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_a_line_of_every_exported_form_leads_to_its_sample(curated: Path, run: Any, tmp_path: Path) -> None:
    for form in ("messages", "prompt-completion", "sharegpt", "jsonl"):
        path = tmp_path / f"{form}.jsonl"
        assert run("export", "--as", form, "--out", path, "--workspace", curated).exit_code == 0
        last = path.read_text().splitlines()

        found = told(run, "--line", f"{path}:{len(last)}", "--workspace", curated)

        assert found["sample"]["sample_id"] == json.loads(last[-1])["sample_id"]


def test_a_line_of_one_reply_leads_to_that_reply_alone(curated: Path, run: Any, tmp_path: Path) -> None:
    path = tmp_path / "single.jsonl"
    run("export", "--as", "messages", "--replies", "single", "--out", path, "--workspace", curated)
    row = json.loads(path.read_text().splitlines()[0])

    (reply,) = told(run, "--line", f"{path}:1", "--workspace", curated)["replies"]

    assert reply["response"]["event_id"] == row["event_id"]
    assert reply["event"]["text"] == row["messages"][-1]["content"]


def test_a_message_leads_to_the_sample_that_it_is_a_reply_of(
    curated: Path, run: Any, samples: list[dict[str, Any]]
) -> None:
    sample = samples[0]
    event_id = sample["responses"][0]["event_id"]

    found = told(run, "--event", event_id, "--workspace", curated)

    assert [(use["as"], use["sample_id"]) for use in found["uses"]] == [("reply", sample["sample_id"])]
    assert found["link"]["accepted"]
    assert sample["sample_id"] in run("trace", "--event", event_id, "--workspace", curated).stdout


def test_a_message_that_was_left_out_says_why(curated: Path, run: Any) -> None:
    rejects = pq.read_table(curated / "curated/default/rejects.parquet").to_pylist()
    links = {
        row["event_id"]: row
        for path in curated.glob("staged/*/links.parquet")
        for row in pq.read_table(path).to_pylist()
    }
    left_out = next(row for row in rejects if row["subject_id"] in links)
    background = next(row for row in links.values() if not row["accepted"])

    assert (
        told(run, "--event", left_out["subject_id"], "--workspace", curated)["uses"][0]["reason"] == left_out["reason"]
    )
    found = told(run, "--event", background["event_id"], "--workspace", curated)
    assert (found["uses"], found["link"]["reason"]) == ([], background["reason"])


def test_a_minute_leads_to_the_samples_whose_prompts_were_said_in_it(
    curated: Path, run: Any, samples: list[dict[str, Any]]
) -> None:
    recording = samples[0]["recording_id"]

    found = told(run, "--in", recording, "--from", "1:00", "--to", "2:00", "--workspace", curated)

    assert [row["sample_id"] for row in found] == [
        row["sample_id"]
        for row in sorted(samples, key=lambda row: row["start_ms"])
        if row["recording_id"] == recording and row["end_ms"] > 60_000 and row["start_ms"] < 120_000
    ]
    assert found


def test_what_cannot_be_traced_is_said_in_one_line(curated: Path, run: Any, tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text("{}\n")

    assert "no exported line" in run("trace", "--line", f"{tmp_path / 'x.jsonl'}:1", "--workspace", curated).stderr
    assert run("trace", "--line", f"{tmp_path / 'x.jsonl'}:2", "--workspace", curated).exit_code == 2
    assert "no chat messages" in run("trace", "--event", "zzzz", "--workspace", curated).stderr
    assert run("trace", "--workspace", curated).exit_code == 2
