"""Folders become recordings; what cannot be used is named with its cause, and nothing is decided by names alone."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from dougpt_media import ingest
from dougpt_media.ingestion import NothingUsableError
from dougpt_media.walking import UnusableFileError
from dougpt_schema import REJECTS, SOURCES, file_sha256, recording_id

CHAT = {
    "FileInfo": {},
    "streamer": {"name": "DougDoug"},
    "video": {"id": "123456789", "length": 6, "created_at": "2024-05-04T18:00:07Z"},
    "comments": [],
}
VTT = "WEBVTT\n\n00:01.000 --> 00:02.000\nhello\n"


@pytest.fixture
def folder(tmp_path: Path, make_clicks: Callable[..., Path]) -> Path:
    """A recording with chat and captions, under names and endings that say nothing or lie."""
    inside = tmp_path / "folder"
    (inside / "deep").mkdir(parents=True)
    shutil.move(make_clicks("v.mp4", 6.0), inside / "stream 123456789.txt")
    (inside / "deep" / "export.bin").write_text(json.dumps(CHAT))
    (inside / "stream 123456789.en.mp4").write_text(VTT)
    return inside


def test_files_are_known_by_content_and_matched_with_evidence(folder: Path) -> None:
    result = ingest([folder])

    SOURCES.check(result.sources)
    rows = {row["role"]: row for row in result.sources.to_pylist()}
    assert set(rows) == {"video", "chat", "captions"}
    assert {row["recording_id"] for row in rows.values()} == {recording_id("twitch", "123456789")}
    assert {row["channel"] for row in rows.values()} == {"dougdoug"}
    assert {row["broadcast_start"] for row in rows.values()} == {datetime(2024, 5, 4, 18, 0, 7, tzinfo=UTC)}
    assert rows["video"]["sha256"] == file_sha256(folder / "stream 123456789.txt")
    assert rows["chat"]["container"] == "twitchdownloader"
    assert set(result.proposals["evidence"].to_pylist()) == {"chat header", "its name has the id of export.bin"}
    assert result.report.counts == {"files": 3, "recordings": 1, "sources": 3, "rejects": 0}


def test_whereabouts_are_outside_the_tables(folder: Path) -> None:
    result = ingest([folder])

    assert set(result.whereabouts) == set(result.sources["source_id"].to_pylist())
    assert all(Path(place["path"]).stat().st_size == place["size"] for place in result.whereabouts.values())
    assert str(folder) not in str(result.sources.to_pylist()) + str(result.proposals.to_pylist())


def test_the_same_files_elsewhere_give_the_same_tables(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "else" / "where"
    shutil.copytree(folder, elsewhere)

    one, other = ingest([folder]), ingest([elsewhere])

    assert one.sources.equals(other.sources)
    assert one.proposals.equals(other.proposals)
    assert one.report.to_dict() == other.report.to_dict()


def test_what_cannot_be_used_in_a_folder_is_counted_and_named(folder: Path) -> None:
    (folder / "empty.mp4").touch()
    (folder / "notes.mp4").write_text("buy milk\n")
    (folder / "cut.mp4").write_bytes((folder / "stream 123456789.txt").read_bytes()[:5000])
    shutil.copy(folder / "stream 123456789.txt", folder / "twice.mp4")
    (folder / ".hidden").write_text("x")

    result = ingest([folder])

    REJECTS.check(result.rejects)
    assert {row["subject_id"]: row["reason"] for row in result.rejects.to_pylist()} == {
        "empty.mp4": "empty",
        "notes.mp4": "unrecognised",
        "cut.mp4": "unreadable",
        "twice.mp4": "duplicate",
    }
    assert result.report.counts["files"] == result.report.counts["sources"] + result.report.counts["rejects"]


@pytest.mark.parametrize(
    ("content", "cause"), [(b"", "empty"), (b"buy milk\n", "no captions"), (b"\0\1\2" * 999, "no sound or video")]
)
def test_a_file_that_was_named_must_be_usable(tmp_path: Path, content: bytes, cause: str) -> None:
    path = tmp_path / "talk.mp4"
    path.write_bytes(content)

    with pytest.raises(UnusableFileError, match=rf"talk\.mp4: .*{cause}"):
        ingest([path])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnusableFileError, match=r"gone\.mp4: no such file"):
        ingest([tmp_path / "gone.mp4"])


def test_a_folder_with_nothing_usable_is_an_error_that_counts(tmp_path: Path) -> None:
    with pytest.raises(NothingUsableError, match="there are no files"):
        ingest([tmp_path])
    (tmp_path / "notes.txt").write_text("buy milk")
    with pytest.raises(NothingUsableError, match=r"none of 1 files .* the first, notes\.txt"):
        ingest([tmp_path])


def test_media_that_are_cut_off_are_refused_unless_asked_for(make_clicks: Callable[..., Path]) -> None:
    path = make_clicks("cut.mkv", 8.0)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    with pytest.raises(UnusableFileError, match=r"cut\.mkv: the file is cut off: only .* of 8\.0 s"):
        ingest([path])
    kept = ingest([path], keep_truncated=True)

    assert kept.sources["status"].to_pylist() == ["truncated"]
    assert "cut.mkv is truncated" in kept.report.warnings[0]


def test_media_shorter_than_their_info_json_says_are_truncated(
    make_clicks: Callable[..., Path], tmp_path: Path
) -> None:
    make_clicks("talk.ts", 4.0)
    info = {"id": "dQw4w9WgXcQ", "extractor_key": "Youtube", "duration": 20, "channel": "DougDoug"}
    (tmp_path / "talk.info.json").write_text(json.dumps(info))

    result = ingest([tmp_path])

    assert result.sources["status"].to_pylist() == ["truncated"]
    assert result.sources["recording_id"].to_pylist() == [recording_id("youtube", "dQw4w9WgXcQ")]
    assert "of the 20.0 s that talk.info.json tells" in result.report.warnings[0]


def test_a_recording_keeps_its_id_when_a_source_is_added(folder: Path, tmp_path: Path) -> None:
    video = shutil.copy(folder / "stream 123456789.txt", tmp_path / "talk.mp4")
    first = ingest([video])
    (tmp_path / "talk.json").write_text(json.dumps(CHAT))

    second = ingest([tmp_path / "talk.json"], known=first.sources)

    assert set(second.sources["role"].to_pylist()) == {"video", "chat"}
    assert set(second.sources["recording_id"].to_pylist()) == set(first.sources["recording_id"].to_pylist())
    assert list(second.whereabouts) == [row["source_id"] for row in second.sources.to_pylist() if row["role"] == "chat"]


def test_ingesting_again_changes_nothing(folder: Path) -> None:
    first = ingest([folder])

    again = ingest([folder], known=first.sources)

    assert again.sources.equals(first.sources)


def test_a_given_id_and_channel_hold_for_all_files(folder: Path) -> None:
    result = ingest([folder], video_id="555555555", channel="other")

    assert set(result.sources["recording_id"].to_pylist()) == {recording_id("twitch", "555555555")}
    assert set(result.sources["channel"].to_pylist()) == {"other"}


def test_real_speech_and_a_real_chat_are_one_recording_when_told_so(real_data: Path) -> None:
    paths = [real_data / "speech" / "conversation.wav", real_data / "chat" / "twitch-v5-highlight.json"]

    apart, together = ingest(paths), ingest(paths, video_id="1087079172")

    assert len(set(apart.sources["recording_id"].to_pylist())) == 2
    assert len(set(together.sources["recording_id"].to_pylist())) == 1


def test_whoever_knows_more_formats_of_chat_is_asked_about_text_captions_and_tables(tmp_path: Path) -> None:
    files = {"log.txt": "a log\n", "cues.srt": "1\n0:00:01,000 --> 0:00:03,000\nann: hi\n", "t.bin": "PAR1\0\0PAR1"}
    for name, text in (files | {"speech.vtt": VTT, "notes.md": "dear diary\n"}).items():
        (tmp_path / name).write_text(text)
    asked: list[str] = []

    def chat_format(path: Path) -> str | None:
        asked.append(path.name)
        return "a_format" if path.name in files else None

    result = ingest([tmp_path], chat_format=chat_format)

    assert sorted(asked) == sorted([*files, "notes.md"])
    chats = [row for row in result.sources.to_pylist() if row["role"] == "chat"]
    assert {row["name"]: row["container"] for row in chats} == dict.fromkeys(files, "a_format")
    assert result.rejects["subject_id"].to_pylist() == ["notes.md"]
    without = ingest([tmp_path]).rejects.to_pylist()
    assert {row["subject_id"]: row["reason"] for row in without} == {
        "log.txt": "unrecognised",
        "notes.md": "unrecognised",
        "t.bin": "unrecognised",
    }
