"""The score of a workspace's links is what one counts by hand."""

import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from score_links import link_scores, main, meet, recording_ids, total, word_score

SPANS = st.tuples(st.integers(0, 10_000), st.integers(1, 5000)).map(lambda pair: (pair[0], pair[0] + pair[1]))


def workspace_of(folder: Path, links: list[dict[str, str]], *, shift_ms: int = 0, prefix: str = "") -> Path:
    """A workspace that accepted every true reply, with utterances that are off by `shift_ms`."""
    for video_id in {row["video_id"] for row in links}:
        rows = [row for row in links if row["video_id"] == video_id]
        spans = sorted({(int(row["start_ms"]), int(row["end_ms"])) for row in rows if row["start_ms"]})
        number = {span: place for place, span in enumerate(spans)}
        staged = folder / "staged" / recording_ids(video_id)[1 if prefix else 0]
        staged.mkdir(parents=True)
        utterances = [
            {"utterance_id": place, "start_ms": start + shift_ms, "end_ms": end + shift_ms}
            for (start, end), place in number.items()
        ]
        pq.write_table(pa.Table.from_pylist(utterances), staged / "utterances.parquet")
        linked = [
            {
                "event_id": row["message_id"],
                "utterance_id": number.get((int(row["start_ms"] or 0), int(row["end_ms"] or 0))),
                "accepted": row["kind"] == "reply",
                "probability": 0.8 if row["kind"] == "reply" else 0.3,
                "reason": None if row["kind"] == "reply" else "background",
            }
            for row in rows
        ]
        pq.write_table(pa.Table.from_pylist(linked), staged / "links.parquet")
    return folder


@pytest.mark.parametrize("prefix", ["", "v"])
def test_the_truth_itself_scores_full_marks(prefix: str, tmp_path: Path, links: list[dict[str, str]]) -> None:
    whole = total(link_scores(workspace_of(tmp_path, links, prefix=prefix)))

    assert (whole.precision, whole.recall) == (1.0, 1.0)
    assert whole.messages == len(links)


def test_a_threshold_says_what_it_would_have_accepted(tmp_path: Path, links: list[dict[str, str]]) -> None:
    some = [row for row in links if row["video_id"] == "9100000107"]
    place = workspace_of(tmp_path, some)

    (as_it_is,), (lower,), (higher,) = (link_scores(place, threshold=one) for one in (None, 0.5, 0.81))

    assert lower == as_it_is
    assert (higher.accepted, higher.replies) == (0, as_it_is.replies)


def test_links_to_other_sentences_are_wrong(tmp_path: Path, links: list[dict[str, str]]) -> None:
    some = [row for row in links if row["video_id"] == "9100000107"]

    (score,) = link_scores(workspace_of(tmp_path, some, shift_ms=60_000))

    assert score.right < 0.2 * score.accepted


def test_a_message_that_answers_nothing_counts_against_precision_alone(
    tmp_path: Path, links: list[dict[str, str]]
) -> None:
    some = [row for row in links if row["video_id"] == "9100000107"]
    workspace_of(tmp_path, some)
    path = next(tmp_path.glob("staged/*/links.parquet"))
    rows = pq.read_table(path).to_pylist()
    for row in rows:
        row["utterance_id"], row["accepted"] = row["utterance_id"] or 0, True
    pq.write_table(pa.Table.from_pylist(rows), path)

    (score,) = link_scores(tmp_path)

    assert score.recall == 1.0
    assert score.precision == score.replies / score.messages


def test_starts_of_words_are_compared_where_words_are_the_same(tmp_path: Path, words: list[dict[str, str]]) -> None:
    staged = tmp_path / "staged" / recording_ids("9100000100")[0]
    staged.mkdir(parents=True)
    told = [{"start_ms": int(word["start_ms"]) + 30, "text": word["text"].strip(".,?!").lower()} for word in words]
    told[5]["text"] = "misheard"
    pq.write_table(pa.Table.from_pylist(told), staged / "words.parquet")

    score = word_score(tmp_path)

    assert score is not None
    assert (score.words, score.found, score.staged_ms) == (len(words), len(words) - 1, 30)
    assert score.captions_ms > 40


def test_a_workspace_without_links_is_an_error_in_one_line(tmp_path: Path, examples: Path) -> None:
    done = subprocess.run(
        [sys.executable, examples / "score_links.py", tmp_path], capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "no links" in done.stderr
    assert done.stdout == ""


def test_json_holds_every_recording_and_all(
    tmp_path: Path, links: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["score_links.py", str(workspace_of(tmp_path, links)), "--json"])

    assert main() == 0

    printed = json.loads(capsys.readouterr().out)
    assert len(printed["recordings"]) == len({row["video_id"] for row in links})
    assert printed["all"]["precision"] == 1.0


@given(SPANS, SPANS)
def test_meeting_is_mutual_and_never_at_a_distance(one: tuple[int, int], other: tuple[int, int]) -> None:
    assert meet(one, other) == meet(other, one)
    assert meet(one, one)
    if one[1] <= other[0]:
        assert not meet(one, other)
