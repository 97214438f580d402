"""Recordings that click at known times, whole and with what happens to recordings, and where they click.

A click is a short rising tone: it correlates best with itself at its own time, to a small part of a sample.
"""

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream
from numpy.typing import NDArray

CLICK_S = 0.03
NEAR_LOSS_S = 0.1  # a click so near to a loss is no longer itself
FRAME_SAMPLES = 1024
PICTURES_A_S = 25
type AnyPacket = Packet[AudioStream] | Packet[VideoStream]


@dataclass(frozen=True)
class Clicks:
    """A recording to be made; it clicks at .5, 1.5, ... s of what is written.

    Attributes:
        seconds: How much is written.
        sound_from_s: When its sound starts.
        lost_s: Which seconds of sound are lost.
        leap_s: From when on all time stamps are higher, and by how much.
        picture: Whether it has one.
        variable: Whether the picture's frames come at uneven times.
        hidden_s: How much of its beginning an edit list hides.
        codec: What the sound is coded by.
        rate_hz: Its rate.
        layout: Its channels.
        noise: How loud the noise between clicks is.
        size: The picture's width and height.
        bit_rate: Of the sound; the encoder's own where there is none.
    """

    seconds: float = 6.0
    sound_from_s: float = 0.0
    lost_s: tuple[float, float] = (0.0, 0.0)
    leap_s: tuple[float, float] = (0.0, 0.0)
    picture: bool = True
    variable: bool = False
    hidden_s: float = 0.0
    codec: str = "aac"
    rate_hz: int = 48_000
    layout: str = "mono"
    noise: float = 1e-3
    size: tuple[int, int] = (64, 48)
    bit_rate: int | None = None

    @property
    def times_s(self) -> list[float]:
        """When it clicks as it is played."""
        written = np.arange(0.5, self.seconds - 2 * CLICK_S, 1.0)
        near_loss = (written > self.lost_s[0] - NEAR_LOSS_S) & (written < self.lost_s[1] + NEAR_LOSS_S)
        audible = (written >= max(self.sound_from_s, self.hidden_s)) & ~(near_loss & (self.lost_s[1] > 0))
        return [float(at) for at in written[audible] - self.hidden_s]


def click(rate_hz: int) -> NDArray[np.float32]:
    """A tone that rises from 500 to 3000 Hz and swells and fades."""
    t = np.arange(round(CLICK_S * rate_hz)) / rate_hz
    tone = np.sin(2 * np.pi * (500 * t + 2500 * t**2 / (2 * CLICK_S)))
    return (0.8 * tone * np.hanning(len(t))).astype(np.float32)


