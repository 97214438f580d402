"""A long story that breaks off goes on where it was: nothing is lived twice, and nothing half lived is kept."""

from pathlib import Path

import pytest
from thirty.chapters import Chapter, Chapters, together
from thirty.tables import growth, what_was_done


def chapter(title: str, **other: object) -> Chapter:
    known = {
        "recordings": 2,
        "done": 3,
        "kept": 1,
        "why": {"align new": 3},
        "foretold_s": 4.0,
        "stages": {"align": [1.5]},
    }
    return Chapter(title, **known | {"wall_s": 2.0, "cpu_s": 1.0, "peak_mb": 10.0, "stage_mb": {}} | other)  # type: ignore[arg-type]


def test_what_was_lived_is_told_again_and_what_broke_off_begins_as_before(tmp_path: Path) -> None:
    place, lived = tmp_path / "w", []

    def first() -> Chapter:
        lived.append("first")
        place.mkdir()
        (place / "a").write_text("whole")
        return chapter("first")

    def broken() -> Chapter:
        (place / "a").write_text("half")
        raise RuntimeError("killed")

    def second() -> Chapter:
        lived.append((place / "a").read_text())
        return chapter("second", foretold_s=None)

    story = Chapters(tmp_path, {"recordings": 2})
    story.live("first", place, first)
    with pytest.raises(RuntimeError, match="killed"):
        story.live("second", place, broken)
    again = Chapters(tmp_path, {"recordings": 2})
    again.live("first", place, first)
    again.live("second", place, second)

    assert lived == ["first", "whole"]
    assert [one.title for one in again.told] == ["first", "second"]
    assert again.told[0] == story.told[0]


def test_a_folder_holds_one_story(tmp_path: Path) -> None:
    Chapters(tmp_path, {"recordings": 2}).live("a", tmp_path / "w", lambda: chapter("a"))

    with pytest.raises(SystemExit, match="name another folder"):
        Chapters(tmp_path, {"recordings": 3})


def test_a_run_and_what_went_on_with_it_are_one_row_of_the_growth() -> None:
    whole = together(
        chapter("killed", peak_mb=30.0), chapter("resumed", recordings=4, stages={"align": [2.0], "train": [5.0]})
    )

    assert growth([whole]).splitlines()[-1].replace(" ", "") == "|4|6|4|1.0|2|0.5|30|"
    assert whole.stages == {"align": [1.5, 2.0], "train": [5.0]}
    assert "| - |" in " ".join(what_was_done([chapter("a", foretold_s=None)]).split())
