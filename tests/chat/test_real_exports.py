"""Real files of real chats: nothing is lost, counted by other means than ours, and one chat is one in all its forms."""

import csv
import json
import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import irctokens
import pytest
from dougpt_chat import ChatRead, read_chat
from dougpt_chat.formats.twitch_irc import parse_line

RECORDING = "0123456789abcdef"
TRIPLES = (
    "example",
    "twitch-get-live-chat-replay",
    "twitch-get-live-chat-replay-with-start-and-end-time",
    "youtube-get-live-chat-replay",
)
FORMATS = {"json": "chat_downloader", "csv": "chat_downloader_csv", "txt": "chat_downloader_text"}
# Of the text, one name holds a colon, which cannot be told from what was said, and one was changed before it was saved.
OTHER_NAMES = Counter({"example": 2})
TEXT_LINE = re.compile(r"^\[(-?)(?:(\d+):)?(\d+):(\d\d)\] ", re.MULTILINE)


@pytest.fixture(scope="module")
def folder(real_data: Path) -> Path:
    found = real_data / "chat" / "chat-downloader"
    if not found.is_dir():
        pytest.skip("no files of chat-downloader among the real data")
    return found


def read(path: Path) -> ChatRead:
    return read_chat(path, recording_id=RECORDING, source_id="s")


def how_many(path: Path) -> int:
    if path.suffix == ".json":
        return len(json.loads(path.read_text(encoding="utf-8")))
    if path.suffix == ".csv":
        with path.open(newline="", encoding="utf-8") as file:
            return sum(1 for _ in csv.DictReader(file))
    return len(TEXT_LINE.findall(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize("name", TRIPLES)
def test_nothing_of_a_real_file_is_lost(name: str, ending: str, folder: Path) -> None:
    path = folder / f"{name}.{ending}"

    report = read(path).report

    assert report.origin == FORMATS[ending]
    assert report.counts.messages == how_many(path)
    assert not report.counts.rejects
    assert not report.truncated
    assert not report.passed_over


@pytest.mark.parametrize("name", TRIPLES)
def test_a_chat_is_the_same_in_json_csv_and_text(name: str, folder: Path) -> None:
    as_json, as_csv, as_text = (read(folder / f"{name}.{ending}") for ending in FORMATS)

    assert as_csv.events.drop_columns(["origin"]).equals(as_json.events.drop_columns(["origin"]))
    # The text knows whole seconds, so of two alike within one it keeps one; YouTube's people have names alone there.
    columns = ["text"] if as_json.report.platform == "youtube" else ["text", "author"]
    said, written = (
        Counter(map(tuple, zip(*(one.events[name].to_pylist() for name in columns), strict=True)))
        for one in (as_json, as_text)
    )
    assert (said - written).total() <= as_text.report.counts.duplicates + OTHER_NAMES[name]
    assert (written - said).total() == OTHER_NAMES[name]


def test_a_highlights_copied_times_are_noticed_in_every_form(folder: Path) -> None:
    name = "twitch-get-live-chat-replay-with-start-and-end-time"
    for ending in ("json", "csv"):
        report = read(folder / f"{name}.{ending}").report

        assert report.copied_times
        assert report.offset_sources == {"integer": 18}


def test_the_milliseconds_of_youtube_are_taken(folder: Path) -> None:
    raw = json.loads((folder / "youtube-get-live-chat-replay.json").read_text(encoding="utf-8"))

    found = read(folder / "youtube-get-live-chat-replay.json")

    assert sorted(found.events["offset_ms"].to_pylist()) == sorted(item["video_offset_time_msec"] for item in raw)
    assert found.report.offset_sources == {"exact": len(raw)}


def test_every_real_line_of_irc_has_the_fields_that_irctokens_finds(real_data: Path) -> None:
    folder = real_data / "chat" / "irc"
    lines = [line for path in sorted(folder.glob("*")) for line in path.read_text(encoding="utf-8").split("\n") if line]
    if not lines:
        pytest.skip("no lines of IRC among the real data")

    for text in lines:
        ours, theirs = parse_line(text), irctokens.tokenise(text)
        assert ours is not None
        assert ours.command == theirs.command
        assert list(ours.parameters) == theirs.params
        assert dict(ours.tags) == {name: value or "" for name, value in (theirs.tags or {}).items()}
        assert ours.nick == (theirs.hostmask.nickname if theirs.source else "")


def test_each_real_line_of_irc_is_a_message_a_removal_or_counted(real_data: Path) -> None:
    path = real_data / "chat" / "irc" / "twitch-irc.txt"
    if not path.is_file():
        pytest.skip(f"no {path.name} among the real data")
    commands = Counter(
        irctokens.tokenise(line).command for line in path.read_text(encoding="utf-8").split("\n") if line
    )

    found = read_chat(path, recording_id=RECORDING, broadcast_start=datetime(2020, 1, 1, tzinfo=UTC))

    assert found.report.counts.messages == commands["PRIVMSG"] + commands["USERNOTICE"]
    assert found.report.passed_over == {"NOTICE": commands["NOTICE"]}
