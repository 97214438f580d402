"""The outline of a recording's sound, small enough for a page to hold: how loud each step is at most."""

import numpy as np

from dougpt_media.audio import Audio

STEP_MS = 20
PIECE_STEPS = 30_000
LOUDEST = 32_768


def envelope(audio: Audio) -> bytes:
    """Return one byte for each 20 ms from 0 on: the square root of the peak, so that quiet speech can be seen."""
    step = audio.rate_hz * STEP_MS // 1000
    before = np.zeros(audio.start_ms // STEP_MS, np.uint8)
    pieces = [before]
    for first in range(0, len(audio.samples), step * PIECE_STEPS):
        piece = np.abs(audio.samples[first : first + step * PIECE_STEPS].astype(np.int32))
        padded = np.pad(piece, (0, -len(piece) % step))
        peaks = padded.reshape(-1, step).max(axis=1) / LOUDEST
        pieces.append(np.rint(255 * np.sqrt(peaks)).astype(np.uint8))
    return np.concatenate(pieces).tobytes()
