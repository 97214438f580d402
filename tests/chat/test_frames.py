"""The pictures of a video, whatever its container does."""

from fractions import Fraction
from pathlib import Path

import pytest

av = pytest.importorskip("av", reason="needs dougpt-chat[ocr]")
pytest.importorskip("cv2", reason="needs dougpt-chat[ocr]")
from dougpt_chat.rendered.frames import Video  # noqa: E402 - only where the extra is

FLV_HEADER, FLV_SOUND = 13, 8
PICTURES = 240


def test_a_stream_that_begins_late_ends_nothing_early(tmp_path: Path) -> None:
    path = tmp_path / "late.flv"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("flv1", rate=Fraction(20))
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(PICTURES):
            out.mux(stream.encode(av.VideoFrame(64, 48, "yuv420p")))
        out.mux(stream.encode())
    content = bytearray(path.read_bytes())
    tags, at = [], FLV_HEADER
    while at < len(content):
        tags.append(at)
        at += 11 + int.from_bytes(content[at + 1 : at + 4]) + 4
    content[tags[-9]] = FLV_SOUND
    path.write_bytes(content)
    video = Video(path)

    assert len(list(video)) == PICTURES - 1
    assert not video.stopped
