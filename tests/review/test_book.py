"""An answer is on the disk before it is acknowledged, once, and can be taken back."""

from pathlib import Path

import pytest
from desks import questions
from dougpt_review import Book
from dougpt_review.book import Answer, RefusedError
from dougpt_schema import LABELS, ArtifactError, Verdict
from dougpt_schema.journal import append_journal, read_journal

NONE = Answer(Verdict.NOT_A_REPLY)
REPLY = Answer(Verdict.REPLY, 10_000, 14_000, "what should we name the goat")
ONE, TWO = questions(2)


def book(folder: Path, rater: str = "anna") -> Book:
    path = folder / "j.jsonl"
    labels = read_journal(path, LABELS) if path.exists() else LABELS.empty()
    return Book(path, rater=rater, blind=False, labels=labels)


def test_the_same_answer_again_gives_the_label_that_is_there_after_a_restart_too(tmp_path: Path) -> None:
    first = book(tmp_path).give("1" * 32, ONE, REPLY)
    again = book(tmp_path).give("1" * 32, ONE, REPLY)

    assert again == first
    assert read_journal(tmp_path / "j.jsonl", LABELS).to_pylist() == [first]
    assert (first["utterance_start_ms"], first["utterance_text"]) == (10_000, REPLY.text)


def test_one_id_stands_for_one_answer(tmp_path: Path) -> None:
    kept = book(tmp_path)
    kept.give("1" * 32, ONE, REPLY)

    with pytest.raises(RefusedError, match="under this id"):
        kept.give("1" * 32, ONE, NONE)
    with pytest.raises(RefusedError, match="32 hex digits"):
        kept.give("../../etc", TWO, NONE)


def test_a_message_is_answered_once_until_the_answer_is_taken_back(tmp_path: Path) -> None:
    kept = book(tmp_path)
    kept.give("1" * 32, ONE, REPLY)
    with pytest.raises(RefusedError, match="meanwhile"):
        kept.give("2" * 32, ONE, NONE)

    taken = kept.undo("3" * 32, "1" * 32)
    assert (taken["undoes"], taken["verdict"], taken["utterance_text"]) == ("1" * 32, "unsure", None)
    assert kept.undo("3" * 32, "1" * 32) == taken
    assert [row["event_id"] for row in book(tmp_path).taken_back()] == [ONE.event_id]
    assert not kept.has_answered(ONE)

    kept.give("2" * 32, ONE, NONE)
    assert kept.has_answered(ONE)
    assert kept.last() == "2" * 32
    with pytest.raises(RefusedError, match="taken back already"):
        kept.undo("4" * 32, "1" * 32)
    assert [row["at_order"] for row in read_journal(tmp_path / "j.jsonl", LABELS).to_pylist()] == [0, 1, 2]


def test_a_second_rater_answers_the_same_message_and_cannot_touch_the_first_one(tmp_path: Path) -> None:
    book(tmp_path).give("1" * 32, ONE, REPLY)
    second = book(tmp_path, rater="ben")

    second.give("2" * 32, ONE, NONE)

    with pytest.raises(RefusedError, match="no such answer of yours"):
        second.undo("3" * 32, "1" * 32)


def test_what_cannot_be_written_is_not_kept(tmp_path: Path) -> None:
    kept = Book(tmp_path / "j.jsonl", rater="anna", blind=False, labels=LABELS.empty())
    (tmp_path / "j.jsonl").mkdir()
    with pytest.raises(ArtifactError, match="cannot be written"):
        kept.give("1" * 32, ONE, NONE)
    assert not kept.has_answered(ONE)

    (tmp_path / "j.jsonl").rmdir()
    kept.give("1" * 32, ONE, NONE)
    assert kept.has_answered(ONE)


def test_a_torn_line_of_a_killed_server_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    append_journal(path, LABELS, [])
    path.write_bytes(path.read_bytes() + b'{"label_id":"11')

    book(tmp_path).give("1" * 32, ONE, NONE)

    assert read_journal(path, LABELS).num_rows == 1


@pytest.mark.parametrize("answer", [NONE, Answer(Verdict.UNSURE)])
def test_what_may_be_answered_anew_is_answered_once_more_and_the_old_answer_is_undone(
    tmp_path: Path, answer: Answer
) -> None:
    book(tmp_path).give("1" * 32, ONE, REPLY)
    book(tmp_path).give("2" * 32, TWO, REPLY)
    labels = read_journal(tmp_path / "j.jsonl", LABELS)

    kept = Book(tmp_path / "j.jsonl", rater="anna", blind=True, labels=labels, again=[(ONE.recording_id, ONE.event_id)])

    assert (kept.has_answered(ONE), kept.has_answered(TWO)) == (False, True)
    new = kept.give("3" * 32, ONE, answer)
    assert kept.give("3" * 32, ONE, answer) == new
    with pytest.raises(RefusedError, match="meanwhile"):
        kept.give("4" * 32, ONE, REPLY)
    assert book(tmp_path).give("3" * 32, ONE, answer) == new
    assert book(tmp_path).has_answered(ONE)
    # One that undoes another and is unsure would only take it back.
    assert new["undoes"] == (None if answer.verdict is Verdict.UNSURE else "1" * 32)
    kept.undo("5" * 32, "3" * 32)
    assert not kept.has_answered(ONE)
    kept.give("6" * 32, ONE, REPLY)
    assert kept.pace().given == 2


def test_a_pause_is_no_pace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("dougpt_review.book.time.monotonic", lambda: now)
    kept, paces = book(tmp_path), []
    for number, (seconds, question) in enumerate(zip([0, 1300, 5, 6, 900, 4, 90], questions(7), strict=True)):
        now += seconds
        kept.give(f"{number:032x}", question, NONE)
        paces.append(kept.pace().seconds)

    assert paces == [None, None, None, None, None, 5, 5.5]
