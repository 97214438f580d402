"""When a picture was shown: whether it goes on while sound is missing, and where it ends."""

from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass, field

LONGEST_HOLE_S = 60.0


@dataclass(slots=True)
class Picture:
    """The whole seconds in which a picture was shown, on the container's clock."""

    _seconds: list[int] = field(default_factory=list)
    _ends_s: dict[int, float] = field(default_factory=dict)

    def note(self, start_s: float, end_s: float) -> None:
        """Note one picture, in any order."""
        second = int(start_s)
        known_s = self._ends_s.get(second)
        if known_s is None:
            insort(self._seconds, second)
        if known_s is None or end_s > known_s:
            self._ends_s[second] = end_s

    def goes_on(self, from_s: float, to_s: float) -> bool:
        """Return whether the picture is there in most of the whole seconds of a stretch."""
        first, last = int(from_s) + 1, int(to_s)
        seen = bisect_left(self._seconds, last) - bisect_left(self._seconds, first)
        return last > first and 2 * seen > last - first

    def end_s(self, known_s: float) -> float | None:
        """Return where the picture ends; None where there is none. `known_s` is how far the recording goes at least.

        Pictures more than a minute past all others and past what is known have wrong time stamps.
        """
        end_s = None
        for second in self._seconds[max(0, bisect_right(self._seconds, known_s) - 1) :]:
            if second > max(end_s or known_s, known_s) + LONGEST_HOLE_S:
                break
            end_s = max(self._ends_s[second], end_s or self._ends_s[second])
        return end_s
