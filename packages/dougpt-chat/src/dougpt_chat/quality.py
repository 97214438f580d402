"""Whether an export can be what it seems to be: complete, and with times of its own."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dougpt_chat.clock import WALL, ChatClock
from dougpt_chat.formats.message import Cut
from dougpt_chat.stabbing import SECOND_MS

# An exporter of 2022 kept one message of each second. Where seven pairs are expected, there is none once in a thousand.
LOSSY_MIN_MESSAGES = 300
LOSSY_MIN_PAIRS = 7
PARTIAL_SHARE = 0.9
PARTIAL_GAP_MS = 300_000
# A shorter silence at the end says as much where so many messages would have been written in it.
PARTIAL_LEAST_SHARE = 0.03
PARTIAL_LEAST_GAP_MS = 60_000
PARTIAL_MESSAGES = 100
START_TOLERANCE_MS = 60_000
HALF_HOUR_MS = 1_800_000
# So many messages before the broadcast, and none in it, are no lobby.
DOUBT_MESSAGES = 20


@dataclass(frozen=True, slots=True)
class Quality:
    """What is wrong with an export as a whole; `warnings` say it in sentences."""

    lossy: bool
    partial: bool
    warnings: tuple[str, ...]


def judge(
    offset_ms_N: NDArray[np.int64],
    clock: ChatClock,
    *,
    lossy: bool,
    length_ms: int | None,
    start_ms: int | None,
    cut: Cut | None,
) -> Quality:
    """Judge an export by the times of its events and their clock.

    Args:
        offset_ms_N: When the events are, in any order.
        clock: The clock they were timed with.
        lossy: What `is_lossy` says of it.
        length_ms: The video's length, where it is known.
        start_ms: Wall-clock time of the video's start, where it is known.
        cut: Where the file ends too early, or None.
    """
    partial = _is_partial(offset_ms_N, length_ms)
    warnings: list[str] = []
    if cut is not None and not cut.certain:
        warnings.append(f"{cut.cause}: if the file was cut there, at byte {cut.at_byte}, its last message is shortened")
    elif cut is not None:
        warnings.append(
            f"the file is cut off at byte {cut.at_byte} ({cut.cause}): what came behind is missing; export it again"
        )
    if len(offset_ms_N) == 0:
        warnings.append("the export holds no usable message")
    untimed = int((~clock.timed_N).sum())
    if untimed:
        warnings.append(
            f"{untimed} messages have no time in the recording: a log that holds only times of day needs the "
            "broadcast's start (broadcast_start, or an info.json beside the file)"
        )
    if clock.is_copied:
        warnings.append(
            "times of sending do not run along with the video, as in highlights: they are those of copying the chat, "
            "and are left out; offsets stay whole seconds"
        )
    if lossy:
        warnings.append("never two messages in one second: the exporter lost the others")
    if partial:
        warnings.append("the messages end long before the video does: the export is partial")
    if clock.segments and start_ms is not None:
        warnings += _start_warnings(clock.segments[0].start_ms - start_ms)
    if len(offset_ms_N) >= DOUBT_MESSAGES and (clock.source_code == WALL).any() and offset_ms_N.max() < 0:
        warnings.append(
            f"every message was sent before the broadcast's start, the last one {-int(offset_ms_N.max()) // 1000} s "
            "before: is that start right, and its time zone?"
        )
    return Quality(lossy, partial, tuple(warnings))


def is_lossy(second_N: NDArray[np.int64]) -> bool:
    """Whether messages that come as often as these would have met in a second, and never do.

    Of c messages in a minute c (c - 1) / 120 pairs share a second on average, if they come independently.

    Args:
        second_N: The second of each message as the exporter wrote it: rebuilt times may fall into the next one.
    """
    if len(second_N) <= LOSSY_MIN_MESSAGES or len(np.unique(second_N)) < len(second_N):
        return False
    _, per_minute = np.unique(second_N // 60, return_counts=True)
    return bool((per_minute * (per_minute - 1) / 120).sum() >= LOSSY_MIN_PAIRS)


def _is_partial(offset_ms_N: NDArray[np.int64], length_ms: int | None) -> bool:
    """Whether the video goes on for long after the last message, and long in messages of this chat."""
    if length_ms is None or len(offset_ms_N) == 0:
        return False
    last_ms = int(offset_ms_N.max())
    missing_ms = length_ms - last_ms
    if last_ms < PARTIAL_SHARE * length_ms and missing_ms > PARTIAL_GAP_MS:
        return True
    expected = len(offset_ms_N) * missing_ms / max(last_ms, SECOND_MS)
    return bool(missing_ms > max(PARTIAL_LEAST_GAP_MS, PARTIAL_LEAST_SHARE * length_ms) and expected > PARTIAL_MESSAGES)


def _start_warnings(apart_ms: int) -> Iterator[str]:
    half_hours = round(apart_ms / HALF_HOUR_MS)
    if abs(apart_ms) <= START_TOLERANCE_MS:
        return
    if half_hours and abs(apart_ms - half_hours * HALF_HOUR_MS) <= START_TOLERANCE_MS:
        yield f"times of sending are {half_hours / 2:g} h off the video's start: another time zone; offsets are right"
    else:
        yield f"the chat's clock begins {apart_ms / 1000:.0f} s after the video was made"
