"""Twitch's three ways of describing a video, chat headers and info.json are read alike."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from dougpt_media.metadata import said_by_content
from dougpt_media.recognise import Kind, Recognised, recognise

MUTED = [{"duration": 180, "offset": 360}, {"duration": 60, "offset": 540}]
HELIX = {
    "id": "335921245",
    "user_login": "DougDoug",
    "created_at": "2024-05-04T18:00:07Z",
    "duration": "3h8m33s",
    "type": "archive",
    "muted_segments": MUTED,
}
GQL = {
    "id": "335921245",
    "createdAt": "2024-05-04T18:00:07Z",
    "lengthSeconds": 11_313,
    "owner": {"login": "dougdoug"},
    "broadcastType": "ARCHIVE",
    "muteInfo": {"mutedSegmentConnection": {"nodes": MUTED}},
}
V5 = {
    "_id": "v335921245",
    "length": 11_313,
    "created_at": "2024-05-04T18:00:07Z",
    "broadcast_type": "archive",
    "channel": {"name": "dougdoug"},
    "muted_segments": MUTED,
}
APART = [
    {"data": {"video": {name: value for name, value in GQL.items() if name != "muteInfo"}}},
    {"data": {"video": {"id": "335921245", "muteInfo": GQL["muteInfo"]}}},
]


@pytest.mark.parametrize(
    "document",
    [
        {"data": [HELIX], "pagination": {}},
        HELIX,
        {"data": {"video": GQL}, "extensions": {}},
        [{"data": {"video": GQL}}],
        APART,
        GQL,
        V5,
    ],
    ids=["helix", "helix video", "gql", "gql batch", "gql answers apart", "gql video", "v5"],
)
def test_twitch_describes_a_video_in_ways_that_say_the_same(document: object, tmp_path: Path) -> None:
    path = tmp_path / "video.json"
    path.write_text(json.dumps(document))

    found = recognise(path)
    said = said_by_content(found)

    assert found.kind is Kind.TWITCH_VIDEO
    assert (said.platform, said.video_id, said.channel) == ("twitch", "335921245", "dougdoug")
    assert (said.duration_ms, said.muted) == (11_313_000, ((360_000, 600_000),))
    assert said.broadcast_start is not None
    assert said.broadcast_start.isoformat() == "2024-05-04T18:00:07+00:00"


@pytest.mark.parametrize("silent", [None, []])
def test_a_video_that_nothing_was_muted_of_differs_from_one_of_which_nothing_is_said(silent: object) -> None:
    told = said_by_content(Recognised(Kind.TWITCH_VIDEO, {**HELIX, "muted_segments": silent}))
    untold = said_by_content(Recognised(Kind.TWITCH_VIDEO, {"id": "1", "lengthSeconds": 5}))

    assert (told.muted, untold.muted) == ((), None)


@pytest.mark.parametrize(
    "document",
    [
        {"data": {"video": {"id": "1", "lengthSeconds": 5, "comments": {"edges": []}}}},
        {"data": [HELIX, HELIX]},
        {"muted_segments": []},
        [1, 2],
        [[HELIX]],
        {"video": 5, "data": "x"},
    ],
    ids=["chat", "several videos", "no id", "numbers", "lists", "wrong types"],
)
def test_other_json_is_no_description_of_a_video(document: object, tmp_path: Path) -> None:
    path = tmp_path / "video.json"
    path.write_text(json.dumps(document))

    assert recognise(path).kind is Kind.UNKNOWN_TEXT


@pytest.mark.parametrize(
    ("video", "duration_ms", "crop"),
    [
        ({"start": 0, "end": 3600, "length": 3600}, 3_600_000, (0, 3_600_000)),
        ({"start": 600, "end": 1200, "length": 3600}, 3_600_000, (600_000, 1_200_000)),
        ({"start": 0, "end": 3600}, None, (0, 3_600_000)),
        ({"start": 0, "end": 172_800}, None, None),
        ({"start": 50, "end": 40, "length": -1}, None, None),
        ({"start": 0, "end": 1e9, "length": 60}, 60_000, None),
    ],
    ids=["whole", "cropped", "old", "old without an end", "nonsense", "end far beyond"],
)
def test_an_export_tells_the_length_of_the_video_and_which_stretch_it_covers(
    video: dict[str, float], duration_ms: int | None, crop: tuple[int, int] | None
) -> None:
    said = said_by_content(Recognised(Kind.TWITCH_DOWNLOADER, {"video": {"id": "1", **video}}))

    assert (said.duration_ms, said.crop) == (duration_ms, crop)


def test_a_file_on_some_site_is_known_by_its_address_and_not_by_its_name_alone() -> None:
    def said(address: str) -> tuple[str | None, str | None]:
        info = {"id": "video", "extractor_key": "Generic", "webpage_url": address}
        found = said_by_content(Recognised(Kind.INFO, dict(info)))
        return found.platform, found.video_id

    assert said("https://a.example:8443/x/video.mp4") == ("a.example", "/x/video.mp4#video")
    assert said("https://a.example/x/video.mp4") != said("https://a.example/y/video.mp4")
    assert said("http://[bad") == ("other", None)


def test_a_stream_on_twitch_starts_at_its_timestamp_and_a_video_on_youtube_has_no_broadcast() -> None:
    info = {"id": "v123", "extractor_key": "TwitchVod", "uploader_id": "DougDoug", "duration": 60, "timestamp": 0}
    twitch = said_by_content(Recognised(Kind.INFO, info))
    youtube = said_by_content(Recognised(Kind.INFO, {**info, "extractor_key": "Youtube", "timestamp": 0}))

    assert (twitch.platform, twitch.video_id, twitch.channel, twitch.duration_ms) == (
        "twitch",
        "123",
        "dougdoug",
        60_000,
    )
    assert twitch.broadcast_start == datetime(1970, 1, 1, tzinfo=UTC)
    assert youtube.broadcast_start is None


def test_the_header_of_an_export_tells_id_channel_length_and_start() -> None:
    header = {
        "streamer": {"name": "DougDoug", "id": 1},
        "video": {"id": "123", "length": 60.5, "created_at": "2024-05-04T18:00:07Z"},
        "comments": [],
    }

    said = said_by_content(Recognised(Kind.TWITCH_DOWNLOADER, header))

    assert (said.platform, said.video_id, said.channel, said.duration_ms) == ("twitch", "123", "dougdoug", 60_500)
    assert said.broadcast_start == datetime(2024, 5, 4, 18, 0, 7, tzinfo=UTC)


def test_a_highlight_has_no_broadcast_start() -> None:
    header = {"video": {"id": "v5", "type": "highlight", "duration": "1h2m3s", "created_at": "2024-05-04T18:00:07Z"}}

    said = said_by_content(Recognised(Kind.TWITCH_V5, header))

    assert (said.video_id, said.duration_ms, said.broadcast_start) == ("5", 3_723_000, None)


def test_an_export_without_a_header_is_known_by_its_first_comment() -> None:
    said = said_by_content(Recognised(Kind.TWITCH_V5, {"comments": [{"content_id": "42"}]}))

    assert (said.platform, said.video_id) == ("twitch", "42")