def sound(clicks: Clicks) -> NDArray[np.float32]:
    """The samples of one channel: clicks on noise that is not digital silence."""
    rng = np.random.default_rng(0)
    samples = rng.normal(0, clicks.noise, round(clicks.seconds * clicks.rate_hz)).astype(np.float32)
    one = click(clicks.rate_hz)
    for first in range(clicks.rate_hz // 2, len(samples) - len(one), clicks.rate_hz):
        samples[first : first + len(one)] += one
    return samples


def write(path: Path, clicks: Clicks, *, container: str | None = None, options: dict[str, str] | None = None) -> Path:
    """Make the recording."""
    chosen = {**(options or {}), **({"avoid_negative_ts": "disabled"} if clicks.hidden_s else {})}
    with av.open(str(path), "w", format=container, options=chosen) as out:
        video = _video(out, path, clicks) if clicks.picture else None
        audio = out.add_stream(clicks.codec, rate=clicks.rate_hz)
        assert isinstance(audio, AudioStream)
        audio.layout = clicks.layout
        if clicks.bit_rate:
            audio.bit_rate = clicks.bit_rate
        packets: list[AnyPacket] = [*_pictures(video, clicks), *_sounds(audio, clicks)]
        for packet in sorted(packets, key=_at_s):
            at_s = _at_s(packet)
            if packet.stream is audio and clicks.lost_s[0] <= at_s < clicks.lost_s[1]:
                continue
            by_s = (clicks.leap_s[1] if clicks.leap_s[0] <= at_s else 0.0) - clicks.hidden_s
            assert packet.pts is not None
            assert packet.dts is not None
            shift = round(by_s / packet.time_base)
            packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
            out.mux(packet)
    return path


def _video(out: OutputContainer, path: Path, clicks: Clicks) -> VideoStream:
    stream = out.add_stream("libvpx" if path.suffix == ".webm" else "mpeg4", rate=PICTURES_A_S)
    assert isinstance(stream, VideoStream)
    (stream.width, stream.height), stream.pix_fmt = clicks.size, "yuv420p"
    stream.codec_context.time_base = Fraction(1, 1000)
    return stream


def _pictures(stream: VideoStream | None, clicks: Clicks) -> "Iterator[Packet[VideoStream]]":
    if stream is None:
        return
    rng = np.random.default_rng(1)
    times_ms = np.arange(0, round(clicks.seconds * 1000), 1000 // PICTURES_A_S)
    if clicks.variable:
        times_ms = times_ms[rng.random(len(times_ms)) < 0.5] // 7 * 7
    for index, at_ms in enumerate(times_ms.tolist()):
        picture = np.full((clicks.size[1], clicks.size[0], 3), index % 255, np.uint8)
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts, frame.time_base = at_ms, Fraction(1, 1000)
        yield from stream.encode(frame)
    yield from stream.encode(None)


def _sounds(stream: AudioStream, clicks: Clicks) -> "Iterator[Packet[AudioStream]]":
    samples, channels = sound(clicks), av.AudioLayout(clicks.layout).nb_channels
    for first in range(round(clicks.sound_from_s * clicks.rate_hz), len(samples), FRAME_SAMPLES):
        piece = np.repeat(samples[None, first : first + FRAME_SAMPLES], channels, axis=0)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(piece), format="fltp", layout=clicks.layout)
        frame.sample_rate, frame.pts, frame.time_base = clicks.rate_hz, first, Fraction(1, clicks.rate_hz)
        yield from stream.encode(frame)
    yield from stream.encode(None)


def _at_s(packet: AnyPacket) -> float:
    assert packet.dts is not None
    return float(packet.dts * packet.time_base)


def zeroed(path: Path, first: float, last: float) -> Path:
    """Overwrite a share of a file with zeroes, as a failed disk or download does."""
    content = bytearray(path.read_bytes())
    start, end = (round(share * len(content)) for share in (first, last))
    content[start:end] = bytes(end - start)
    path.write_bytes(content)
    return path


def click_times(samples: NDArray[np.int16], rate_hz: int) -> list[float]:
    """The seconds at which samples click."""
    one = click(rate_hz).astype(np.float64)
    padded = np.concatenate([np.zeros(len(one)), samples / 32768, np.zeros(len(one))])
    match = np.correlate(padded, one)
    found: list[float] = []
    loud = np.flatnonzero(match > 0.5 * float(one @ one))
    for group in np.split(loud, np.flatnonzero(np.diff(loud) > rate_hz // 4) + 1):
        if len(group):
            peak = int(group[np.argmax(match[group])])
            before, at, after = match[peak - 1 : peak + 2]
            found.append((peak - len(one) + (before - after) / (2 * (before - 2 * at + after))) / rate_hz)
    return found


def force_cpu(flags: int) -> None:
    """Make FFmpeg in this process believe that the CPU has these abilities alone; -1 leaves it what it has."""
    if flags >= 0:
        maps = Path("/proc/self/maps").read_text(encoding="utf-8").splitlines()
        library = next(line.split()[-1] for line in maps if "libavutil" in line)
        ctypes.CDLL(library).av_force_cpu_flags(flags)
