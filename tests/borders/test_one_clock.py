"""Pictures of dougpt-chat and sound of dougpt-media are on one clock, also where one of the two begins late."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

pytest.importorskip("rapidocr", reason="needs dougpt-chat[ocr]")
pytest.importorskip("click_files", reason="is of dougpt-media's tests")

from click_files import click, click_times
from dougpt_chat.rendered.frames import Video
from dougpt_media import read_audio

RATE_HZ = 48_000
PICTURE_MS = 40
# When light and click come, from the file's own zero; whole pictures.
MOMENTS_MS = (1600, 2840, 3680)
END_MS = 4400
SAME_MS = 1


def write(path: Path, picture_from_ms: int, sound_from_ms: int, all_later_ms: int, *, codec: str) -> Path:
    """A file whose picture is white, and whose sound clicks, at the same moments; each begins when it is told."""
    with av.open(str(path), "w") as out:
        video, audio = out.add_stream("mpeg4", rate=1000 // PICTURE_MS), out.add_stream(codec, rate=RATE_HZ)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        video.codec_context.time_base = Fraction(1, 1000)
        audio.layout = "mono"
        packets = [*pictures(video, picture_from_ms, all_later_ms), *sounds(audio, sound_from_ms, all_later_ms)]
        for packet in sorted(packets, key=lambda one: one.dts * one.time_base):
            out.mux(packet)
    return path


def pictures(stream, from_ms: int, later_ms: int):
    for at_ms in range(from_ms, END_MS, PICTURE_MS):
        image = np.full((48, 64, 3), 250 if at_ms in MOMENTS_MS else 10, np.uint8)
        frame = av.VideoFrame.from_ndarray(image, format="rgb24")
        frame.pts, frame.time_base = at_ms + later_ms, Fraction(1, 1000)
        yield from stream.encode(frame)
    yield from stream.encode(None)


def sounds(stream, from_ms: int, later_ms: int):
    samples = np.zeros(END_MS * RATE_HZ // 1000, np.float32)
    shape = click(RATE_HZ)
    for at_ms in MOMENTS_MS:
        first = at_ms * RATE_HZ // 1000
        samples[first : first + len(shape)] = shape
    kind = next(one.name for one in stream.codec_context.codec.audio_formats if one.name.startswith("s16"))
    stream.codec_context.format = kind
    for first in range(from_ms * RATE_HZ // 1000, len(samples), 1024):
        piece = np.round(samples[None, first : first + 1024] * 32_767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(piece), format=kind, layout="mono")
        frame.sample_rate, frame.time_base = RATE_HZ, Fraction(1, RATE_HZ)
        frame.pts = first + later_ms * RATE_HZ // 1000
        yield from stream.encode(frame)
    yield from stream.encode(None)


# Codecs that add no lead of their own, which an encoder does not always tell of.
@pytest.mark.parametrize(("name", "codec"), [("a.mkv", "flac"), ("a.mp4", "alac"), ("a.mov", "pcm_s16le")])
@pytest.mark.parametrize(
    "begins",  # picture, sound, everything, in ms
    [(0, 0, 0), (0, 1000, 0), (1200, 0, 0), (200, 1000, 0), (0, 480, 7000)],
)
def test_light_and_click_are_at_the_same_time(
    name: str, codec: str, begins: tuple[int, int, int], tmp_path: Path
) -> None:
    path = write(tmp_path / name, *begins, codec=codec)

    audio = read_audio(path, RATE_HZ)
    heard_ms = [1000 * at_s for at_s in click_times(audio.samples, RATE_HZ)]
    video = Video(path)
    seen_ms = [one.at_ms for one in video if one.luma_HW(video.region).mean() > 128]

    assert len(seen_ms) == len(MOMENTS_MS)
    assert heard_ms == pytest.approx(seen_ms, abs=SAME_MS)
    assert [at_ms - seen_ms[0] for at_ms in seen_ms] == [at_ms - MOMENTS_MS[0] for at_ms in MOMENTS_MS]
