"""Packets to frames, and frames to mono sound of one rate: fast, or with the same bits on every CPU.

FFmpeg computes with what a CPU offers, so decoded AAC and the sound resampled from it differ by a bit between CPUs.
The exact way uses decoders and a resampler that compute in whole numbers.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.filter.context import FilterContext
from av.filter.graph import Graph
from av.packet import Packet
from dougpt_schema import DougptError
from numpy.typing import NDArray

from dougpt_media.demux import Decoder

# A codec's decoder that gives the same bits whatever the CPU, as docs/guide/media.md shows.
EXACT_DECODERS = {"aac": "aac_fixed", "mp3": "mp3", "ac3": "ac3_fixed", "flac": "flac", "alac": "alac"}
EXACT_PREFIXES = ("pcm_s", "pcm_u", "pcm_alaw", "pcm_mulaw", "adpcm_ms")
CHUNK = 16_384  # samples that come out of the resampler at once


class InexactCodecError(DougptError):
    """Sound of a codec for which no decoder gives the same bits on every CPU.

    Attributes:
        name: The file's name.
        codec: The codec.
    """

    def __init__(self, name: str, codec: str) -> None:
        self.name = name
        self.codec = codec
        super().__init__(
            f"{name}: {codec} sound cannot be decoded to the same bits on every CPU; read it without `exact`"
        )


def codec_of(stream: AudioStream) -> str:
    """Return the name of a stream's codec, not of one of its decoders."""
    return stream.codec_context.codec.canonical_name


def exact_decoder(codec: str) -> str | None:
    """Return the name of a codec's exact decoder, if it has one."""
    return codec if codec.startswith(EXACT_PREFIXES) else EXACT_DECODERS.get(codec)


def decode(packet: "Packet[AudioStream]") -> Iterator[tuple[AudioFrame, float | None]]:
    """Decode a packet by its stream's own decoder; frames come with their presentation time in seconds."""
    return ((frame, frame.time) for frame in packet.decode())


@dataclass(slots=True)
class DecoderOfChoice:
    """Decodes a stream's packets by another decoder than FFmpeg would take."""

    name: str
    stream: AudioStream
    _context: AudioCodecContext = field(init=False)
    _begun: bool = False

    def __post_init__(self) -> None:
        context = av.CodecContext.create(self.name, "r")
        assert isinstance(context, AudioCodecContext)  # noqa: S101 - all of these names are decoders of sound
        context.extradata = self.stream.codec_context.extradata
        context.sample_rate = self.stream.codec_context.sample_rate
        context.layout = self.stream.codec_context.layout
        self._context = context

    def __call__(self, packet: "Packet[AudioStream]") -> Iterator[tuple[AudioFrame, float | None]]:
        """Decode a packet.

        An encoder's lead is cut off the first frames, but only the stream's own decoder knows the time base in which
        to say so: until sound comes, it decodes as well and tells the time.
        """
        frames = self._context.decode(packet if packet.size else None)
        times = [frame.time for frame in packet.decode()] if not self._begun else []
        if frames and len(times) != len(frames):
            times = [None if frame.pts is None else float(frame.pts * packet.time_base) for frame in frames]
        self._begun = self._begun or bool(frames)
        return zip(frames, times, strict=True) if frames else iter(())


def decoder_for(stream: AudioStream, *, exact: bool, name: str) -> tuple[Decoder, str]:
    """Return a decoder for a stream, and what it is called.

    Raises:
        InexactCodecError: An exact one is asked for, and there is none.
    """
    if not exact:
        return decode, stream.codec_context.name
    codec = codec_of(stream)
    chosen = exact_decoder(codec)
    if chosen is None:
        raise InexactCodecError(name, codec)
    return (decode if chosen == stream.codec_context.name else DecoderOfChoice(chosen, stream)), chosen


@dataclass(slots=True)
class Resampler:
    """Sound of one form, frame by frame, to mono int16 at a rate; frames must have its rate, format and channels."""

    rate_hz: int
    form: tuple[int, str, str]
    exact: bool
    _graph: Graph = field(init=False)
    _source: FilterContext = field(init=False)
    _sink: FilterContext = field(init=False)

    def __post_init__(self) -> None:
        rate_hz, sample_format, layout = self.form
        self._graph = graph = Graph()
        self._source = graph.add(
            "abuffer",
            sample_rate=str(rate_hz),
            sample_fmt=sample_format,
            channel_layout=layout,
            time_base=f"1/{rate_hz}",
        )
        inner = ":internal_sample_fmt=s16p" if self.exact else ""
        resample = graph.add("aresample", f"{self.rate_hz}{inner}")
        to_mono = graph.add("aformat", f"sample_fmts=s16:sample_rates={self.rate_hz}:channel_layouts=mono")
        self._sink = graph.add("abuffersink")
        graph.link_nodes(self._source, resample, to_mono, self._sink)
        graph.configure()
        graph.set_audio_frame_size(CHUNK)

    def push(self, frame: AudioFrame) -> None:
        """Take a frame; the resampler works when it is asked for what came of it."""
        frame.pts = None  # it would check that time stamps follow on each other; ours are accounted for already
        self._source.push(frame)

    def pull(self) -> Iterator[NDArray[np.int16]]:
        """Yield what is ready."""
        while True:
            try:
                frame = self._sink.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            assert isinstance(frame, AudioFrame)  # noqa: S101 - the sink is one of sound
            yield np.frombuffer(frame.planes[0], np.int16, frame.samples)

    def finish(self) -> Iterator[NDArray[np.int16]]:
        """Yield what is left; nothing can be pushed afterwards."""
        self._source.push(None)
        return self.pull()
