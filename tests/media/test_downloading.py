"""yt-dlp itself fetches from a server on this machine: media, info.json, captions and chat, whole or not at all."""

import json
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from dougpt_media import DownloadSettings, download, ingest
from dougpt_media.download_advice import advice_on
from dougpt_media.download_record import name_of, place_of
from dougpt_media.downloading import DownloadError
from dougpt_media.progress import DownloadProgress
from dougpt_schema import recording_id
from dougpt_schema.installing import pip
from hypothesis import given
from hypothesis import strategies as st

yt_dlp = pytest.importorskip("yt_dlp")
generic = pytest.importorskip("yt_dlp.extractor.generic")
genericembeds = pytest.importorskip("yt_dlp.extractor.genericembeds")

VTT = "WEBVTT\n\n00:01.000 --> 00:02.000\nhello\n"
JSON3 = {"wireMagic": "pb3", "events": [{"tStartMs": 1000, "dDurationMs": 900, "segs": [{"utf8": "hello"}]}]}
CHAT = {"replayChatItemAction": {"actions": [], "videoOffsetTimeMsec": "1000"}}
PAGE = """<html><head><title>My talk</title></head><body>
<video><source src="clip.mp4" type="video/mp4"><track kind="subtitles" srclang="en" src="en.vtt"></video>
</body></html>"""


class Site:
    """A server on loopback: what it was asked for, and a site on it that a small extractor knows."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.address = f"http://127.0.0.1:{port}"
        self.asked: list[tuple[str, str | None]] = []
        self.videos: dict[str, dict[str, Any]] = {}
        self.cookies: set[str | None] = set()

    def count(self, name: str) -> int:
        return sum(path.endswith(name) for path, _ in self.asked)

    def video(self, video_id: str, media: str = "clip.mp4", **more: Any) -> str:
        captions = {
            "en": [{"ext": "vtt", "url": f"{self.address}/en.vtt"}, {"ext": "json3", "url": f"{self.address}/en.json3"}]
        }
        self.videos[video_id] = {
            "id": video_id,
            "title": f"Talk {video_id}",
            "duration": 4,
            "uploader_id": "@DougDoug",
            "formats": [
                {"url": f"{self.address}/{media}", "format_id": "0", "ext": "mp4", "height": 48, "acodec": "aac"}
            ],
            "subtitles": {"live_chat": [{"ext": "json", "url": f"{self.address}/chat.json"}]},
            "automatic_captions": captions,
            **more,
        }
        return f"{self.address}/watch/{video_id}"


@pytest.fixture
def site(tmp_path: Path, make_clicks: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    folder = tmp_path / "site"
    folder.mkdir()
    make_clicks("clip.mp4", 4.0).rename(folder / "clip.mp4")
    (folder / "en.vtt").write_text(VTT)
    (folder / "page.html").write_text(PAGE)
    (folder / "en.json3").write_text(json.dumps(JSON3))
    (folder / "chat.json").write_text(json.dumps(CHAT) + "\n")

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            made.cookies.add(self.headers.get("Cookie"))
            made.asked.append((self.path, self.headers.get("Range")))
            if self.headers.get("Range"):
                self.send_rest(int(self.headers["Range"].removeprefix("bytes=").rstrip("-")))
            else:
                super().do_GET()

        def send_rest(self, first: int) -> None:
            content = (folder / self.path.lstrip("/")).read_bytes()
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
            self.send_header("Content-Length", str(len(content) - first))
            self.end_headers()
            self.wfile.write(content[first:])

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder))) as server:
        made = Site(folder, server.server_port)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        _teach(made, monkeypatch)
        yield made
        server.shutdown()


def _teach(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let yt-dlp know the site, as one of those that it has an extractor for."""

    class YoutubeTestIE(yt_dlp.extractor.common.InfoExtractor):
        _VALID_URL = r"http://127\.0\.0\.1:\d+/(?P<kind>watch|list)/(?P<id>.+)"

        def _real_extract(self, url: str) -> Any:
            kind, name = self._match_valid_url(url).group("kind", "id")
            if kind == "watch":
                return site.videos[name]
            entries = [
                self.url_result(f"{site.address}/watch/{one}", ie=YoutubeTestIE.ie_key(), video_id=one)
                for one in site.videos
            ]
            return self.playlist_result(entries, name, "Everything")

    monkeypatch.setattr(yt_dlp.YoutubeDL, "add_default_info_extractors", _adding(YoutubeTestIE))


