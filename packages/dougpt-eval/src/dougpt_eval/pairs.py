"""Two models on the same windows of the same recordings, compared in pairs.

Jackknife pseudo-values (Tukey 1958) of the difference, one a recording, carry a t interval and a t test: what moves
both figures alike, such as a hard recording, cancels out.
"""

import math
from dataclasses import dataclass

from dougpt_eval.resampling import COVERAGE, DIGITS, Estimate
from dougpt_eval.student import t_cdf, t_quantile


@dataclass(frozen=True, slots=True)
class Difference:
    """How much larger the second figure is than the first.

    Attributes:
        value: The mean pseudo-value.
        error: Its standard error.
        recordings: From how many recordings.
    """

    value: float
    error: float
    recordings: int

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval."""
        half = self.error * t_quantile((1 + COVERAGE) / 2, self.recordings - 1)
        return round(self.value - half, DIGITS), round(self.value + half, DIGITS)

    def p_above(self, least: float, *, sign: float = 1.0) -> float:
        """Return P(a difference, times `sign`, at least as large) where the true one is `least`."""
        value = sign * self.value
        if self.error < 10.0**-DIGITS:
            return 0.0 if value > least + 10.0**-DIGITS else 1.0
        return 1 - t_cdf((value - least) / self.error, self.recordings - 1)


def difference(first: Estimate, second: Estimate) -> Difference | None:
    """Return second less first; None where fewer than two recordings have both figures, or some lack one."""
    if first.value is None or second.value is None:
        return None
    pairs = [(before, second.without.get(name)) for name, before in first.without.items()]
    kept = [(before, after) for before, after in pairs if before is not None and after is not None]
    size = len(kept)
    if size < 2 or size != len(pairs):
        return None
    whole = second.value - first.value
    pseudo = [size * whole - (size - 1) * (after - before) for before, after in kept]
    mean = math.fsum(pseudo) / size
    error = math.sqrt(math.fsum((value - mean) ** 2 for value in pseudo) / (size - 1) / size)
    return Difference(mean, error, size)
