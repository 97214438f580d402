"""Recordings made for the test: sound with clicks at known times, with or without a picture, in several containers."""

import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream
from dougpt_media import Audio, normal, read_audio
from dougpt_schema import WORDS
from numpy.typing import NDArray
from pyarrow import Table

RATE_HZ = 48_000
FRAME_SAMPLES = 1024
MakeClicks = Callable[..., Path]
Gold = list[tuple[int, int, str]]


def clicks(seconds: float) -> NDArray[np.float32]:
    """Ten milliseconds of tone at half past every second, on silence that is not digital silence."""
    rng = np.random.default_rng(0)
    samples = rng.normal(0, 1e-3, round(seconds * RATE_HZ)).astype(np.float32)
    for first in range(RATE_HZ // 2, len(samples) - RATE_HZ // 50, RATE_HZ):
        t = np.arange(RATE_HZ // 100) / RATE_HZ
        samples[first : first + len(t)] = 0.8 * np.sin(2 * np.pi * 1000 * t)
    return samples


@pytest.fixture
def make_clicks(tmp_path: Path) -> MakeClicks:
    """Write a file that clicks at .5, 1.5, ... s of its presentation.

    Arguments: its name, how long it is, when its sound starts, which seconds of sound are lost, by how much its
    time stamps jump where, and whether it has a picture.
    """

    def make(
        name: str,
        seconds: float = 6.0,
        *,
        sound_from_s: float = 0.0,
        lost_s: tuple[float, float] | None = None,
        picture: bool = True,
        container: str | None = None,
        codec: str = "aac",
    ) -> Path:
        path = tmp_path / name
        with av.open(str(path), "w", format=container) as out:
            video = _video(out) if picture else None
            audio = out.add_stream(codec, rate=RATE_HZ)
            assert isinstance(audio, AudioStream)
            audio.layout = "mono"
            packets = [*_picture(video, seconds), *_sound(audio, seconds, sound_from_s)]
            for packet in sorted(packets, key=_seconds):
                at_s = _seconds(packet)
                lost = lost_s is not None and packet.stream is audio and lost_s[0] <= at_s < lost_s[1]
                if not lost:
                    out.mux(packet)
        return path

    return make


def _video(out: OutputContainer) -> VideoStream:
    stream = out.add_stream("mpeg4", rate=25)
    assert isinstance(stream, VideoStream)
    stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
    return stream


def _picture(stream: VideoStream | None, seconds: float) -> Iterator["Packet[VideoStream]"]:
    if stream is None:
        return
    for index in range(round(seconds * 25)):
        frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), index % 255, np.uint8), format="rgb24")
        frame.pts, frame.time_base = index, Fraction(1, 25)
        yield from stream.encode(frame)
    yield from stream.encode(None)


def _sound(stream: AudioStream, seconds: float, from_s: float) -> Iterator["Packet[AudioStream]"]:
    samples = clicks(seconds)
    for first in range(round(from_s * RATE_HZ), len(samples), FRAME_SAMPLES):
        frame = av.AudioFrame.from_ndarray(samples[None, first : first + FRAME_SAMPLES], format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, first, Fraction(1, RATE_HZ)
        yield from stream.encode(frame)
    yield from stream.encode(None)


def _seconds(packet: "Packet[AudioStream] | Packet[VideoStream]") -> float:
    assert packet.dts is not None
    return float(packet.dts * packet.time_base)


@pytest.fixture(scope="session")
def click_times() -> Callable[[Audio], list[float]]:
    """The seconds at which a recording clicks."""

    def times(audio: Audio) -> list[float]:
        loud = np.flatnonzero(np.abs(audio.samples.astype(np.int32)) > 8_000)
        first = np.concatenate([[True], np.diff(loud) > audio.rate_hz // 4]) if len(loud) else []
        return [float(at) / audio.rate_hz for at in loud[first]]

    return times


@pytest.fixture(scope="session")
def speech(real_data: Path) -> Path:
    """The folder of real speech."""
    folder = real_data / "speech"
    if not folder.is_dir():
        pytest.skip("no real speech")
    return folder


@pytest.fixture(scope="session")
def conversation(speech: Path) -> tuple[Audio, Gold]:
    """Spontaneous speech and where a person heard each of its words, in ms."""
    text = (speech / "conversation.TextGrid").read_text(encoding="utf-8")
    tier = text[text.index('"word"') : text.index("item [2]")]
    intervals = re.findall(r'xmin = ([\d.]+)\s+xmax = ([\d.]+)\s+text = "([^"]*)"', tier)
    gold = [
        (round(float(first) * 1000), round(float(last) * 1000), word.strip())
        for first, last, word in intervals
        if word.strip() not in {"", "sil"}
    ]
    return read_audio(speech / "conversation.wav"), gold


@pytest.fixture(scope="session")
def as_cues() -> Callable[[Gold, int], Table]:
    """Words as captions would have them: so many to a cue, whose time is shared out evenly."""

    def cues(gold: Gold, words_a_cue: int) -> Table:
        rows = []
        for first in range(0, len(gold), words_a_cue):
            cue = gold[first : first + words_a_cue]
            start_ms, end_ms = cue[0][0], cue[-1][1]
            for index, (_, _, word) in enumerate(cue):
                rows.append(
                    {
                        "recording_id": "r",
                        "word_id": first + index,
                        "start_ms": start_ms + (end_ms - start_ms) * index // len(cue),
                        "end_ms": start_ms + (end_ms - start_ms) * (index + 1) // len(cue),
                        "text": word,
                        "normal": normal(word),
                        "timing": "interpolated",
                        "segment_id": first // words_a_cue,
                        "flags": [],
                        "source_id": "s",
                    }
                )
        return WORDS.table(rows)

    return cues
