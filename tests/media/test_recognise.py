"""A file is what its content says, whatever it is called."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from dougpt_media.recognise import Kind, recognise

JSON3 = {"wireMagic": "pb3", "events": [{"tStartMs": 0, "segs": [{"utf8": "hi"}]}]}
TWITCH = {"FileInfo": {}, "streamer": {"name": "doug"}, "video": {"id": "12345678"}, "comments": [{"_id": "a"}]}
V5 = {"video": {"id": "12345678", "duration": "1h2m3s"}, "comments": [{"_id": "a", "content_id": "12345678"}]}
CASES = {
    Kind.JSON3: json.dumps(JSON3),
    Kind.WEBVTT: "WEBVTT\n\n00:01.000 --> 00:02.000\nhi\n",
    Kind.SRT: "1\n00:00:01,000 --> 00:00:02,000\nhi\n",
    Kind.WHISPERX: json.dumps({"segments": [{"start": 0, "end": 1, "text": "hi"}], "language": "en"}),
    Kind.TWITCH_DOWNLOADER: json.dumps(TWITCH),
    Kind.TWITCH_V5: json.dumps(V5),
    Kind.INFO: json.dumps({"id": "dQw4w9WgXcQ", "extractor_key": "Youtube", "duration": 3.0}),
    Kind.UNKNOWN_TEXT: "Dear diary,\ntoday nothing happened.\n",
}


@pytest.mark.parametrize("kind", CASES)
@pytest.mark.parametrize("name", ["a.mp4", "b.json", "c"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_text_formats_are_told_by_their_shape(tmp_path: Path, kind: Kind, name: str, bom: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(bom + CASES[kind].encode())

    assert recognise(path).kind is kind


@pytest.mark.parametrize("kind", [Kind.TWITCH_DOWNLOADER, Kind.JSON3])
def test_gzip_is_looked_into(tmp_path: Path, kind: Kind) -> None:
    path = tmp_path / "chat.bin"
    path.write_bytes(gzip.compress(CASES[kind].encode()))

    assert recognise(path).kind is kind


def test_a_chat_export_cut_in_its_middle_is_still_known_by_its_head(tmp_path: Path) -> None:
    whole = json.dumps({**TWITCH, "comments": [{"_id": str(index), "text": "x" * 99} for index in range(200)]})
    path, zipped = tmp_path / "chat.json", tmp_path / "chat.gz"
    path.write_text(whole[: len(whole) // 2])
    zipped.write_bytes(gzip.compress(whole.encode())[:-40])

    for cut in (path, zipped):
        found = recognise(cut)
        assert found.kind is Kind.TWITCH_DOWNLOADER
        assert found.header["video"] == {"id": "12345678"}


def test_empty_and_binary_files_are_told_apart(tmp_path: Path, make_clicks: Callable[..., Path]) -> None:
    (tmp_path / "nothing").touch()

    assert recognise(tmp_path / "nothing").kind is Kind.EMPTY
    assert recognise(make_clicks("sound.ts", 1.0)).kind is Kind.MEDIA


def test_a_playlist_is_text_and_never_followed(tmp_path: Path) -> None:
    path = tmp_path / "stream.ts"
    path.write_text("#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n")

    assert recognise(path).kind is Kind.UNKNOWN_TEXT
