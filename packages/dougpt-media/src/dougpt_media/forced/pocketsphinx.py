"""Forced alignment with pocketsphinx, whose acoustic model of English is in its wheel.

Its search prunes by beams. With a beam too narrow it finds no path at all, with one too wide the silence
model may swallow the last words, so several are tried, and what is left over is tried again on the
sound that is left over.
"""

import math
from collections.abc import Sequence
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dougpt_media.extras import require
from dougpt_media.forced import RATE_HZ, Placed
from dougpt_media.pronunciation import pronounce
from dougpt_media.settings import RefineSettings

FRAME_MS = 10
FRAME_SAMPLES = RATE_HZ * FRAME_MS // 1000
WORD_BEAM = 1e-80
NARROWEST_WORD_BEAM = 7e-29
IMPOSSIBLE = -50.0  # log-likelihood of a frame where the product has run out of floating-point range


def load(settings: RefineSettings) -> "PocketsphinxAligner":
    """Return the aligner.

    Raises:
        MissingExtraError: pocketsphinx is not installed.
    """
    return PocketsphinxAligner(settings.beams, settings.min_score)


class PocketsphinxAligner:
    """Viterbi alignment of phones, with pruning.

    Raises:
        MissingExtraError: pocketsphinx is not installed.
    """

    def __init__(self, beams: tuple[float, ...], min_score: float) -> None:
        self._pocketsphinx = require("pocketsphinx", extra="pocketsphinx", purpose="forced alignment")
        self._beams = beams
        self._min_score = min_score
        self._decoders: dict[float, Any] = {}
        self._phones: dict[str, str | None] = {}

    def phones(self, word: str) -> str | None:
        """Return how a word sounds, from the dictionary or by rule, or None where no sound can be told."""
        if word not in self._phones:
            lookup = self._decoder(self._beams[0]).lookup_word
            self._phones[word] = lookup(word) or pronounce(word, lookup)
        return self._phones[word]

    def can_say(self, word: str) -> bool:
        """Return whether it can be told how a spoken form sounds."""
        return self.phones(word) is not None

    def is_what_is_said(self, places: Sequence[Placed]) -> bool:
        """Return whether the median word fits the sound."""
        return median(place.score for place in places) >= self._min_score

    def is_heard(self, places: Sequence[Placed]) -> bool:
        """Return that it is: the score of one word alone says little, short words fit many sounds."""
        return bool(places)

    def close(self) -> None:
        """Forget the decoders."""
        self._decoders.clear()

    def in_dictionary(self, word: str) -> bool:
        """Return whether the word's sound is known and not made up."""
        return self._decoder(self._beams[0]).lookup_word(word) is not None

    def align(self, words: list[str], samples_N: NDArray[np.int16]) -> list[Placed]:
        """Return the places of the first words, in order: all of them, or as many as could be found.

        Args:
            words: Spoken forms that `phones` knows.
            samples_N: Mono sound at 16 kHz.
        """
        placed: list[Placed] = []
        offset = 0
        while len(placed) < len(words):
            rest = words[len(placed) :]
            found = self._best(rest, samples_N[offset * FRAME_SAMPLES :])
            if len(found) < len(rest):
                # The last word found runs on into sound that belongs to the words not found.
                found = found[:-1]
            if not found:
                break
            placed += [Placed(p.start_ms + offset * FRAME_MS, p.end_ms + offset * FRAME_MS, p.score) for p in found]
            offset = placed[-1].end_ms // FRAME_MS
        return placed

    def _best(self, words: list[str], samples_N: NDArray[np.int16]) -> list[Placed]:
        best: list[Placed] = []
        for beam in self._beams:
            found = self._once(beam, words, samples_N)
            if len(found) > len(best):
                best = found
            if len(best) == len(words):
                break
        return best

    def _once(self, beam: float, words: list[str], samples_N: NDArray[np.int16]) -> list[Placed]:
        least_frames = 3 * sum(len((self.phones(word) or "").split()) for word in words)
        if len(samples_N) < FRAME_SAMPLES * max(least_frames // 4, 4):
            return []
        decoder = self._decoder(beam)
        for word in words:
            phones = self.phones(word)
            if decoder.lookup_word(word) is None and phones is not None:
                decoder.add_word(word, phones, update=False)
        decoder.set_align_text(" ".join(words))
        # Without this the running mean of the last utterance would colour this one.
        decoder.reinit_feat()
        decoder.start_utt()
        decoder.process_raw(samples_N.tobytes(), full_utt=True)
        decoder.end_utt()
        segments = decoder.seg() or ()
        spoken = [segment for segment in segments if segment.word[0] not in "<[+"]
        return [
            Placed(
                segment.start_frame * FRAME_MS,
                (segment.end_frame + 1) * FRAME_MS,
                _score(segment.ascore, segment.end_frame + 1 - segment.start_frame),
            )
            for segment in spoken
        ]

    def _decoder(self, beam: float) -> Any:
        if beam not in self._decoders:
            word_beam = max(min(beam * 1e20, NARROWEST_WORD_BEAM), WORD_BEAM)
            self._decoders[beam] = self._pocketsphinx.Decoder(
                lm=None, loglevel="FATAL", beam=beam, pbeam=beam, wbeam=word_beam
            )
        return self._decoders[beam]


def _score(likelihood: float, n_frames: int) -> float:
    return math.log(likelihood) / n_frames if likelihood > 0 else IMPOSSIBLE