def _adding(extractor: type) -> Callable[[Any], None]:
    def add(fetcher: Any) -> None:
        for one in (extractor, genericembeds.HTML5MediaEmbedIE, generic.GenericIE):
            fetcher.add_info_extractor(one())

    return add


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if not path.name.startswith(".")}


def test_media_captions_chat_and_info_come_together_and_are_one_recording(site: Site, tmp_path: Path) -> None:
    found = download(site.video("dQw4w9WgXcQ"), tmp_path / "out")

    (folder,) = found.folders
    assert folder == tmp_path / "out" / "YoutubeTest-dQw4w9WgXcQ"
    name = "Talk dQw4w9WgXcQ [dQw4w9WgXcQ]"
    assert names(folder) == {f"{name}.mp4", f"{name}.info.json", f"{name}.en.json3", f"{name}.live_chat.json"}
    assert found.report.counts == {"fetched": 1, "here_already": 0, "failed": 0}

    sources = ingest([folder], chat_format=lambda path: "youtube" if "live_chat" in path.name else None).sources
    rows = {row["role"]: row for row in sources.to_pylist()}
    assert {name: row["container"] for name, row in rows.items()} == {
        "video": "mp4",
        "captions": "json3",
        "chat": "youtube",
    }
    assert {row["recording_id"] for row in rows.values()} == {recording_id("youtube", "dQw4w9WgXcQ")}
    assert {row["channel"] for row in rows.values()} == {"dougdoug"}
    assert (rows["video"]["status"], rows["video"]["told_duration_ms"]) == ("ok", 4_000)


def test_what_is_here_already_is_asked_for_no_more_by_whichever_address(site: Site, tmp_path: Path) -> None:
    address = site.video("dQw4w9WgXcQ")
    first = download(address, tmp_path / "out")
    asked = len(site.asked)

    again = download(address, tmp_path / "out")
    other = download(f"{site.address}/list/all", tmp_path / "out")

    assert len(site.asked) == asked
    assert again.folders == other.folders == first.folders
    assert again.report.counts == other.report.counts == {"fetched": 0, "here_already": 1, "failed": 0}


def test_a_video_of_which_a_file_was_deleted_is_fetched_again(site: Site, tmp_path: Path) -> None:
    address = site.video("dQw4w9WgXcQ")
    (folder,) = download(address, tmp_path / "out").folders
    (victim,) = folder.glob("*.mp4")
    victim.unlink()

    download(address, tmp_path / "out")

    assert victim.read_bytes() == (site.folder / "clip.mp4").read_bytes()


def test_what_was_interrupted_goes_on_where_it_stopped(site: Site, tmp_path: Path) -> None:
    address, whole = site.video("dQw4w9WgXcQ"), (site.folder / "clip.mp4").read_bytes()
    (folder,) = download(address, tmp_path / "out").folders
    (media,) = folder.glob("*.mp4")
    media.unlink()
    media.with_name(f"{media.name}.part").write_bytes(whole[:5000])

    download(address, tmp_path / "out")

    assert ("/clip.mp4", "bytes=5000-") in site.asked
    assert media.read_bytes() == whole
    assert not list(folder.glob("*.part"))


def test_a_list_is_limited_and_one_bad_video_does_not_end_it(site: Site, tmp_path: Path) -> None:
    for video_id, media in (("aaaaaaaaaaa", "clip.mp4"), ("bbbbbbbbbbb", "none.mp4"), ("ccccccccccc", "clip.mp4")):
        site.video(video_id, media, subtitles={}, automatic_captions={})
    site.video("ddddddddddd")

    found = download(f"{site.address}/list/all", tmp_path / "out", DownloadSettings(most=3))

    assert [folder.name for folder in found.folders] == ["YoutubeTest-aaaaaaaaaaa", "YoutubeTest-ccccccccccc"]
    assert found.report.counts == {"fetched": 2, "here_already": 0, "failed": 1}
    assert "HTTP Error 404" in found.report.warnings[0]


