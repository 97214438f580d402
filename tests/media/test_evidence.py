"""Ids are read from where download tools put them, and names are compared without what they add."""

import pytest
from dougpt_media.evidence import said_by_address, said_by_name, stem_and_part


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
        ("Talk - Part10.mkv", "talk", 10),
        ("Talk pt1_chat.json", "talk", 1),
        ("chat.json", "chat", None),
        ("part 3.mp4", "part 3", None),
    ],
)
def test_names_are_compared_without_endings_roles_and_part_numbers(name: str, stem: str, part: int | None) -> None:
    assert stem_and_part(name) == (stem, part)


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
