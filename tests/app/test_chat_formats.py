"""Chat of any tool, saved beside a recording, is found by its content and read on the recording's clock."""

import csv
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow.parquet as pq
import pytest

MESSAGES = [(at_s, f"viewer{at_s % 5}", f"word{at_s} yes") for at_s in range(10, 230, 3)]


def live_chat(path: Path) -> None:
    """What yt-dlp saves of YouTube."""
    with path.open("w", encoding="utf-8") as file:
        for at_s, name, text in MESSAGES:
            renderer = {
                "id": f"id{at_s}",
                "timestampUsec": str((1_700_000_000 + at_s) * 1_000_000),
                "authorName": {"simpleText": name},
                "authorExternalChannelId": f"UC{name}",
                "message": {"runs": [{"text": text}]},
            }
            action = {"addChatItemAction": {"item": {"liveChatTextMessageRenderer": renderer}}}
            json.dump(
                {"replayChatItemAction": {"actions": [action], "videoOffsetTimeMsec": str(at_s * 1000 + 1)}}, file
            )
            file.write("\n")


def chat_downloader(path: Path) -> None:
    """chat-downloader's CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["author.name", "message", "message_id", "time_in_seconds", "time_text"])
        writer.writerows(
            [name, text, f"id{at_s}", at_s, f"{at_s // 60}:{at_s % 60:02d}"] for at_s, name, text in MESSAGES
        )


def clock(seconds: int) -> str:
    return f"0:{seconds // 60:02d}:{seconds % 60:02d}"


def subtitles(path: Path) -> None:
    """Tcd's subtitles, which look like captions."""
    cues = (
        f"{n}\n{clock(at_s)},000 --> {clock(at_s + 2)},000\n{name}: {text}\n"
        for n, (at_s, name, text) in enumerate(MESSAGES, 1)
    )
    path.write_text("\n".join(cues), encoding="utf-8")


@pytest.mark.parametrize(
    ("write", "container"),
    [(live_chat, "youtube_live_chat"), (chat_downloader, "chat_downloader_csv"), (subtitles, "tcd_srt")],
)
def test_chat_beside_captions_is_ingested_and_read(
    write: Any, container: str, tmp_path: Path, tiny: ModuleType, run: Any
) -> None:
    folder = tiny.make_recording(tmp_path / "in", 0, 4)
    (folder / "stream-0.json").unlink()
    write(folder / "stream-0.live_chat.json")
    place = tmp_path / "w"
    run("init", place)

    assert run("ingest", folder, "--yes", "-w", place).exit_code == 0
    (manifest,) = (pq.read_table(path).to_pylist() for path in place.glob("raw/*/sources.parquet"))
    assert {row["role"]: row["container"] for row in manifest} == {"captions": "srt", "chat": container}
    result = run("chat", "--workspace", place)

    assert result.exit_code == 0, result.stderr
    (events,) = (pq.read_table(path).to_pylist() for path in place.glob("staged/*/chat_events.parquet"))
    assert [(row["offset_ms"] // 1000, row["text"]) for row in events] == [(at_s, text) for at_s, _, text in MESSAGES]


def test_a_table_with_words_of_its_own_needs_the_setting(tmp_path: Path, tiny: ModuleType, run: Any) -> None:
    folder = tiny.make_recording(tmp_path / "in", 0, 4)
    (folder / "stream-0.json").write_text("wann,wer,was\n0:00:05,ann,hallo\n0:00:06,bob,tag\n", encoding="utf-8")
    place = tmp_path / "w"
    run("init", place)

    said = run("ingest", folder, "--yes", "--dry-run", "-w", place).output
    assert "skipped stream-0.json" in said
    assert "chat.columns in dougpt.toml" in said
    settings = place / "dougpt.toml"
    columns = '[chat]\ncolumns = {time = "wann", author = "wer", message = "was"}\n'
    settings.write_text(settings.read_text(encoding="utf-8").replace("[chat]\n", columns), encoding="utf-8")
    assert run("ingest", folder, "--yes", "-w", place).exit_code == 0
    assert run("chat", "--workspace", place).exit_code == 0

    (events,) = (pq.read_table(path).to_pylist() for path in place.glob("staged/*/chat_events.parquet"))
    assert [row["text"] for row in events] == ["hallo", "tag"]
