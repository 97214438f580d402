"""`dougpt chat --from-video`: what a video shows becomes events, or anchors where there is an export too."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from dougpt.commands.chat import TEXT_ENGINES
from dougpt.picture.reading import anchors_of
from dougpt.project import Project
from dougpt.settings import PictureSettings, TextEngine
from dougpt_chat import pseudonym
from dougpt_schema import ANCHORS, CHAT_EVENTS, read_table

pytest.importorskip("rapidocr", reason="needs dougpt-chat[ocr]")
pytest.importorskip("PIL", reason="draws with Pillow")

from chat_clips import Clip, Piece, Said, render

OCR_MODULES = ("cv2", "rapidocr", "onnxruntime")
SAID = (
    ("walrus", "what a jump over there"),
    ("PandaBear", "no way he did it again"),
    ("kettle42", "question about the bread"),
    ("zorlo", "who let the duck in"),
    ("miloton", "skip the cutscene please"),
)
CLIP = Clip(
    seed=5,
    seconds=3.0,
    fps=10,
    size=(480, 270),
    panel=(250, 20, 220, 240),
    messages_per_s=3.0,
    script=tuple(Said(name, (Piece(text),)) for name, text in SAID),
    font_px=13,
    preset="ultrafast",
    crf=20,
    hud=False,
)
REGION = "250,20,220,240"


def export(first_ms: list[int]) -> dict[str, Any]:
    """A TwitchDownloader export in which the same was said 100 s later, among other messages."""
    said = [(100_000 + at_ms, name, text) for at_ms, (name, text) in zip(first_ms, SAID, strict=True)]
    said += [(3000 * number, f"other{number}", f"something else number {number}") for number in range(30)]
    comments = [
        {
            "_id": f"m-{number}",
            "created_at": "2024-05-04T18:00:07Z",
            "content_offset_seconds": at_ms / 1000,
            "commenter": {"display_name": name, "_id": name, "name": name.lower()},
            "message": {"body": text, "fragments": [{"text": text, "emoticon": None}], "user_badges": []},
        }
        for number, (at_ms, name, text) in enumerate(sorted(said))
    ]
    return {
        "FileInfo": {"Version": {"Major": 1, "Minor": 4, "Patch": 0}, "CreatedAt": "2024-05-05T00:00:00Z"},
        "streamer": {"name": "Owner", "login": "owner", "id": 9},
        "video": {"title": "T", "id": "77", "created_at": "2024-05-04T18:00:07Z", "start": 0, "length": 300},
        "comments": comments,
    }


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory, run: Any) -> tuple[Path, Path, list[int]]:
    """A workspace with a video that shows a chat, its chat read; the video, and when each message was seen."""
    folder = tmp_path_factory.mktemp("drawn")
    (folder / "in").mkdir()
    truth = render(CLIP, folder / "in" / "clip.mp4")
    assert run("init", folder / "w", "--example-key").exit_code == 0
    assert run("ingest", folder / "in", "--workspace", folder / "w", "--yes").exit_code == 0
    return folder / "w", folder / "in", [message.first_ms for message in truth.messages]


def test_the_settings_and_the_options_know_the_same_engines() -> None:
    assert TextEngine.__args__ == TEXT_ENGINES
    for region in ((1, 2, 3), (-1, 0, 5, 5), (0, 0, 0, 5)):
        with pytest.raises(ValueError, match="not left, top, width and height"):
            PictureSettings(region=region)


def test_nothing_read_or_exported_gives_no_anchors() -> None:
    assert anchors_of(None, CHAT_EVENTS.empty()).num_rows == 0


def test_a_video_alone_is_not_read_unless_asked_and_then_becomes_events(
    drawn: tuple[Path, Path, list[int]], run: Any
) -> None:
    place, _, first_ms = drawn
    refused = run("chat", "--workspace", place)
    assert refused.exit_code == 1
    assert "dougpt chat --from-video --only" in refused.stderr
    assert run("chat", "--workspace", place, "--region", "1,2,3").exit_code == 2

    result = run("chat", "--workspace", place, "--from-video", "--region", REGION, "--report")

    assert result.exit_code == 0, result.stderr
    (name,) = Project.open(place).recordings
    events = read_table(place / "staged" / name / "chat_events.parquet", CHAT_EVENTS)
    assert events["origin"].unique().to_pylist() == ["rendered"]
    assert events.num_rows == len(SAID)
    assert all(abs(found - true) <= 500 for found, true in zip(events["offset_ms"].to_pylist(), first_ms, strict=True))
    assert read_table(place / "staged" / name / "anchors.parquet", ANCHORS).num_rows == 0
    page = place / "secret" / "pictures" / f"{name}.html"
    assert str(page) in result.stderr
    assert "walrus" in page.read_text()
    assert "walrus" not in (place / "reports" / f"chat-{name}.html").read_text()
    # What was chosen holds: nothing is to be done again.
    assert "up to date" in run("chat", "--workspace", place).stderr
    assert json.loads(run("status", "-w", place, "--json").stdout)["recordings"][0]["own_settings"]["picture"] == {
        "from_video": True,
        "region": [250, 20, 220, 240],
    }


def test_beside_an_export_the_picture_gives_anchors_and_no_events(
    drawn: tuple[Path, Path, list[int]], run: Any
) -> None:
    place, files, first_ms = drawn
    (files / "clip.json").write_text(json.dumps(export(first_ms)))
    assert run("ingest", files, "--workspace", place, "--yes").exit_code == 0
    (name,) = Project.open(place).recordings

    result = run("chat", "--workspace", place, "--from-video", "--region", REGION)

    assert result.exit_code == 0, result.stderr
    assert "of them seen in the picture" in result.stderr
    events = read_table(place / "staged" / name / "chat_events.parquet", CHAT_EVENTS)
    anchors = read_table(place / "staged" / name / "anchors.parquet", ANCHORS)
    assert events.num_rows == len(SAID) + 30
    assert "rendered" not in events["origin"].to_pylist()
    offsets = dict(zip(events["event_id"].to_pylist(), events["offset_ms"].to_pylist(), strict=True))
    assert anchors.num_rows >= 3
    for anchor in anchors.to_pylist():
        assert abs(offsets[anchor["event_id"]] - anchor["at_ms"] - 100_000) <= 1500

    assert run("forget", "walrus", "--workspace", place).exit_code == 0
    left = read_table(place / "staged" / name / "anchors.parquet", ANCHORS)["event_id"].to_pylist()
    assert set(left) <= set(
        read_table(place / "staged" / name / "chat_events.parquet", CHAT_EVENTS)["event_id"].to_pylist()
    )
    assert not (place / "secret" / "pictures" / f"{name}.html").exists()


def test_a_reset_gives_dougpt_toml_back(drawn: tuple[Path, Path, list[int]], run: Any) -> None:
    place, *_ = drawn
    run("chat", "--workspace", place, "--engine", "rapidocr", "--dry-run")

    assert run("chat", "--workspace", place, "--reset").exit_code in (0, 1)

    assert Project.open(place).own_settings == {}


def test_a_roster_of_other_recordings_tells_what_letters_alike_do_not(
    drawn: tuple[Path, Path, list[int]], tmp_path: Path, run: Any
) -> None:
    _, files, first_ms = drawn
    place, dotted = tmp_path / "w", ("walrus", "waIrus")
    other = json.dumps(export(first_ms)).replace(*dotted)
    (tmp_path / "other.json").write_text(other)
    assert run("init", place, "--example-key").exit_code == 0
    for path in (files / "clip.mp4", tmp_path / "other.json"):
        assert run("ingest", path, "--workspace", place, "--channel", "Owner", "--yes").exit_code == 0
    alone = run("chat", "-w", place, "--only", "other", "--from-video", "--roster", "clip")
    assert (alone.exit_code, "no recording called 'clip' has a chat export" in alone.stderr) == (1, True)
    chosen = ("--only", "clip", "--from-video", "--region", REGION, "--roster", "channel")
    early = run("chat", "-w", place, *chosen)
    assert (early.exit_code, "run: dougpt chat --only" in early.stderr) == (1, True), early.stderr

    result = run("chat", "-w", place)

    assert result.exit_code == 0, result.stderr
    events = {
        name: read_table(place / "staged" / name / "chat_events.parquet", CHAT_EVENTS)
        for name in Project.open(place).recordings
    }
    read, exported = sorted(events.values(), key=len)
    assert read["origin"].unique().to_pylist() == ["rendered"]
    assert pseudonym(dotted[1]) in set(read["author"].to_pylist()) & set(exported["author"].to_pylist())
    assert "up to date" in run("chat", "-w", place, "--only", "clip").stderr


def test_stages_need_nothing_for_pictures_where_none_is_read() -> None:
    code = f"import sys; sys.modules.update(dict.fromkeys({OCR_MODULES!r})); from dougpt.stages import align, chat"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