def test_captions_that_cannot_be_had_are_a_warning_and_tried_again(site: Site, tmp_path: Path) -> None:
    address = site.video("dQw4w9WgXcQ")
    (site.folder / "chat.json").rename(site.folder / "later.json")

    first = download(address, tmp_path / "out")
    (site.folder / "later.json").rename(site.folder / "chat.json")
    second = download(address, tmp_path / "out")

    assert first.report.counts["fetched"] == 1
    assert any("'live_chat'" in warning for warning in first.report.warnings)
    assert second.folders == first.folders
    assert any(name.endswith("live_chat.json") for name in names(second.folders[0]))
    assert site.count("clip.mp4") == 1


@pytest.mark.parametrize("live", [{"is_live": True}, {"live_status": "is_upcoming"}])
def test_a_stream_that_is_not_over_is_refused(site: Site, tmp_path: Path, live: dict[str, object]) -> None:
    with pytest.raises(DownloadError, match="is live, or is not over yet; run it again when the stream is over"):
        download(site.video("dQw4w9WgXcQ", **live), tmp_path / "out")

    assert site.count("clip.mp4") == 0


def test_sound_alone_and_the_height_of_the_picture_can_be_chosen(site: Site, tmp_path: Path) -> None:
    sizes = {"sound": None, "480": 480, "720": 720, "1080": 1080}
    formats = []
    for name, height in sizes.items():
        (site.folder / f"{name}.mp4").write_bytes((site.folder / "clip.mp4").read_bytes() + name.encode())
        kind = {"vcodec": "none"} if height is None else {"height": height, "vcodec": "h264"}
        formats.append({"url": f"{site.address}/{name}.mp4", "format_id": name, "ext": "mp4", "acodec": "aac", **kind})

    def fetched(height: int) -> str:
        video_id = f"height{height:05}"
        address = site.video(video_id, formats=formats, subtitles={}, automatic_captions={})
        (folder,) = download(address, tmp_path / "out", DownloadSettings(height=height)).folders
        (media,) = folder.glob("*.mp4")
        return media.read_bytes()[-5:].decode("latin-1").lstrip("\0")[-5:]

    assert [fetched(height)[-3:] for height in (0, 500, 720, 1080)] == ["und", "480", "720", "080"]


def test_picture_and_sound_that_come_apart_are_one_recording_without_ffmpeg(
    site: Site, tmp_path: Path, make_clicks: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    merger = pytest.importorskip("yt_dlp.postprocessor.ffmpeg").FFmpegMergerPP
    monkeypatch.setattr(merger, "available", property(lambda _: False))
    make_clicks("sound.m4a", 4.0, picture=False, container="mp4").rename(site.folder / "sound.m4a")
    formats = [
        {"url": f"{site.address}/sound.m4a", "format_id": "140", "ext": "m4a", "vcodec": "none", "acodec": "aac"},
        {"url": f"{site.address}/clip.mp4", "format_id": "135", "ext": "mp4", "vcodec": "h264", "acodec": "none"},
    ]
    address = site.video("dQw4w9WgXcQ", formats=formats)

    found = download(address, tmp_path / "out")
    again = download(address, tmp_path / "out")

    rows = ingest(found.folders).sources.to_pylist()
    media = [row for row in rows if row["role"] != "captions"]
    assert sorted(row["role"] for row in media) == ["audio", "video"]
    assert len({(row["recording_id"], row["part_index"], row["part_start_ms"]) for row in rows}) == 1
    assert any("ffmpeg is not installed" in warning for warning in found.report.warnings)
    assert again.report.counts["here_already"] == 1


def test_ids_and_titles_with_paths_in_them_stay_in_the_folder(site: Site, tmp_path: Path) -> None:
    address = site.video("../../x", title="../..\n/etc/passwd")

    (folder,) = download(address, tmp_path / "out").folders

    assert folder.parent == tmp_path / "out"
    assert folder.name.startswith("YoutubeTest--x-")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "site"]
    assert len(names(folder)) == 4


def test_a_page_with_a_video_and_a_plain_file_are_found_without_an_extractor_of_their_own(
    site: Site, tmp_path: Path
) -> None:
    page = download(f"{site.address}/page.html", tmp_path / "out")
    file = download(f"{site.address}/clip.mp4", tmp_path / "out")

    sources = [ingest(found.folders).sources.to_pylist() for found in (page, file)]
    assert [sorted(row["role"] for row in rows) for rows in sources] == [["captions", "video"], ["video"]]
    assert {row["recording_id"] for row in sources[1]} == {recording_id("127.0.0.1", "/clip.mp4#clip")}
    assert page.report.warnings == file.report.warnings == ()


