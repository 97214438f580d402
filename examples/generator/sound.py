"""The game's noise under the voice: a tune, wind, and a thud where somebody falls."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from generator.voice import Line

SIGNAL_TO_NOISE_DB = 15.0
SPEECH_LEVEL = 0.09
TUNE_HZ = (
    196.0,
    246.9,
    293.7,
    392.0,
    329.6,
    293.7,
    246.9,
    220.0,
    174.6,
    220.0,
    261.6,
    349.2,
    329.6,
    261.6,
    220.0,
    246.9,
)
NOTE_S = 0.24


def mixed(speech: NDArray[np.float32], rate_hz: int, lines: Sequence[Line], n_samples: int) -> NDArray[np.float32]:
    """The voice with the game under it, as much quieter while he speaks as the signal-to-noise ratio says."""
    speech = np.pad(speech, (0, n_samples - len(speech)))
    spoken = np.zeros(n_samples, bool)
    for line in lines:
        for word in line.words:
            spoken[word.start_ms * rate_hz // 1000 : word.end_ms * rate_hz // 1000] = True
    noise = game_noise(lines, rate_hz, n_samples)
    speech *= SPEECH_LEVEL / _loudness(speech[spoken])
    noise *= SPEECH_LEVEL * 10 ** (-SIGNAL_TO_NOISE_DB / 20) / _loudness(noise[spoken])
    return np.clip(speech + noise, -1, 1).astype(np.float32)


def game_noise(lines: Sequence[Line], rate_hz: int, n_samples: int) -> NDArray[np.float32]:
    """A bleeping tune over wind, with thuds at what happens in the game."""
    rng = np.random.default_rng(7)
    seconds = np.arange(n_samples) / rate_hz
    step = (seconds / NOTE_S).astype(int)
    pitch_hz = np.array(TUNE_HZ)[step % len(TUNE_HZ)]
    phase = np.cumsum(pitch_hz) / rate_hz
    fading = np.exp(-6 * (seconds / NOTE_S - step))
    tune = np.tanh(3 * np.sin(2 * np.pi * phase)) * fading
    wind = np.convolve(rng.standard_normal(n_samples), np.hanning(25) / 12, mode="same")
    noise = tune + 0.6 * wind * (1 + 0.5 * np.sin(2 * np.pi * seconds / 7.3))
    for line in lines:
        if line.cue.happening:
            since = seconds - (line.start_ms - line.cue.happening.lead_ms) / 1000
            thud = np.where(since >= 0, np.exp(-5 * np.maximum(since, 0)), 0.0)
            noise += 4 * thud * np.sin(2 * np.pi * 70 * np.maximum(since, 0))
    return noise.astype(np.float32)


def _loudness(samples: NDArray[np.float32]) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))
