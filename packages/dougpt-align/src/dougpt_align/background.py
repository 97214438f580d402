"""How much chat there is that answers nothing: a moving rate, from the events that are probably no replies."""

from dataclasses import dataclass

import numpy as np

from dougpt_align.arrays import Floats, Ints

# Narrow enough to take up bursts that no utterance explains, wide enough not to take up the replies to one.
BACKGROUND_HALF_WIDTHS_S = (6.0, 12.0, 30.0)
LEAST_RATE = 1e-4


@dataclass(frozen=True, slots=True)
class Windows:
    """The ranges of events around each event that estimate the background there, at several widths.

    What an event itself adds is left out of its estimate: in slow chat it would be most of it, and every event would
    explain itself.
    """

    ranges: tuple[tuple[Ints, Ints, Floats], ...]

    @classmethod
    def of(cls, time_s_E: Floats, half_widths_s: tuple[float, ...] = BACKGROUND_HALF_WIDTHS_S) -> "Windows":
        """Find the ranges by search; near the ends a window is as long as what lies inside the recording."""
        if not len(time_s_E):
            return cls(())
        start, end = float(time_s_E[0]), float(time_s_E[-1])
        ranges = []
        for half in half_widths_s:
            low = np.searchsorted(time_s_E, time_s_E - half, side="left")
            high = np.searchsorted(time_s_E, time_s_E + half, side="right")
            length = np.minimum(time_s_E + half, end) - np.maximum(time_s_E - half, start)
            ranges.append((low, high, np.maximum(length, half)))
        return cls(tuple(ranges))

    def intensity(self, weight_E: Floats, own_E: Floats | None = None) -> Floats:
        """Other events a second around each event, weighted; never zero.

        Args:
            weight_E: What each event adds.
            own_E: What the event and its copies add together; `weight_E` if not given.
        """
        if not self.ranges:
            return weight_E
        summed = np.r_[0.0, np.cumsum(weight_E)]
        own_E = weight_E if own_E is None else own_E
        total = np.zeros(len(weight_E))
        for low, high, length in self.ranges:
            total = total + np.maximum(summed[high] - summed[low] - own_E, 0.0) / length
        return np.maximum(total / len(self.ranges), LEAST_RATE)
