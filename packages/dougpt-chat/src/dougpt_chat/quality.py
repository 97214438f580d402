"""Whether an export can be what it seems to be: complete, and with times of its own."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dougpt_chat.clock import ChatClock

# An exporter of 2022 kept one message of each second; so many never fall one to a second by chance.
LOSSY_MIN_MESSAGES = 300
PARTIAL_SHARE = 0.9
PARTIAL_GAP_MS = 300_000
START_TOLERANCE_MS = 60_000
HALF_HOUR_MS = 1_800_000


@dataclass(frozen=True, slots=True)
class Quality:
    """What is wrong with an export as a whole; `warnings` say it in sentences."""

    lossy: bool
    partial: bool
    warnings: tuple[str, ...]


def judge(events: pa.Table, clock: ChatClock, *, length_ms: int | None, start_ms: int | None) -> Quality:
    """Judge an export by its events and their clock.

    Args:
        events: A `chat_events` table.
        clock: The clock they were timed with.
        length_ms: The video's length, where it is known.
        start_ms: Wall-clock time of the video's start, where it is known.
    """
    lossy, partial = _is_lossy(events), _is_partial(events, length_ms)
    warnings: list[str] = []
    if events.num_rows == 0:
        warnings.append("the export holds no usable message")
    if clock.is_copied:
        warnings.append(f"times of sending run at {clock.slope} of the video's speed: those of copying, and left out")
    if lossy:
        warnings.append("never two messages in one second: the exporter lost the others")
    if partial:
        warnings.append("the messages end long before the video does: the export is partial")
    if clock.segments and start_ms is not None:
        warnings += _start_warnings(clock.segments[0].start_ms - start_ms)
    return Quality(lossy, partial, tuple(warnings))


def _is_lossy(events: pa.Table) -> bool:
    seconds = np.floor_divide(events["offset_ms"].to_numpy(), 1000)
    return len(seconds) > LOSSY_MIN_MESSAGES and len(np.unique(seconds)) == len(seconds)


def _is_partial(events: pa.Table, length_ms: int | None) -> bool:
    if length_ms is None or events.num_rows == 0:
        return False
    last_ms = pc.max(events["offset_ms"]).as_py()
    return bool(last_ms < PARTIAL_SHARE * length_ms and length_ms - last_ms > PARTIAL_GAP_MS)


def _start_warnings(apart_ms: int) -> Iterator[str]:
    half_hours = round(apart_ms / HALF_HOUR_MS)
    if abs(apart_ms) <= START_TOLERANCE_MS:
        return
    if half_hours and abs(apart_ms - half_hours * HALF_HOUR_MS) <= START_TOLERANCE_MS:
        yield f"times of sending are {half_hours / 2:g} h off the video's start: another time zone; offsets are right"
    else:
        yield f"the chat's clock begins {apart_ms / 1000:.0f} s after the video was made"
