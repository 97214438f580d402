"""Where a video's start changes on the wall clock: a broadcast that lost its connection is shorter in the video.

Messages are split where two values of the start explain clearly more of them than one. All times are milliseconds;
letters: N messages in the order of their offsets.
"""

import numpy as np
from numpy.typing import NDArray

from dougpt_chat.stabbing import Flags, Stab, Starts, beyond_start, stab

# Both sides of a jump need this many messages, and splitting must explain this many more than it leaves.
MIN_SEGMENT = 8
MIN_GAIN = 8
MIN_GAIN_SHARE = 0.02
GAIN_DEVIATIONS = 3
MAX_SPLITS = 64
SETTLING_ROUNDS = 4
SPLIT_WINDOW = 64
SPLIT_PROBES = 20_000


def find_jumps(high_N: Starts) -> list[int]:
    """Return the messages, in order of offset, before which the start changes."""
    jumps: list[int] = []
    open_parts = [(0, len(high_N))]
    while open_parts and len(jumps) < MAX_SPLITS:
        first, behind = open_parts.pop()
        at = _jump(high_N[first:behind])
        if at is not None:
            jumps.append(first + at)
            open_parts += [(first, first + at), (first + at, behind)]
    return _settled(high_N, sorted(jumps))


def _settled(high_N: Starts, jumps: list[int]) -> list[int]:
    """The jumps, each where it explains most between its neighbours, without those that explain too little there.

    A part is split while others in it are not found yet, so the first jumps may lie beside the true ones.
    """
    for _ in range(SETTLING_ROUNDS):
        before = list(jumps)
        for jump in before:
            number = jumps.index(jump)
            first = jumps[number - 1] if number else 0
            behind = jumps[number + 1] if number + 1 < len(jumps) else len(high_N)
            part = high_N[first:behind]
            at = _better(part, stab(part[: jump - first]), stab(part[jump - first :]))
            jumps[number : number + 1] = [] if at is None else [first + at]
        if jumps == before:
            break
    return jumps


def _jump(high_N: Starts) -> int | None:
    """Where splitting explains clearly more messages than not splitting, or None."""
    total = len(high_N)
    window = min(SPLIT_WINDOW, total // 2)
    if window < MIN_SEGMENT or total - stab(high_N).agreeing < MIN_GAIN:
        return None
    stride = max(1, total // SPLIT_PROBES)
    medians = np.median(np.lib.stride_tricks.sliding_window_view(high_N, window)[::stride], axis=1)
    apart = max(1, window // stride)
    rough = (int(np.argmax(np.abs(medians[apart:] - medians[:-apart]))) + apart) * stride
    left = stab(high_N[: max(rough - window // 2, MIN_SEGMENT)])
    right = stab(high_N[min(rough + window // 2, total - MIN_SEGMENT) :])
    return _better(high_N, left, right)


def _better(high_N: Starts, left: Stab, right: Stab) -> int | None:
    """Where the first start best gives way to the second, or None where two explain hardly more than one."""
    total = len(high_N)
    if total < 2 * MIN_SEGMENT:
        return None
    fits_left, fits_right = (_so_far(beyond_start(high_N, side.start_ms) == 0) for side in (left, right))
    explained = fits_left + fits_right[-1] - fits_right
    at = MIN_SEGMENT + int(np.argmax(explained[MIN_SEGMENT : total - MIN_SEGMENT + 1]))
    agreeing = stab(high_N).agreeing
    gain = stab(high_N[:at]).agreeing + stab(high_N[at:]).agreeing - agreeing
    # Of those that miss one start by jitter, two starts catch a few by chance: about the root of how many they are.
    by_chance = GAIN_DEVIATIONS * (total - agreeing) ** 0.5
    return at if gain >= max(MIN_GAIN, MIN_GAIN_SHARE * min(at, total - at), by_chance) else None


def _so_far(flags_N: Flags) -> NDArray[np.int32]:
    """How many hold before each, and at the end how many in all."""
    counts = np.zeros(len(flags_N) + 1, dtype=np.int32)
    np.cumsum(flags_N, out=counts[1:])
    return counts
