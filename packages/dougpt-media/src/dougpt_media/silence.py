"""Stretches in which sound is switched off: muted by the platform, or never there."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

STEP_MS = 100
NEAR_ZERO = 1  # what lossy coding of digital silence leaves


@dataclass(slots=True)
class SilenceWatch:
    """Hears sound piece by piece and remembers which tenths of a second are digital silence."""

    rate_hz: int
    _step: int = field(init=False)
    _silent: bytearray = field(default_factory=bytearray)
    _rest: NDArray[np.int16] = field(default_factory=lambda: np.empty(0, np.int16))

    def __post_init__(self) -> None:
        self._step = max(1, self.rate_hz * STEP_MS // 1000)

    def hear(self, samples: NDArray[np.int16]) -> None:
        """Take the samples that follow on those heard before."""
        if len(self._rest):
            samples = np.concatenate([self._rest, samples])
        step = self._step
        steps = len(samples) // step
        block = samples[: steps * step].reshape(steps, step)
        if steps:
            loud = (block.max(axis=1) > NEAR_ZERO) | (block.min(axis=1) < -NEAR_ZERO)
            self._silent += (~loud).astype(np.uint8).tobytes()
        self._rest = samples[steps * step :].copy()

    def skip(self, n_samples: int) -> None:
        """Take so many samples of silence."""
        step = self._step
        to_edge = min(n_samples, -len(self._rest) % step)
        if to_edge:
            self.hear(np.zeros(to_edge, np.int16))
        steps, rest = divmod(n_samples - to_edge, step)
        self._silent += b"\1" * steps
        self.hear(np.zeros(rest, np.int16))

    def stretches(self, known_ms: list[tuple[int, int]], least_ms: int) -> list[tuple[int, int]]:
        """Return the silent stretches of at least that length outside those already known, in milliseconds."""
        silent_T = np.frombuffer(self._silent, np.uint8).copy()
        for from_ms, to_ms in known_ms:
            first, last = max(0, from_ms) * self.rate_hz, -max(0, to_ms) * self.rate_hz
            silent_T[first // (1000 * self._step) : -(last // (1000 * self._step))] = 0
        edges = np.flatnonzero(np.diff(np.concatenate([[0], silent_T.astype(np.int8), [0]])))
        found = [(self._ms(int(first)), self._ms(int(last))) for first, last in edges.reshape(-1, 2)]
        return [(from_ms, to_ms) for from_ms, to_ms in found if to_ms - from_ms >= least_ms]

    def _ms(self, step: int) -> int:
        return step * self._step * 1000 // self.rate_hz