@pytest.mark.slow
def test_the_same_with_every_extractor_that_yt_dlp_has(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()

    found = download(f"{site.address}/page.html", tmp_path / "out")

    assert sorted(ingest(found.folders).sources["role"].to_pylist()) == ["captions", "video"]


def test_cookies_are_sent_where_given_and_their_file_is_left_alone(site: Site, tmp_path: Path) -> None:
    cookies = tmp_path / "cookies.txt"
    text = "# Netscape HTTP Cookie File\n127.0.0.1\tFALSE\t/\tFALSE\t0\twho\tme\n"
    cookies.write_text(text)
    before = cookies.stat().st_mtime_ns

    download(site.video("dQw4w9WgXcQ"), tmp_path / "out", DownloadSettings(cookies=str(cookies)))

    assert site.cookies == {"who=me"}
    assert (cookies.read_text(), cookies.stat().st_mtime_ns) == (text, before)


def test_a_file_of_cookies_that_is_not_there_is_named(site: Site, tmp_path: Path) -> None:
    settings = DownloadSettings(cookies=str(tmp_path / "jar.txt"))

    with pytest.raises(DownloadError, match=r"jar\.txt cannot be read \(No such file or directory\).*Netscape"):
        download(site.video("dQw4w9WgXcQ"), tmp_path / "out", settings)


@pytest.mark.parametrize("content", [b"\xff\xfe\0", b"no cookies at all\n"])
def test_a_file_that_holds_no_cookies_is_named(site: Site, tmp_path: Path, content: bytes) -> None:
    cookies = tmp_path / "cookies.txt"
    cookies.write_bytes(content)

    with pytest.raises(DownloadError, match="cookies"):
        download(site.video("dQw4w9WgXcQ"), tmp_path / "out", DownloadSettings(cookies=str(cookies)))


def test_an_address_with_nothing_behind_it_says_what_yt_dlp_said(site: Site, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=r"HTTP Error 404.*; look whether a browser plays it") as caught:
        download(f"{site.address}/none.html", tmp_path / "out")

    assert "\x1b" not in str(caught.value)
    for address in ("file:///etc/passwd", "ftp://127.0.0.1/x", "talk.mp4"):
        with pytest.raises(DownloadError, match="no http or https address"):
            download(address, tmp_path / "out")


def test_progress_is_told_up_to_the_last_byte(site: Site, tmp_path: Path) -> None:
    told: list[DownloadProgress] = []

    download(site.video("dQw4w9WgXcQ"), tmp_path / "out", progress=told.append)

    size = (site.folder / "clip.mp4").stat().st_size
    media = [one for one in told if one.name.endswith(".mp4")]
    assert (media[-1].done_bytes, media[-1].total_bytes) == (size, size)


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("[youtube] x: Sign in to confirm your age", "--cookies"),
        ("Unsupported URL: http://x", "newer yt-dlp may know it: " + pip() + " install --upgrade yt-dlp"),
        ("HTTP Error 429: Too Many Requests", "in an hour"),
        ("<urlopen error timed out>", "what is here already is kept"),
        ("something else", "run it again"),
    ],
)
def test_every_error_comes_with_something_to_do(said: str, advice: str) -> None:
    assert advice in advice_on(said)


@given(st.text(), st.text(min_size=1))
def test_names_are_never_hidden_nor_odd_and_keep_the_id(title: str, video_id: str) -> None:
    name = name_of(title, video_id)

    assert name.isprintable()
    assert not set(name) & set("/\\:")
    assert name[0] not in ". "
    assert name.endswith("]")
    assert len(name.encode()) < 200


def test_folders_are_named_apart_and_readably() -> None:
    assert place_of("Youtube", "dQw4w9WgXcQ") == "Youtube-dQw4w9WgXcQ"
    odd = {place_of("Generic", name) for name in ("../../x", "..\\..\\x", "x", "..", "", "x" * 500, "x" * 501, "é")}
    assert len(odd) == 8
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") for name in odd)
    assert max(map(len, odd)) < 100
