"""Pictures of a video on the recording's clock, some a second, past what is damaged in the file.

0 is what a player shows as 0:00: the earliest start of sound or picture, as for the recording's sound.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av.container.input import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from dougpt_schema import DougptError
from numpy.typing import NDArray

# A picture due at a beat may be stamped a rounding before it.
ROUNDING_MS = 1


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

    def __init__(self, path: str, region: tuple[int, int, int, int], size: tuple[int, int]) -> None:
        self.region = region
        self.size = size
        super().__init__(
            f"{path}: the region (left, top, width, height) {region} does not lie in the picture of "
            f"{size[0]} x {size[1]}"
        )


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture: when it is shown, in ms, and its pixels (BGR) of shape (H, W, 3)."""

    at_ms: int
    image_HWC: NDArray[np.uint8]


class Video:
    """The pictures of a file, cut to a region; iterate once.

    Attributes:
        size: Width and height of the whole picture in pixels.
        duration_ms: How long it says to be; 0 where it does not say.
        decoded: How many pictures were decoded so far.
        broken_packets: How many packets could not be decoded.
        stopped: Whether the file could not be read to its end.
    """

    def __init__(self, path: Path | str, *, frames_per_s: float, region: tuple[int, int, int, int] | None) -> None:
        """Open a video.

        Args:
            path: The file.
            frames_per_s: How many pictures of each second are wanted.
            region: left, top, width, height in pixels, or None for the whole picture.

        Raises:
            UnreadableVideoError: It cannot be opened, or has no moving picture.
            RegionError: The region does not lie in the picture.
        """
        self._path = Path(path)
        self._step_ms = 1000 / frames_per_s
        self._region = region
        self.decoded = 0
        self.broken_packets = 0
        self.stopped = False
        with self._open() as container:
            stream = self._picture(container)
            self.size = (stream.width, stream.height)
            self.duration_ms = round((container.duration or 0) * 1000 / av.time_base)
        if region is not None:
            self._require_inside(region)

    def __iter__(self) -> Iterator[Picture]:
        with self._open() as container:
            stream = self._picture(container)
            stream.thread_type = "AUTO"
            zero_s = _zero_s(container, stream)
            last_beat: int | None = None
            for frame in self._frames(container, stream):
                self.decoded += 1
                if frame.pts is None:
                    continue
                at_ms = round((frame.time - zero_s) * 1000)
                beat = int((at_ms + ROUNDING_MS) // self._step_ms)
                if last_beat is None or beat > last_beat:
                    last_beat = beat
                    yield Picture(at_ms, self._cut(frame.to_ndarray(format="bgr24").astype(np.uint8, copy=False)))

    def stretch(self, from_ms: int, to_ms: int) -> Iterator[Picture]:
        """Yield the pictures of a stretch, beginning with one that can be decoded by itself."""
        with self._open() as container:
            stream = self._picture(container)
            zero_s = _zero_s(container, stream)
            try:
                container.seek(round((from_ms / 1000 + zero_s) * av.time_base))
            except (av.error.FFmpegError, OSError):
                return
            for frame in self._frames(container, stream):
                at_ms = round(((frame.time or 0) - zero_s) * 1000)
                if at_ms >= to_ms:
                    return
                yield Picture(at_ms, self._cut(frame.to_ndarray(format="bgr24").astype(np.uint8, copy=False)))

    def _open(self) -> InputContainer:
        try:
            return av.open(str(self._path))
        except (av.error.FFmpegError, OSError) as error:
            cause = getattr(error, "strerror", None) or "no video"
            raise UnreadableVideoError(str(self._path), f"cannot be opened: {cause}") from error

    def _picture(self, container: InputContainer) -> VideoStream:
        for stream in container.streams.video:
            if not stream.disposition & stream.disposition.attached_pic and stream.width and stream.height:
                return stream
        raise UnreadableVideoError(str(self._path), "it has no moving picture")

    def _frames(self, container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
        packets = container.demux(stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except (av.error.FFmpegError, OSError):
                self.stopped = True
                return
            try:
                decoded = packet.decode()
            except (av.error.FFmpegError, OSError):
                self.broken_packets += 1
                continue
            yield from (frame for frame in decoded if isinstance(frame, VideoFrame))

    def _cut(self, image_HWC: NDArray[np.uint8]) -> NDArray[np.uint8]:
        if self._region is None:
            return image_HWC
        left, top, width, height = self._region
        return np.ascontiguousarray(image_HWC[top : top + height, left : left + width])

    def _require_inside(self, region: tuple[int, int, int, int]) -> None:
        left, top, width, height = region
        inside = left >= 0 and top >= 0 and left + width <= self.size[0] and top + height <= self.size[1]
        if not inside or width < 1 or height < 1:
            raise RegionError(str(self._path), region, self.size)


def _zero_s(container: InputContainer, picture: VideoStream) -> float:
    starts = [
        float(stream.start_time * stream.time_base)
        for stream in (container.streams.best("audio"), picture)
        if stream is not None and stream.start_time is not None and stream.time_base is not None
    ]
    return min(starts, default=0.0)
