"""A sitting goes on through a new alignment, a forgotten person and a restart."""

from dataclasses import replace
from pathlib import Path

import pyarrow.compute as pc
import pytest
from desks import EVENTS, RECORDING, desk_in, questions, recording
from dougpt_review import Book, Desk, Material
from dougpt_review.book import RefusedError
from dougpt_review.desk import NoSuchQuestionError
from dougpt_schema import LABELS, UTTERANCES
from dougpt_schema.journal import read_journal

OWNER = "a" * 16


def test_a_new_alignment_is_read_and_what_was_answered_is_not_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dougpt_review.desk.LOOK_AGAIN_S", 0.0)
    aligned = {"times": 0, "made": recording()}

    def load() -> Material:
        return Material({RECORDING: aligned["made"]}, questions())

    book = Book(tmp_path / "j.jsonl", rater="anna", blind=False, labels=LABELS.empty())
    desk = Desk(load, book, stamp=lambda: aligned["times"])
    first = desk.take(OWNER)
    assert first is not None
    desk.answer("1" * 32, first.question.name, "none")
    held = desk.take(OWNER)
    assert held is not None

    # The words have other times now, and whoever wrote the next message was forgotten.
    made = recording()
    later = [
        row | {"start_ms": row["start_ms"] + 7, "end_ms": row["end_ms"] + 7} for row in made.utterances.to_pylist()
    ]
    gone = pc.not_equal(made.chat_events["event_id"], held.question.event_id)
    changed = replace(made, utterances=UTTERANCES.table(later), chat_events=made.chat_events.filter(gone))
    aligned.update(times=1, made=changed)
    shown = desk.take(OWNER)

    assert shown is not None
    assert shown.said[0].start_ms == 7
    assert desk.progress().left == EVENTS - 2
    with pytest.raises(NoSuchQuestionError):
        desk.answer("2" * 32, held.question.name, "none")
    with pytest.raises(RefusedError, match="transcribed anew"):
        desk.answer("3" * 32, shown.question.name, "reply:0:4000")
    desk.answer("3" * 32, shown.question.name, "reply:7:4007")


def test_after_a_restart_the_same_answer_gives_the_same_label_and_what_was_taken_back_comes_first(
    tmp_path: Path,
) -> None:
    desk = desk_in(tmp_path)
    names = []
    for number in range(3):
        item = desk.take(OWNER)
        assert item is not None
        names.append(item.question.name)
        desk.answer(f"{number:032x}", names[-1], "none")
    desk.undo("f" * 32, f"{1:032x}", OWNER)

    again = desk_in(tmp_path, labels=read_journal(tmp_path / "anna.jsonl", LABELS))

    assert again.answer(f"{0:032x}", names[0], "none")["at_order"] == 0
    first = again.take(OWNER)
    assert first is not None
    assert first.question.name == names[1]
    assert again.progress().left == EVENTS - 2
