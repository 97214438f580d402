"""Pictures of a video on the recording's clock, past what is damaged in the file.

0 is what a player shows as 0:00: the earliest start of sound or picture, as for the recording's sound. A picture's
brightness is looked at where the decoder put it; nothing is converted and nothing copied but what is asked for.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av.container.input import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from dougpt_schema import DougptError
from numpy.typing import NDArray

# Formats whose first plane is brightness in 8 bits, the two others colour at half the size each way.
PLAIN_FORMAT = "yuv420p"
MS_PER_S = 1000

Plane = NDArray[np.uint8]
Region = tuple[int, int, int, int]


class UnreadableVideoError(DougptError):
    """A file cannot be opened, or shows no moving picture.

    Attributes:
        path: The file.
        cause: Why.
    """

    def __init__(self, path: str, cause: str) -> None:
        self.path = path
        self.cause = cause
        super().__init__(f"{path}: {cause}")


class RegionError(DougptError):
    """The region to read does not lie in the picture.

    Attributes:
        region: left, top, width, height in pixels.
        size: The picture's width and height.
    """

    def __init__(self, path: str, region: Region, size: tuple[int, int]) -> None:
        self.region = region
        self.size = size
        super().__init__(
            f"{path}: the region (left, top, width, height) {region} does not lie in the picture of "
            f"{size[0]} x {size[1]}"
        )


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A decoded picture and when it is shown, in ms."""

    at_ms: int
    frame: VideoFrame

    def luma_HW(self, region: Region) -> Plane:  # noqa: N802 - the suffix tells dimensions
        """Return the brightness in a region (left, top, width, height): a view of the decoder's own memory."""
        left, top, width, height = region
        return _plane(self.frame, 0)[top : top + height, left : left + width]

    def chroma_HW2(self, region: Region) -> Plane:  # noqa: N802 - the suffix tells dimensions
        """Return the two colour differences in a region, at its full size."""
        left, top, width, height = region
        # Of every second pixel there is one, which stands for itself and for those beside and below it.
        first_row, first_column = top // 2, left // 2
        inside = np.s_[first_row : (top + height + 1) // 2, first_column : (left + width + 1) // 2]
        half_HW2 = np.stack([_plane(self.frame, number)[inside] for number in (1, 2)], axis=-1)
        whole_HW2 = half_HW2.repeat(2, axis=0).repeat(2, axis=1)
        down, right = top - 2 * first_row, left - 2 * first_column
        return whole_HW2[down : down + height, right : right + width]

    def bgr_HWC(self, region: Region) -> Plane:  # noqa: N802 - the suffix tells dimensions
        """Return the colours in a region."""
        left, top, width, height = region
        image_HWC = self.frame.to_ndarray(format="bgr24").astype(np.uint8, copy=False)
        return np.ascontiguousarray(image_HWC[top : top + height, left : left + width])


class Video:
    """The pictures of a file.

    Attributes:
        path: The file.
        size: Width and height of the picture in pixels.
        duration_ms: How long it says to be; 0 where it does not say.
        decoded: How many pictures were decoded so far, going through the whole.
        broken_packets: How many packets could not be decoded, going through the whole.
        stopped: Whether the file could not be read to its end.
        end_ms: When the last picture so far was shown.
    """

    def __init__(self, path: Path | str) -> None:
        """Open a video.

        Args:
            path: The file.

        Raises:
            UnreadableVideoError: It cannot be opened, or has no moving picture.
        """
        self.path = Path(path)
        self.decoded = 0
        self.broken_packets = 0
        self.stopped = False
        self.end_ms = 0
        with self._open() as container:
            stream = self._picture(container)
            self.size = (stream.width, stream.height)
            self.duration_ms = round((container.duration or 0) * MS_PER_S / av.time_base)

    @property
    def region(self) -> Region:
        """The whole picture."""
        return (0, 0, *self.size)

    def __iter__(self) -> Iterator[Picture]:
        with self._open() as container:
            stream = self._picture(container)
            for picture in self._pictures(container, stream, self._count):
                self.decoded += 1
                self.end_ms = picture.at_ms
                yield picture

    def stretch(self, from_ms: int, to_ms: int) -> Iterator[Picture]:
        """Yield the pictures of a stretch, beginning with one that can be decoded by itself, as a look into the file.

        What is damaged there is passed by; going through the whole counts it.
        """
        with self._open() as container:
            stream = self._picture(container)
            zero_s = _zero_s(container, stream)
            try:
                container.seek(round((from_ms / MS_PER_S + zero_s) * av.time_base))
            except (av.error.FFmpegError, OSError):
                return
            for picture in self._pictures(container, stream, lambda **_: None):
                if picture.at_ms >= to_ms:
                    return
                yield picture

    def require_inside(self, region: Region) -> None:
        """Make sure that a region lies in the picture.

        Raises:
            RegionError: It does not.
        """
        left, top, width, height = region
        inside = left >= 0 and top >= 0 and left + width <= self.size[0] and top + height <= self.size[1]
        if not inside or width < 1 or height < 1:
            raise RegionError(str(self.path), region, self.size)

    def _count(self, *, stopped: bool) -> None:
        self.stopped = self.stopped or stopped
        self.broken_packets += not stopped

    def _open(self) -> InputContainer:
        try:
            return av.open(str(self.path))
        except (av.error.FFmpegError, OSError) as error:
            cause = getattr(error, "strerror", None) or "no video"
            raise UnreadableVideoError(str(self.path), f"cannot be opened: {cause}") from error

    def _picture(self, container: InputContainer) -> VideoStream:
        for stream in container.streams.video:
            if not stream.disposition & stream.disposition.attached_pic and stream.width and stream.height:
                # One thread: those that still decode ahead when reading ends early, as after an error, would wait for
                # Python's lock while it waits for them. Text is read beside it, so that the other cores have work.
                stream.thread_type = "NONE"
                stream.codec_context.thread_count = 1
                return stream
        raise UnreadableVideoError(str(self.path), "it has no moving picture")

    def _pictures(
        self, container: InputContainer, stream: VideoStream, damage: Callable[..., None]
    ) -> Iterator[Picture]:
        """Pictures in the order shown, in the plain format and the video's size, each later than the last."""
        zero_s = _zero_s(container, stream)
        last_ms: int | None = None
        for frame in _frames(container, stream, damage):
            if frame.pts is None:
                continue
            at_ms = round((frame.time - zero_s) * MS_PER_S)
            if last_ms is not None and at_ms <= last_ms:
                continue
            last_ms = at_ms
            if frame.format.name != PLAIN_FORMAT or (frame.width, frame.height) != self.size:
                frame = frame.reformat(*self.size, format=PLAIN_FORMAT, dst_color_range="MPEG")  # noqa: PLW2901
            yield Picture(at_ms, frame)


def _frames(container: InputContainer, stream: VideoStream, damage: Callable[..., None]) -> Iterator[VideoFrame]:
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, IndexError):  # PyAV's IndexError is an end too: of a file in which a stream began late
            return
        except (av.error.FFmpegError, OSError):
            damage(stopped=True)
            return
        try:
            decoded = packet.decode()
        except (av.error.FFmpegError, OSError):
            damage(stopped=False)
            continue
        yield from (frame for frame in decoded if isinstance(frame, VideoFrame))


def _plane(frame: VideoFrame, number: int) -> Plane:
    plane = frame.planes[number]
    whole = np.frombuffer(plane, np.uint8)
    return whole.reshape(-1, plane.line_size)[: plane.height, : plane.width]


def _zero_s(container: InputContainer, picture: VideoStream) -> float:
    starts = [
        float(stream.start_time * stream.time_base)
        for stream in (container.streams.best("audio"), picture)
        if stream is not None and stream.start_time is not None and stream.time_base is not None
    ]
    return min(starts, default=0.0)
