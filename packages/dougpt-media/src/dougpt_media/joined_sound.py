"""The sound of a recording in several files as one, on the recording's clock."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from dougpt_media.audio import Audio, Gap
from dougpt_media.report import Report


def join_sound(parts: Sequence[tuple[Audio, int]]) -> Audio:
    """Return one sound from 0 on of parts, each with its start in ms; between them is silence.

    Where parts overlap, the first of them is heard.

    Raises:
        ValueError: There is no part, or they have different rates.
    """
    rates_hz = {audio.rate_hz for audio, _ in parts}
    if len(rates_hz) != 1:
        raise ValueError(f"sound is joined from parts of one rate, not of {len(rates_hz)}")
    (rate_hz,) = rates_hz
    if len(parts) == 1 and parts[0][0].start_ms + parts[0][1] == 0:
        return parts[0][0]
    placed = [(audio, (audio.start_ms + start_ms) * rate_hz // 1000) for audio, start_ms in parts]
    samples = np.zeros(max(first + len(audio.samples) for audio, first in placed), np.int16)
    for audio, first in reversed(placed):
        samples[first : first + len(audio.samples)] = audio.samples
    gaps = sorted(
        (
            replace(gap, from_ms=gap.from_ms + start_ms, to_ms=gap.to_ms + start_ms)
            for audio, start_ms in parts
            for gap in audio.gaps
        ),
        key=_start_ms,
    )
    warnings = tuple(dict.fromkeys(warning for audio, _ in parts for warning in audio.report.warnings))
    return Audio(samples, rate_hz, 0, tuple(gaps), Report("join_sound", {"parts": len(parts)}, {}, warnings))


def _start_ms(gap: Gap) -> int:
    return gap.from_ms
