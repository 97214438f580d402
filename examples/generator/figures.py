"""Figures of the streams: whether they are what we meant them to be, and how hard they are."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from statistics import median, quantiles

from generator.channel import Stream

SPAM = ("bot", "command")


def figures(name: str, stream: Stream, minutes: float) -> dict[str, object]:
    """One row of figures; lags in seconds from the end of the sentence to the message."""
    kinds = Counter(message.kind for _, message in stream.messages)
    lags_s = reply_lags_s([stream])
    total = len(stream.messages)
    return {
        "recording": name,
        "lines": len(stream.lines),
        "a minute": round(total / minutes, 1),
        "replies": f"{kinds['reply'] / total:.0%}",
        "lag": f"{median(lags_s):.1f} ({quantiles(lags_s, n=20)[0]:.1f} to {quantiles(lags_s, n=20)[-1]:.1f})",
        "nearest F1": round(nearest_f1([stream]), 3),
        **{kind: count for kind, count in sorted(kinds.items()) if kind != "reply"},
    }


def reply_lags_s(streams: Sequence[Stream]) -> list[float]:
    """How long after its sentence's end each reply came, in seconds; below zero where somebody did not wait."""
    return [(m.at_ms - m.line.end_ms) / 1000 for stream in streams for _, m in stream.messages if m.line]


def nearest_f1(streams: Sequence[Stream], lag_ms: int = 0) -> float:
    """F1 of the rule that every message answers the last sentence that ended `lag_ms` before it."""
    right = claimed = true = 0
    for stream in streams:
        ends = [line.end_ms for line in stream.lines]
        for _, message in stream.messages:
            true += message.line is not None
            place = bisect_right(ends, message.at_ms - lag_ms) - 1
            if place < 0 or message.kind in SPAM:
                continue
            claimed += 1
            right += message.line is stream.lines[place]
    return 2 * right / (claimed + true)
