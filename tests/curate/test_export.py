"""Exports hold every reply once, in forms that trainers read, and the same bytes for the same samples."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from dougpt_curate import curate, jsonl, messages_jsonl, prompt_completion_jsonl, sharegpt_jsonl


@pytest.fixture(scope="module")
def samples(make_recordings: Callable[..., Any]) -> Any:
    return curate(*make_recordings(["a", "b"], messages=60).tables).samples


def test_plain_lines_give_the_samples_back(samples: Any) -> None:
    rows = [json.loads(line) for line in jsonl(samples)]

    assert rows == json.loads(json.dumps(samples.to_pylist()))


def test_a_burst_is_a_prompt_and_its_completion(samples: Any) -> None:
    rows = [json.loads(line) for line in prompt_completion_jsonl(samples)]

    for row, sample in zip(rows, samples.to_pylist(), strict=True):
        (asked,), (answer,) = row["prompt"], row["completion"]
        assert (asked["role"], answer["role"]) == ("user", "assistant")
        assert asked["content"].split("\n") == [
            f"[chat: {sample['rate_bucket']}]",
            *sample["context"],
            sample["prompt"],
        ]
        assert answer["content"].split("\n") == [reply["text"] for reply in sample["responses"]]
        assert row["sample_id"] == sample["sample_id"]


def test_single_form_has_a_line_for_each_reply_with_its_weight(samples: Any) -> None:
    rows = [json.loads(line) for line in prompt_completion_jsonl(samples, "single")]

    replies = [(sample["sample_id"], reply) for sample in samples.to_pylist() for reply in sample["responses"]]
    assert [(row["sample_id"], row["event_id"]) for row in rows] == [
        (name, reply["event_id"]) for name, reply in replies
    ]
    assert [row["weight"] for row in rows] == pytest.approx([reply["weight"] for _, reply in replies], abs=1e-4)


def test_conversations_carry_the_same_words_in_every_form(samples: Any) -> None:
    forms = (prompt_completion_jsonl(samples), messages_jsonl(samples), sharegpt_jsonl(samples))

    for one, two, three in zip(*(map(json.loads, form) for form in forms), strict=True):
        said = [message["content"] for message in (*one["prompt"], *one["completion"])]
        assert [message["content"] for message in two["messages"]] == said
        assert [(turn["from"], turn["value"]) for turn in three["conversations"]] == list(
            zip(("human", "gpt"), said, strict=True)
        )


def test_a_line_is_one_line(samples: Any) -> None:
    for form in (jsonl, prompt_completion_jsonl, messages_jsonl, sharegpt_jsonl):
        lines = list(form(samples))
        assert lines == list(form(samples))
        assert not [line for line in lines if "\n" in line]
