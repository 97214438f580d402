"""Speech of tones, whose every time is known: each letter is a tone, and a network without weights hears it exactly.

The network is called as torchaudio's wav2vec2 models are, so an aligner takes it for one. Like them it answers in
spikes: a letter where its tone begins, a word break in the silence after a word, and blanks everywhere else.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

RATE_HZ = 16_000
HOP = 320
LETTERS = "abcdefghijklmnopqrstuvwxyz'"
SYMBOLS = {"-": 0, "|": 1, **{letter: number + 2 for number, letter in enumerate(LETTERS)}}
LOWEST_BIN, BIN_STEP = 8, 3  # of 50 Hz each
TONE_MS, REST_MS = 60, 40  # a letter, and the silence after it
BREAK_FRAMES = 5  # of silence: a word has ended
LETTER_MS = TONE_MS + REST_MS


@dataclass(frozen=True, slots=True)
class Said:
    """A word as written, and where it is really said."""

    text: str
    start_ms: int
    end_ms: int


@dataclass(slots=True)
class Speech:
    """Sound that is said word by word, and the truth about it."""

    samples: list[NDArray[np.int16]] = field(default_factory=list)
    truth: list[Said] = field(default_factory=list)

    @property
    def now_ms(self) -> int:
        """How long it is."""
        return sum(map(len, self.samples)) * 1000 // RATE_HZ

    def say(self, written: str, spoken: str | None = None) -> "Speech":
        """Say a word, as it is written or otherwise, and pause a little."""
        start_ms = self.now_ms
        for index, word in enumerate((spoken or written).lower().split()):
            if index:
                self.pause(137)
            for letter in word:
                if letter in LETTERS:
                    self.samples.append(_tone(letter))
                    self.samples.append(np.zeros(REST_MS * RATE_HZ // 1000, np.int16))
        self.truth.append(Said(written, start_ms, self.now_ms - REST_MS))
        return self.pause(153)

    def pause(self, ms: int) -> "Speech":
        """Be silent."""
        self.samples.append(np.zeros(ms * RATE_HZ // 1000, np.int16))
        return self

    def hum(self, ms: int) -> "Speech":
        """Let something hum, too faintly for a voice detector."""
        t = np.arange(ms * RATE_HZ // 1000) / RATE_HZ
        hz = (LOWEST_BIN + BIN_STEP * LETTERS.index("e")) * RATE_HZ / HOP
        self.samples.append((150 * np.sin(2 * np.pi * hz * t)).astype(np.int16))
        return self

    @property
    def sound(self) -> NDArray[np.int16]:
        """All of it."""
        return np.concatenate(self.samples)


def _tone(letter: str) -> NDArray[np.int16]:
    hz = (LOWEST_BIN + BIN_STEP * LETTERS.index(letter)) * RATE_HZ / HOP
    t = np.arange(TONE_MS * RATE_HZ // 1000) / RATE_HZ
    return (8000 * np.sin(2 * np.pi * hz * t)).astype(np.int16)


class ToneEars(torch.nn.Module):
    """Hears letters in tones; `p_blank` is how sure it is of hearing nothing in silence."""

    def __init__(self, p_blank: float = 0.99, p_letter: float = 0.97) -> None:
        super().__init__()
        self.p_blank = p_blank
        self.p_letter = p_letter
        self.hum = False

    def forward(self, sound_1N: Any, lengths: Any = None) -> tuple[Any, None]:  # noqa: ARG002 (as it is called)
        """Return log-probabilities of shape (1, T, V)."""
        n_frames = sound_1N.shape[-1] // HOP
        frames_TH = sound_1N[0, : n_frames * HOP].reshape(n_frames, HOP)
        bins = torch.tensor([LOWEST_BIN + BIN_STEP * number for number in range(len(LETTERS))])
        power_TL = torch.fft.rfft(frames_TH).abs()[:, bins] / (HOP / 2)
        loudest_T, letter_T = power_TL.max(dim=1)
        p_TV = torch.full((n_frames, len(SYMBOLS)), (1 - self.p_blank) / (len(SYMBOLS) - 1))
        p_TV[:, 0] = self.p_blank
        before, silent = -1, 0
        for frame in range(n_frames):
            heard = int(letter_T[frame]) if loudest_T[frame] > 0.06 else -1
            silent = silent + 1 if heard < 0 else 0
            if self.hum and heard < 0 and loudest_T[frame] > 0.002:
                self._spike(p_TV[frame], SYMBOLS["e"])
            elif heard >= 0:
                self._spike(p_TV[frame], 0 if heard == before else heard + 2)
            elif silent == BREAK_FRAMES:
                self._spike(p_TV[frame], SYMBOLS["|"])
            before = heard
        return p_TV.log()[None], None

    def hears_a_hum(self) -> "ToneEars":
        """Take every faint sound for a long e, as a model may that was trained on clean speech."""
        self.hum = True
        return self

    def _spike(self, p_V: Any, symbol: int) -> None:
        p_V[:] = (1 - self.p_letter) / (len(SYMBOLS) - 1)
        p_V[symbol] = self.p_letter


def loud_spans(samples_N: NDArray[np.float32], **_: object) -> list[dict[str, int]]:
    """Return where tones are, as a voice detector would: none of the real ones takes tones for speech."""
    step = HOP
    loud_T = np.abs(samples_N[: len(samples_N) // step * step]).reshape(-1, step).max(axis=1) > 0.01
    edges = np.flatnonzero(np.diff(np.concatenate([[0], loud_T.astype(np.int8), [0]])))
    spans: list[dict[str, int]] = []
    for first, last in edges.reshape(-1, 2):
        if spans and first * step - spans[-1]["end"] < RATE_HZ // 2:
            spans[-1]["end"] = int(last) * step
        else:
            spans.append({"start": int(first) * step, "end": int(last) * step})
    return spans
