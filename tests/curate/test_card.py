"""The card says in two minutes what is in the dataset and what was kept out."""

import json
from collections.abc import Callable
from typing import Any

from dougpt_curate import curate, dataset_card
from dougpt_curate.reasons import meaning


def test_the_card_counts_what_was_kept_and_why_the_rest_was_not(make_recordings: Callable[..., Any]) -> None:
    report = curate(*make_recordings(list("abcdef"), messages=60).tables).report

    text = dataset_card(report, "example")

    assert text.startswith("# example\n")
    assert f"| **replies kept** | {report.replies['kept']} |" in text
    for reason, count in (report.replies["rejected"] | report.turns["rejected"]).items():
        assert f"| left out: {reason} ({meaning(reason)}) | {count} |" in text
        assert meaning(reason)
    assert "| test | 2 |" in text


def test_warnings_stand_on_top(make_recordings: Callable[..., Any]) -> None:
    text = dataset_card(curate(*make_recordings(["a"]).tables).report)

    assert text.index("no test split") < text.index("## Splits")


def test_the_same_report_gives_the_same_card(make_recordings: Callable[..., Any]) -> None:
    reports = [curate(*make_recordings(["a", "b"]).tables).report for _ in range(2)]

    assert dataset_card(reports[0]) == dataset_card(reports[1])


def test_a_report_is_plain_enough_for_json(make_recordings: Callable[..., Any]) -> None:
    found = curate(*make_recordings(["a"]).tables).report.to_dict()

    assert json.loads(json.dumps(found)) == found


def test_the_card_of_an_empty_dataset_can_be_read(make_dialogue: Callable[..., Any]) -> None:
    report = curate(*make_dialogue(["hello"], [[]]).tables).report

    assert "There are no samples" in dataset_card(report)
