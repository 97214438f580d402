"""Around a message: what was said, what was written, what it may answer, and nothing of a guess in blind mode."""

from dataclasses import replace
from pathlib import Path

import pytest
from desks import EVENTS, desk_in, questions, recording
from dougpt_review import Medium
from dougpt_review.scene import Scene
from dougpt_schema import LINKS

ASKED = questions()[14]


def test_candidates_come_by_probability_and_in_blind_mode_by_time_without_it() -> None:
    scene = Scene(recording())
    seen, blind = scene.item(ASKED, blind=False), scene.item(ASKED, blind=True)

    assert [one.probability for one in seen.candidates] == pytest.approx([0.6, 0.2, 0.1])
    assert [one.key for one in seen.candidates] == [1, 2, 3]
    starts = [one.start_ms for one in blind.candidates]
    assert starts == sorted(starts) == sorted(one.start_ms for one in seen.candidates)
    assert blind.nothing is None
    assert {one.probability for one in (*blind.candidates, *blind.said)} == {None}


def test_what_another_person_decided_is_never_shown_as_the_models_guess() -> None:
    made = recording()
    by_hand = {"decided_by": "label", "background": 1.0, "reason": "labelled_no_reply", "probability": 0.0}
    links = [row | (by_hand if row["event_id"] == ASKED.event_id else {}) for row in made.links.to_pylist()]
    item = Scene(replace(made, links=LINKS.table(links))).item(ASKED, blind=False)

    assert item.nothing == pytest.approx(0.1)
    assert sum(one.probability or 0.0 for one in item.candidates) + item.nothing <= 1.0 + 1e-6


def test_in_blind_mode_playing_begins_where_no_guess_decides() -> None:
    scene = Scene(recording())

    leads = {(item := scene.item(question, blind=True)).message.at_ms - item.from_ms for question in questions()[15:]}

    assert leads == {25_000}


def test_chat_is_on_the_recordings_clock_and_the_message_is_marked() -> None:
    item = Scene(recording()).item(ASKED, blind=False)

    assert item.message.at_ms == 14 * 2_000 + 6_000
    assert [line.quote.text for line in item.chat if line.is_asked] == ["message 14"]
    assert [line.at_ms for line in item.chat] == sorted(line.at_ms for line in item.chat)
    assert {one.key for one in item.said if one.key} == {1, 2, 3}


def test_who_is_mentioned_is_told_by_the_letters_of_who_writes() -> None:
    texts = ["hi", "@0000000000000000 lol @streamer @0000000000000000a"]
    item = Scene(recording(texts=texts)).item(questions()[1], blind=False)

    assert item.message.quote.text == "@000000 lol @streamer @0000000000000000a"
    assert item.chat[0].author == "000000"


def test_an_utterance_is_found_by_exactly_its_times() -> None:
    scene = Scene(recording())

    assert scene.utterance(10_000, 14_000) == "what should we name the goat"
    assert scene.utterance(10_000, 14_001) is None
    assert scene.utterance(-1, 4) is None


def test_the_part_that_holds_the_moment_is_played() -> None:
    parts = tuple(
        Medium(f"part{n}", Path("x"), "video/mp4", 30_000 * n, 30_000 * n + 25_000, has_picture=True) for n in range(2)
    )
    scene = Scene(recording(parts))
    played = [item.medium and item.medium.source_id for q in questions() if (item := scene.item(q, blind=True))]

    assert played[0] == "part0"
    assert played[-1] == "part1"
    assert None in played  # in the break between them


def test_progress_counts_this_sitting_and_tells_the_pace(tmp_path: Path) -> None:
    desk = desk_in(tmp_path)
    for number in range(4):
        item = desk.take("a" * 16)
        assert item is not None
        desk.answer(f"{number:032x}", item.question.name, "none")

    progress = desk.progress()
    assert (progress.given, progress.today, progress.left) == (4, 4, EVENTS - 4)
    assert progress.minutes is not None
