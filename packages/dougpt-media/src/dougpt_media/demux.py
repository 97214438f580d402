"""Reading a media file packet by packet, past what is damaged in it.

One broken packet makes ordinary decoding stop or lose its place; here it is counted, and everything
after it keeps its presentation time.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container.input import InputContainer
from av.stream import Stream
from av.video.stream import VideoStream
from dougpt_schema import DougptError


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
    stopped: bool = False
    audio_end_s: float | None = None
    video_end_s: float | None = None
    seconds_with_picture: set[int] = field(default_factory=set)


@contextmanager
def open_media(path: Path | str) -> Iterator[InputContainer]:
    """Open a media file.

    Raises:
        UnreadableMediaError: It does not exist, is cut off before its index, or is no media at all.
    """
    path = Path(path)
    try:
        container = av.open(str(path))
    except FileNotFoundError as error:
        raise UnreadableMediaError(path.name, "no such file") from error
    except (av.error.FFmpegError, OSError) as error:
        raise UnreadableMediaError(path.name, _cause(path)) from error
    with container:
        yield container


def sound_of(container: InputContainer) -> AudioStream | None:
    """Return the stream that a player would play, if there is any sound."""
    stream = container.streams.best("audio")
    return stream if isinstance(stream, AudioStream) else None


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


def frames(container: InputContainer, reading: Reading) -> Iterator[AudioFrame]:
    """Yield the decoded sound of a file in file order and note everything else in `reading`.

    Packets of the picture are looked at and not decoded.
    """
    sound, picture = sound_of(container), picture_of(container)
    packets = container.demux([stream for stream in (sound, picture) if stream is not None])
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except (av.error.FFmpegError, OSError):
            reading.stopped = True
            return
        if packet.stream is picture:
            _note_picture(packet, reading)
            continue
        reading.bad_packets += packet.is_corrupt
        try:
            decoded = packet.decode()
        except (av.error.FFmpegError, OSError):
            reading.bad_packets += 1
            continue
        for frame in decoded:
            if isinstance(frame, AudioFrame) and frame.samples and frame.sample_rate:
                if frame.time is not None:
                    reading.audio_end_s = max(
                        reading.audio_end_s or 0.0, frame.time + frame.samples / frame.sample_rate
                    )
                yield frame


def _note_picture(packet: "av.Packet[Stream]", reading: Reading) -> None:
    if packet.pts is None or not packet.size:
        return
    start_s = float(packet.pts * packet.time_base)
    end_s = start_s + float((packet.duration or 0) * packet.time_base)
    reading.video_end_s = end_s if reading.video_end_s is None else max(reading.video_end_s, end_s)
    reading.seconds_with_picture.add(int(start_s))
    reading.bad_packets += packet.is_corrupt


def _cause(path: Path) -> str:
    if path.is_dir():
        return "is a directory"
    if path.stat().st_size == 0:
        return "the file is empty"
    boxes = mp4_boxes(path)
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
