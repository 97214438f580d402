"""A few pictures of every second, all text in each."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import av
import numpy as np
from chat_scores import Read
from numpy.typing import NDArray

from plain_ocr.engine import PlainEngine
from plain_ocr.grouping import group_lines
from plain_ocr.log import ChatLog

FRAMES_PER_S = 2
MIN_CONFIDENCE = 0.5
MIN_SIMILARITY = 0.8


@dataclass(frozen=True, slots=True)
class PlainReading:
    """The messages, and how many pictures were read."""

    messages: list[Read]
    pictures: int


def read_plainly(
    path: Path, region: tuple[int, int, int, int], engine: PlainEngine, most: int | None = None
) -> PlainReading:
    """Read the chat in a region (left, top, width, height) of a video, of its first `most` pictures where given."""
    log = ChatLog(MIN_SIMILARITY)
    count = 0
    for at_ms, image_HWC in islice(_pictures(path, region), most):
        log.add(at_ms, group_lines(engine.read_lines(image_HWC), MIN_CONFIDENCE).readings)
        count += 1
    messages = [Read(one.best.name, one.best.text, one.seen_ms) for one in log.messages]
    return PlainReading(messages, count)


def _pictures(path: Path, region: tuple[int, int, int, int]) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    left, top, width, height = region
    last = -1
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        for frame in container.decode(stream):
            beat = int(frame.time * FRAMES_PER_S + 1e-6)
            if beat > last:
                last = beat
                image_HWC = frame.to_ndarray(format="bgr24")[top : top + height, left : left + width]
                yield round(frame.time * 1000), np.ascontiguousarray(image_HWC)
