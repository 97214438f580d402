"""Reading a media file packet by packet, past what is damaged in it.

One broken packet makes ordinary decoding stop or lose its place; here it is counted, and everything
after it keeps its presentation time.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container.input import InputContainer
from av.stream import Stream
from av.video.stream import VideoStream
from dougpt_schema import DougptError

from dougpt_media.picture import Picture

MOST_FAILURES = 8  # to read on at one place before the rest of a file is given up
# What recordings have; a rate outside is a lie of the header, and would make hours of a few bytes.
LOWEST_RATE_HZ, HIGHEST_RATE_HZ = 2_000, 768_000

Decoder = Callable[["av.Packet[AudioStream]"], Iterable[tuple[AudioFrame, float | None]]]


class UnreadableMediaError(DougptError):
    """A file cannot be opened as sound or video.

    Attributes:
        name: The file's name.
        cause: What is wrong with it.
    """

    def __init__(self, name: str, cause: str) -> None:
        self.name = name
        self.cause = cause
        super().__init__(f"{name}: {cause}")


@dataclass(slots=True)
class Reading:
    """What was met on the way through a file; seconds of presentation time as the container tells it."""

    bad_packets: int = 0
    bad_at_s: list[float] = field(default_factory=list)  # taken out by whoever places them on a clock
    stopped: bool = False
    first_packet_s: float | None = None
    first_frame_s: float | None = None
    sound_end_s: float = 0.0
    picture: Picture = field(default_factory=Picture)

    @property
    def cut_s(self) -> float:
        """How much of the first sound was cut off because the file says that it is an encoder's lead, or not shown."""
        if self.first_packet_s is None or self.first_frame_s is None:
            return 0.0
        return self.first_frame_s - self.first_packet_s

    def note_bad(self, at_s: float | None) -> None:
        """Count a packet that is damaged; one without a time lies where the sound before it ends."""
        self.bad_packets += 1
        self.bad_at_s.append(self.sound_end_s if at_s is None else at_s)


@contextmanager
def open_media(path: Path | str) -> Iterator[InputContainer]:
    """Open a media file.

    Raises:
        UnreadableMediaError: It does not exist, cannot be read, is cut off before its index, or is no media at all.
    """
    path = Path(path)
    try:
        container = av.open(str(path), metadata_errors="replace")
    except FileNotFoundError as error:
        raise UnreadableMediaError(path.name, "no such file") from error
    except (av.error.FFmpegError, OSError) as error:
        raise UnreadableMediaError(path.name, _cause(path)) from error
    with container:
        yield container


def sound_of(container: InputContainer, track: int | None = None) -> AudioStream | None:
    """Return a track of sound by its number, or the one that a player would play; None where none can be decoded."""
    tracks = container.streams.audio
    if track is not None:
        stream = tracks[track] if 0 <= track < len(tracks) else None
    else:
        best = container.streams.best("audio")
        stream = best if isinstance(best, AudioStream) else None
    return stream if stream is not None and has_decoder(stream) else None


def has_decoder(stream: Stream) -> bool:
    """Return whether FFmpeg knows the codec of a stream; PyAV's types say that there always is one."""
    return cast("object", stream.codec_context) is not None


def picture_of(container: InputContainer) -> VideoStream | None:
    """Return the first moving picture; cover art is none."""
    for stream in container.streams.video:
        if not stream.disposition & stream.disposition.attached_pic:
            return stream
    return None


def origin_s(container: InputContainer) -> float:
    """Return the presentation time that a player shows as 0:00: the earliest start of sound or picture."""
    starts = [
        float(stream.start_time * stream.time_base)
        for stream in (sound_of(container), picture_of(container))
        if stream is not None and stream.start_time is not None and stream.time_base is not None
    ]
    return min(starts, default=0.0)


def packets_of(
    container: InputContainer, sound: AudioStream | None, picture: VideoStream | None, reading: Reading
) -> Iterator["av.Packet[AudioStream]"]:
    """Yield the packets of the sound in file order and note everything else in `reading`.

    Packets of the picture are looked at and not decoded. Where reading fails it is taken up behind the failure.
    """
    streams: list[Stream] = [stream for stream in (sound, picture) if stream is not None]
    tick_s = float(picture.time_base or 0) if picture is not None else 0.0
    failures = 0
    while True:
        packets = container.demux(streams)
        try:
            for packet in packets:
                failures = 0
                if packet.stream is picture:
                    _note_picture(packet, tick_s, reading)
                else:
                    yield cast("av.Packet[AudioStream]", packet)
        except (av.error.FFmpegError, OSError):
            failures += 1
            reading.stopped = failures > MOST_FAILURES
            if reading.stopped:
                return
            continue
        except IndexError:  # PyAV's, at the end of a file in which a stream began later than it had looked
            pass
        # An end that comes right after a failure is where reading failed for good.
        reading.stopped = failures > 0
        return


def frames(
    packets: Iterator["av.Packet[AudioStream]"], decoder: Decoder, reading: Reading
) -> Iterator[tuple[AudioFrame, float | None]]:
    """Yield the frames that packets hold, each with its presentation time; packets that hold none are counted."""
    for packet in packets:
        if packet.is_corrupt:
            reading.note_bad(_seconds(packet))
        if reading.first_packet_s is None:
            reading.first_packet_s = _seconds(packet)
        try:
            decoded = decoder(packet)
        except (av.error.FFmpegError, OSError):
            reading.note_bad(_seconds(packet))
            reading.first_packet_s = reading.first_packet_s if reading.first_frame_s is not None else None
            continue
        for frame, at_s in decoded:
            if not frame.samples:
                continue
            if not LOWEST_RATE_HZ <= frame.sample_rate <= HIGHEST_RATE_HZ:
                reading.note_bad(at_s)
                continue
            if at_s is not None:
                reading.first_frame_s = at_s if reading.first_frame_s is None else reading.first_frame_s
                reading.sound_end_s = at_s + frame.samples / frame.sample_rate
            yield frame, at_s


def _seconds(packet: "av.Packet[AudioStream]") -> float | None:
    return None if packet.pts is None else float(packet.pts * packet.time_base)


def _note_picture(packet: "av.Packet[Stream]", tick_s: float, reading: Reading) -> None:
    if packet.pts is None or not packet.size:
        return
    start_s = packet.pts * tick_s
    reading.picture.note(start_s, start_s + (packet.duration or 0) * tick_s)
    if packet.is_corrupt:
        reading.note_bad(start_s)


def _cause(path: Path) -> str:
    try:
        if path.is_dir():
            return "is a directory"
        if path.stat().st_size == 0:
            return "the file is empty"
        boxes = mp4_boxes(path)
    except OSError as error:
        return f"cannot be read ({error.strerror or error})"
    if boxes and "moov" not in boxes:
        return "an MP4 file without its index (moov): it was cut off while it was written or downloaded"
    return "no sound or video that can be read"


def mp4_boxes(path: Path) -> list[str]:
    """Return the names of the top-level boxes of an MP4 file that lie wholly inside it; none if it is no MP4 file."""
    size = path.stat().st_size
    names: list[str] = []
    with path.open("rb") as file:
        offset = 0
        while offset + 8 <= size:
            file.seek(offset)
            head = file.read(16)
            length, name = int.from_bytes(head[:4], "big"), head[4:8]
            if length == 1:
                length = int.from_bytes(head[8:16], "big")
            elif length == 0:
                length = size - offset
            if not names and name != b"ftyp":
                return []
            if length < 8 or not name.isalnum():
                break
            if offset + length <= size:
                names.append(name.decode("ascii"))
            offset += length
    return names
