"""Where somebody speaks, by the small Silero network that comes in faster-whisper's wheel."""

import numpy as np
from numpy.typing import NDArray

from dougpt_media.extras import require
from dougpt_media.windows import Span

vad = require("faster_whisper.vad", extra="faster-whisper", purpose="finding where somebody speaks")

RATE_HZ = 16_000
BLOCK_S = 600  # the network's memory of what it heard is short; blocks keep ours flat
PAUSE_MS = 300
PAD_MS = 100


def speech_spans(samples_N: NDArray[np.int16], offset_ms: int = 0) -> list[Span]:
    """Return the stretches of speech in sound at 16 kHz that begins at `offset_ms`, in order."""
    spans: list[Span] = []
    for first in range(0, len(samples_N), BLOCK_S * RATE_HZ):
        block_N = samples_N[first : first + BLOCK_S * RATE_HZ].astype(np.float32) / np.float32(32768)
        options = {"min_silence_duration_ms": PAUSE_MS, "speech_pad_ms": PAD_MS}
        for found in vad.get_speech_timestamps(block_N, sampling_rate=RATE_HZ, **options):
            start_ms, end_ms = (offset_ms + (first + found[edge]) * 1000 // RATE_HZ for edge in ("start", "end"))
            if spans and start_ms <= spans[-1].end_ms:
                start_ms = spans.pop().start_ms
            spans.append(Span(start_ms, end_ms))
    return spans
