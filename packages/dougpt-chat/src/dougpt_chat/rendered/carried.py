"""A chat that moves to another place takes along what stands in it: that was read before, and is no new message."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rapidfuzz.distance import Levenshtein

from dougpt_chat.rendered.intervals import Interval
from dougpt_chat.rendered.messages import Read
from dougpt_chat.rendered.ribbon import GONE_MS, MOMENT_MS
from dougpt_chat.rendered.tracks import ASIDE_MS

# How alike two readings of one message are at least, 0 to 1.
ALIKE = 0.75


def without_carried(messages: Sequence[Read], intervals: Mapping[int, Sequence[Interval]]) -> list[Read]:
    """Return the messages but for those that came along from another place.

    Args:
        messages: In the order in which they came.
        intervals: From when to when each panel was to be seen.
    """
    carried: set[tuple[int, ...]] = set()
    for panel_id, own in intervals.items():
        others = [(other, to_ms) for other, times in intervals.items() if other != panel_id for _, to_ms in times]
        for from_ms, _ in own:
            left = [(to_ms, other) for other, to_ms in others if -GONE_MS <= from_ms - to_ms <= ASIDE_MS]
            if left:
                to_ms, other = max(left)
                before = [one for one in messages if one.panel_id == other and one.last_ms >= to_ms - GONE_MS]
                stood = [one for one in messages if one.panel_id == panel_id and _came(one, from_ms)]
                carried |= {one.row_ids for one in _again(stood, before)}
    return [one for one in messages if one.row_ids not in carried]


def _came(message: Read, at_ms: int) -> bool:
    return at_ms <= message.first_full_ms <= at_ms + MOMENT_MS


def _again(stood: Iterable[Read], before: Sequence[Read]) -> Iterator[Read]:
    """Those that were read before, in the same order."""
    texts = [_words(one) for one in before]
    after = 0
    for one in stood:
        words = _words(one)
        for place in range(after, len(texts)):
            if Levenshtein.normalized_similarity(words, texts[place]) >= ALIKE:
                after = place + 1
                yield one
                break


def _words(message: Read) -> str:
    """Who and what, without emotes, which are told apart by their looks."""
    words = "".join(text for text, emote in message.fragments if emote is None)
    return f"{message.name} {' '.join(words.split())}"
