"""Ids, lengths and starts are read from where download tools put them."""

from datetime import UTC, datetime

import pytest
from dougpt_media.evidence import said_by_address, said_by_name, stem_and_part
from dougpt_media.metadata import said_by_content
from dougpt_media.recognise import Kind, Recognised


@pytest.mark.parametrize(
    ("name", "stem", "part"),
    [
        ("Talk [dQw4w9WgXcQ].mp4", "talk [dqw4w9wgxcq]", None),
        ("Talk.en.json3", "talk", None),
        ("Talk.en-US.vtt", "talk", None),
        ("Talk.info.json", "talk", None),
        ("Talk.live_chat.json", "talk", None),
        ("Talk_chat.json.gz", "talk", None),
        ("Talk.f137.mp4", "talk", None),
        ("Talk part 2.mp4", "talk", 2),
        ("Talk - Part10.mkv", "talk -", 10),
        ("Talk pt1_chat.json", "talk", 1),
        ("chat.json", "chat", None),
        ("part 3.mp4", "part 3", None),
    ],
)
def test_names_are_compared_without_endings_roles_and_part_numbers(name: str, stem: str, part: int | None) -> None:
    assert stem_and_part(name) == (stem.rstrip(" ._-"), part)


@pytest.mark.parametrize(
    ("name", "platform", "video_id"),
    [
        ("Talk [dQw4w9WgXcQ].mp4", "youtube", "dQw4w9WgXcQ"),
        ("Talk [v1234567890].mp4", "twitch", "1234567890"),
        ("Talk [1080p].mp4", None, None),
        ("Talk.mp4", None, None),
    ],
)
def test_an_id_in_brackets_is_read(name: str, platform: str | None, video_id: str | None) -> None:
    said = said_by_name(name)

    assert (said.platform, said.video_id) == (platform, video_id)


@pytest.mark.parametrize(
    ("address", "platform", "video_id"),
    [
        ("https://www.youtube.com/watch?v=dQw4w9WgXcQ", "youtube", "dQw4w9WgXcQ"),
        ("https://youtu.be/dQw4w9WgXcQ", "youtube", "dQw4w9WgXcQ"),
        ("https://www.twitch.tv/videos/1234567890", "twitch", "1234567890"),
        ("made with love", None, None),
    ],
)
def test_an_address_in_the_file_is_read(address: str, platform: str | None, video_id: str | None) -> None:
    said = said_by_address(address)

    assert (said.platform, said.video_id) == (platform, video_id)


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
