"""Folders become recordings; what cannot be used is named with its cause, and nothing is decided by names alone."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from dougpt_media import ingest
from dougpt_media.ingestion import NothingUsableError
from dougpt_media.progress import FileProgress
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
    with pytest.raises(NothingUsableError, match=r"none of 1 files .*; notes\.txt: text, but no"):
        ingest([tmp_path])
    for number in range(6):
        (tmp_path / f"{number}.mp4").touch()
    with pytest.raises(NothingUsableError, match=r"0\.mp4: the file is empty; 1\.mp4: .*; 4\.mp4: .*; and 2 more"):
        ingest([tmp_path])


def test_media_that_are_cut_off_are_refused_unless_asked_for(make_clicks: Callable[..., Path]) -> None:
    path = make_clicks("cut.mkv", 8.0)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    with pytest.raises(
        UnusableFileError, match=r"cut\.mkv: the file is cut off: only .* of 8\.0 s.*; --keep-truncated"
    ):
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


def test_the_same_bytes_under_another_name_are_warned_of(make_clicks: Callable[..., Path], tmp_path: Path) -> None:
    video = make_clicks("talk.mp4", 6.0)
    first = ingest([video])
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(video, other / "copy.mp4")
    (other / "copy.info.json").write_text(json.dumps({"id": "abc", "extractor_key": "Youtube", "duration": 60}))

    again = ingest([video], known=first.sources)
    second = ingest([other], known=first.sources)

    assert again.report.warnings == ()
    known = first.sources["recording_id"][0].as_py()
    changes = "name talk.mp4 becomes copy.mp4, status ok becomes truncated"
    assert f"copy.mp4 holds bytes of the recording {known} already: {changes}" in second.report.warnings
    third = ingest([other], known=second.sources)
    assert not [text for text in third.report.warnings if "already" in text]


def test_two_renditions_of_one_part_are_warned_of(make_clicks: Callable[..., Path]) -> None:
    one, two = make_clicks("talk.mkv", 6.0), make_clicks("talk.mp4", 6.0)

    found = ingest([one, two])

    assert len(set(found.sources["recording_id"].to_pylist())) == 1
    said = "talk.mkv and talk.mp4 are renditions of one part, by name and length: talk.mkv is the one heard"
    assert found.report.warnings == (said,)


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


def test_twitch_metadata_beside_a_video_tell_its_mutes_and_are_no_source(
    make_clicks: Callable[..., Path], tmp_path: Path
) -> None:
    make_clicks("vod 123456789.ts", 6.0)
    video = {"id": "123456789", "duration": "6s", "muted_segments": [{"offset": 2, "duration": 2}, {"offset": "x"}]}
    (tmp_path / "video.json").write_text(json.dumps({"data": [video]}))

    result = ingest([tmp_path])

    (row,) = result.sources.to_pylist()
    assert (row["recording_id"], row["muted"]) == (
        recording_id("twitch", "123456789"),
        [{"from_ms": 2000, "to_ms": 4000}],
    )
    assert (row["status"], row["status_evidence"], row["told_duration_ms"]) == ("ok", None, 6_000)
    assert result.report.warnings == ("video.json: 1 of its muted stretches make no sense",)
    assert [stream["kind"] for stream in row["streams"]] == ["video", "audio"]


def test_metadata_that_come_later_tell_of_a_recording_that_is_known(
    make_clicks: Callable[..., Path], tmp_path: Path
) -> None:
    path = make_clicks("vod [v123456789].ts", 6.0)
    first = ingest([path])
    (tmp_path / "later").mkdir()
    video = {"id": "123456789", "lengthSeconds": 60, "muteInfo": None}
    (tmp_path / "later" / "video.json").write_text(json.dumps({"data": {"video": video}}))

    told = ingest([tmp_path / "later"], known=first.sources)
    again = ingest([path], known=told.sources)

    (row,), (kept,) = told.sources.to_pylist(), again.sources.to_pylist()
    assert (row["status"], row["told_duration_ms"], row["muted"]) == ("truncated", 60_000, [])
    assert row["status_evidence"].endswith("of the 60.0 s that video.json tells")
    assert kept["status_evidence"].endswith("of the 60.0 s that an earlier ingest tells")


def test_a_part_that_is_added_makes_the_parts_whole(make_clicks: Callable[..., Path], tmp_path: Path) -> None:
    for number, seconds in ((1, 20.0), (2, 12.0)):
        shutil.move(make_clicks(f"{number}.ts", seconds, picture=False), tmp_path / f"vod part {number}.ts")
    (tmp_path / "vod.info.json").write_text(
        json.dumps({"id": "dQw4w9WgXcQ", "extractor_key": "Youtube", "duration": 32})
    )
    first = ingest([tmp_path / "vod part 1.ts", tmp_path / "vod.info.json"])

    both = ingest([tmp_path / "vod part 2.ts"], known=first.sources)

    assert first.sources["status"].to_pylist() == ["truncated"]
    rows = sorted(both.sources.to_pylist(), key=lambda row: row["part_index"])
    assert [(row["part_index"], row["status"], row["status_evidence"]) for row in rows] == [
        (0, "ok", None),
        (1, "ok", None),
    ]
    assert rows[1]["part_start_ms"] == rows[0]["duration_ms"]


def test_media_that_lie_where_they_lay_are_not_read_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = ingest([folder])
    monkeypatch.setattr("dougpt_media.inspection.probe", lambda *_: pytest.fail("read again"))
    monkeypatch.setattr("dougpt_media.inspection.file_sha256", lambda *_: pytest.fail("hashed again"))

    again = ingest([folder], known=first.sources, places=first.whereabouts)

    assert again.sources.equals(first.sources)
    assert again.whereabouts == first.whereabouts


def test_a_file_of_the_same_size_that_changed_is_read_again(folder: Path) -> None:
    first = ingest([folder])
    captions = folder / "stream 123456789.en.mp4"
    captions.write_text(captions.read_text().replace("hello", "jello"))

    again = ingest([folder], known=first.sources, places=first.whereabouts)

    assert file_sha256(captions) in again.sources["sha256"].to_pylist()
    assert len(again.whereabouts) == 3


@pytest.mark.parametrize(("how", "reason"), [("vanishes", "unreadable"), ("grows", "changing")])
def test_a_file_that_is_not_left_alone_while_it_is_read_is_counted(
    folder: Path, how: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim = folder / "victim.vtt"
    victim.write_text(VTT + "more")

    def hashed(path: Path, progress: object = None) -> str:
        if path == victim:
            victim.unlink() if how == "vanishes" else victim.write_text(VTT)
        return file_sha256(path)

    monkeypatch.setattr("dougpt_media.inspection.file_sha256", hashed)

    result = ingest([folder])

    assert [(row["subject_id"], row["reason"]) for row in result.rejects.to_pylist()] == [("victim.vtt", reason)]


def test_progress_counts_files_and_bytes_up_to_the_whole(folder: Path) -> None:
    told: list[FileProgress] = []

    ingest([folder], progress=told.append)

    total = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    assert [one.file for one in told] == sorted(one.file for one in told)
    assert {one.file for one in told} == {1, 2, 3}
    assert {(one.files, one.total_bytes) for one in told} == {(3, total)}
    done = [one.done_bytes for one in told]
    assert done == sorted(done)
    assert 0 == done[0] < done[-1] <= total


@pytest.mark.parametrize(
    "content",
    [
        "[]",
        "7",
        '"x"',
        "null",
        "{",
        '{"id": {}, "formats": []}',
        '{"id": "a", "extractor": 7, "duration": NaN}',
        "{" * 9999,
    ],
)
def test_metadata_that_are_none_are_counted_or_say_nothing(folder: Path, content: str) -> None:
    expected = ingest([folder]).sources
    (folder / "odd.info.json").write_text(content)

    result = ingest([folder])

    assert result.sources.equals(expected)
    assert set(result.rejects["reason"].to_pylist()) <= {"unrecognised"}


def test_an_id_with_a_path_in_it_stays_an_id(folder: Path) -> None:
    info = {"id": "../../x", "extractor": "kick", "duration": -5}
    (folder / "stream 123456789.info.json").write_text(json.dumps(info))

    result = ingest([folder])

    assert recording_id("other", "../../x") in result.sources["recording_id"].to_pylist()
