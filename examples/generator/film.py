"""Sound and pictures into one small MP4: H.264 and AAC, as a VOD is."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from generator.picture import HEIGHT, WIDTH, ChatPanel, frame
from generator.room import Message
from generator.voice import Line

FRAMES_A_SECOND = 10
SOUND_HZ, SOUND_BITS_A_SECOND = 44_100, 33_000
QUALITY = "35"


def write_film(
    path: Path,
    *,
    sound: NDArray[np.float32],
    rate_hz: int,
    lines: Sequence[Line],
    messages: Sequence[Message],
    length_s: int,
) -> None:
    """Encode the recording; the same build of the encoders writes the same bytes."""
    panel = ChatPanel(messages)
    with av.open(path, "w", options={"movflags": "+faststart", "fflags": "+bitexact"}) as container:
        pictures = container.add_stream(
            "libx264", FRAMES_A_SECOND, options={"crf": QUALITY, "preset": "slow", "g": "100", "threads": "1"}
        )
        pictures.width, pictures.height, pictures.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        voice = container.add_stream("aac", SOUND_HZ, layout="mono")
        voice.bit_rate = SOUND_BITS_A_SECOND
        for number in range(length_s * FRAMES_A_SECOND):
            ms = 1000 * number // FRAMES_A_SECOND
            picture = av.VideoFrame.from_image(frame(ms, _loudness(sound, rate_hz, ms), lines, panel))
            picture.pts, picture.time_base = number, Fraction(1, FRAMES_A_SECOND)
            container.mux(pictures.encode(picture))
        container.mux(pictures.encode(None))
        _encode_sound(container, voice, sound, rate_hz)


def _encode_sound(
    container: av.container.OutputContainer, voice: av.AudioStream, sound: NDArray[np.float32], rate_hz: int
) -> None:
    resampler = av.AudioResampler("fltp", "mono", SOUND_HZ)
    heard = av.AudioFrame.from_ndarray(np.round(sound * 32767).astype(np.int16)[None], "s16", "mono")
    heard.sample_rate, heard.pts, heard.time_base = rate_hz, 0, Fraction(1, rate_hz)
    for piece in (*resampler.resample(heard), *resampler.resample(None)):
        container.mux(voice.encode(piece))
    container.mux(voice.encode(None))


def _loudness(sound: NDArray[np.float32], rate_hz: int, ms: int) -> float:
    begin = ms * rate_hz // 1000
    window = sound[begin : begin + rate_hz // FRAMES_A_SECOND]
    return float(np.sqrt(np.mean(np.square(window)))) / 0.12 if len(window) else 0.0
