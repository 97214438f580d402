"""A recording cut into chunks of some minutes, each recognised and kept by itself.

Cuts lie in the middle of pauses, so that no word is cut and none is heard twice.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from dougpt_media.audio import Audio
from dougpt_media.windows import Span

REACH = 0.5  # a cut lies at most this share of a chunk off its place
LONG_PAUSE_MS = 1_000  # longer pauses are no better to cut in
QUIET_MS = 100
QUIET_REACH_MS = 5_000


def cut(audio: Audio, speech: Sequence[Span], chunk_ms: int) -> list[Span]:
    """Return chunks that cover the sound once, in order, each about `chunk_ms` long."""
    pauses = _pauses(audio, speech)
    borders = [audio.start_ms]
    while audio.end_ms - borders[-1] > chunk_ms * (1 + REACH):
        due_ms = borders[-1] + chunk_ms
        reach_ms = round(chunk_ms * REACH)
        near = [pause for pause in pauses if abs(_middle(pause) - due_ms) <= reach_ms]
        borders.append(
            _middle(max(near, key=lambda pause: _fitness(pause, due_ms))) if near else _quiet(audio, due_ms, reach_ms)
        )
    borders.append(audio.end_ms)
    return [Span(first, last) for first, last in pairwise(borders) if last > first]


def _pauses(audio: Audio, speech: Sequence[Span]) -> list[Span]:
    edges = [audio.start_ms, *(ms for span in speech for ms in (span.start_ms, span.end_ms)), audio.end_ms]
    return [Span(*pause) for pause in zip(edges[::2], edges[1::2], strict=True) if pause[1] > pause[0]]


def _middle(span: Span) -> int:
    return (span.start_ms + span.end_ms) // 2


def _fitness(pause: Span, due_ms: int) -> tuple[int, int]:
    """Longer is better up to a second, then nearer."""
    return (min(pause.end_ms - pause.start_ms, LONG_PAUSE_MS), -abs(_middle(pause) - due_ms))


def _quiet(audio: Audio, due_ms: int, reach_ms: int) -> int:
    """Return the quietest moment near a time in speech or music without a pause."""
    from_ms = due_ms - min(reach_ms, QUIET_REACH_MS)
    samples_N = audio.between(from_ms, due_ms + min(reach_ms, QUIET_REACH_MS)).astype(np.float64)
    step = audio.rate_hz * QUIET_MS // 1000
    frames = len(samples_N) // step
    if not frames:
        return due_ms
    power_T = np.square(samples_N[: frames * step]).reshape(frames, step).mean(axis=1)
    return from_ms + int(power_T.argmin()) * QUIET_MS + QUIET_MS // 2
