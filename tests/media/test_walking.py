"""Every file is met once; one that cannot be looked at is named with its cause."""

import os
from pathlib import Path

import pytest
from dougpt_media import ingest
from dougpt_media.walking import UnusableFileError, walk

VTT = "WEBVTT\n\n00:01.000 --> 00:02.000\nhello\n"


def names(folder: Path) -> list[str]:
    return [found.name for found in walk([folder])]


def test_folders_are_searched_to_their_bottom_in_order_and_hidden_files_left_out(tmp_path: Path) -> None:
    for name in ("b/2.vtt", "b/10.vtt", "a.vtt", ".hidden", ".git/x"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(VTT)

    assert names(tmp_path) == ["a.vtt", "b/10.vtt", "b/2.vtt"]


def test_links_are_followed_once_and_loops_end(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.vtt").write_text(VTT)
    (tmp_path / "in" / "again").symlink_to(tmp_path / "in")
    (tmp_path / "up").symlink_to(tmp_path)
    (tmp_path / "same.vtt").symlink_to(tmp_path / "in" / "a.vtt")
    (tmp_path / "round").symlink_to(tmp_path / "round")
    (tmp_path / "lost").symlink_to(tmp_path / "nowhere")

    found = {one.name: one.cause for one in walk([tmp_path])}

    assert list(found) == ["in/a.vtt", "lost", "round"]
    assert found["in/a.vtt"] == ""
    assert found["lost"].startswith("a link that leads nowhere")
    assert found["round"].startswith("a link that leads nowhere")


def test_what_is_no_regular_file_is_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "a.vtt").write_text(VTT)

    result = ingest([tmp_path])

    assert [(row["subject_id"], row["detail"]) for row in result.rejects.to_pylist()] == [
        ("pipe", "is no regular file")
    ]
    with pytest.raises(UnusableFileError, match="pipe: is no regular file"):
        ingest([tmp_path / "pipe"])


def test_a_folder_that_cannot_be_read_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "locked").mkdir()
    (tmp_path / "a.vtt").write_text(VTT)
    listed = Path.iterdir

    def refuse(folder: Path) -> object:
        if folder.name == "locked":
            raise PermissionError(13, "Permission denied")
        return listed(folder)

    monkeypatch.setattr(Path, "iterdir", refuse)

    result = ingest([tmp_path])

    assert [(row["subject_id"], row["reason"]) for row in result.rejects.to_pylist()] == [("locked", "unreadable")]
    assert "Permission denied" in result.rejects["detail"][0].as_py()
    assert result.report.counts["files"] == 2


def test_a_name_that_is_no_text_is_counted_and_odd_ones_are_kept(tmp_path: Path) -> None:
    odd = ["two\nlines.vtt", "bell\a.vtt", "\u202egnp.vtt"]
    for number, name in enumerate(odd):
        (tmp_path / name).write_text(f"{VTT}{number}")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.vtt")).write_text(VTT)

    result = ingest([tmp_path])

    assert set(result.sources["name"].to_pylist()) == set(odd)
    assert result.rejects["subject_id"].to_pylist() == ["\\xff.vtt"]
    assert "no valid UTF-8" in result.rejects["detail"][0].as_py()
