"""From when to when a panel was to be seen, told from what was followed in its place and what was read there.

While a chat is hidden, its place shows the scene, which may be followed for a while too; nobody says anything there.
"""

from collections.abc import Iterable

from dougpt_chat.rendered.ribbon import GONE_MS

Interval = tuple[int, int]


def intervals_of(shown: Iterable[Interval], messages: Iterable[Interval]) -> list[Interval]:
    """Return from when to when chat was to be seen at a place, in order and apart.

    Args:
        shown: From when to when something was followed there, in ms; these may touch and overlap.
        messages: The first and the last picture of each message that was read there, in ms.
    """
    seen = sorted(messages)
    joined: list[Interval] = []
    for from_ms, to_ms in sorted(shown):
        if not any(first <= to_ms and from_ms <= last for first, last in seen):
            continue
        if joined and from_ms - joined[-1][1] <= GONE_MS:
            joined[-1] = (joined[-1][0], max(joined[-1][1], to_ms))
        else:
            joined.append((from_ms, to_ms))
    return joined
