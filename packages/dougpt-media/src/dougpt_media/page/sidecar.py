"""The sound of a recording in a small file beside the page: Opus, mono, on the recording's clock.

A page that plays this needs neither the recording nor a path to it, and a gap in the recording is silence of the
same length. Opus begins with samples that a player drops; the container says how many, so that second 0 is second 0.
The same sound gives the same bytes on one kind of CPU.
"""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from dougpt_schema import atomic_write
from numpy.typing import NDArray

from dougpt_media.audio import Audio

BITS_A_SECOND = 24_000
FRAME_MS = 60  # the longest that Opus has: fewer packets, each with its overhead
EFFORT = "2"  # of 10: an hour takes seconds, and words are told apart as well
PIECE_S = 10


def write_sidecar(path: Path, audio: Audio) -> None:
    """Write the sound as WebM with Opus.

    Args:
        path: Where; a browser asks for the ending `.webm`.
        audio: Sound at 8, 12, 16, 24 or 48 kHz.
    """

    def write(file: BinaryIO) -> None:
        with av.open(file, "w", format="webm", options={"fflags": "+bitexact"}) as container:
            stream = container.add_stream(
                "libopus", rate=audio.rate_hz, options={"frame_duration": str(FRAME_MS), "compression_level": EFFORT}
            )
            if not isinstance(stream, AudioStream):
                raise TypeError(f"an encoder of sound gave a stream of {stream.type}")
            stream.layout, stream.bit_rate = "mono", BITS_A_SECOND
            stream.codec_context.flags |= av.codec.context.Flags.bitexact.value
            first = 0
            for piece in _pieces(audio):
                frame = AudioFrame.from_ndarray(piece[None], format="s16", layout="mono")
                frame.sample_rate, frame.pts, frame.time_base = audio.rate_hz, first, Fraction(1, audio.rate_hz)
                first += len(piece)
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))

    atomic_write(path, write)


def _pieces(audio: Audio) -> Iterator[NDArray[np.int16]]:
    before = audio.start_ms * audio.rate_hz // 1000
    size = PIECE_S * audio.rate_hz
    for first in range(0, before, size):
        yield np.zeros(min(size, before - first), np.int16)
    for first in range(0, len(audio.samples), size):
        yield np.ascontiguousarray(audio.samples[first : first + size])
