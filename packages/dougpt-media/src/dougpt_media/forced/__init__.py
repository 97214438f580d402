"""Forced alignment: where in a stretch of sound each of the words known to be said lies.

Two aligners do it behind one protocol: pocketsphinx, embedded and English alone, and a wav2vec2 model.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from dougpt_media.gpu import require_gpu
from dougpt_media.settings import RefineSettings

RATE_HZ = 16_000


@dataclass(frozen=True, slots=True)
class Placed:
    """A spoken form in the sound: milliseconds from its start, and how well it fits.

    Attributes:
        start_ms: Where it begins.
        end_ms: Where it has ended.
        score: Mean log-likelihood of a frame, at most 0; only places of one aligner compare.
        probability: The same as a probability, where the aligner's scores are any.
    """

    start_ms: int
    end_ms: int
    score: float
    probability: float | None = None


class Aligner(Protocol):
    """Aligns words with 16 kHz sound; what it did before never changes what it does next."""

    def can_say(self, word: str) -> bool:
        """Return whether it can be told how a spoken form sounds."""

    def in_dictionary(self, word: str) -> bool:
        """Return whether the form's sound is known and not made up."""

    def align(self, words: list[str], samples_N: NDArray[np.int16]) -> list[Placed]:
        """Return the places of the first words, in order: all of them, or as many as could be found."""

    def is_what_is_said(self, places: Sequence[Placed]) -> bool:
        """Return whether the words of a stretch are what its sound says."""

    def is_heard(self, places: Sequence[Placed]) -> bool:
        """Return whether one word, in its spoken forms, can be heard where it was placed."""

    def close(self) -> None:
        """Give back the memory of the model."""


def load_aligner(settings: RefineSettings) -> Aligner:
    """Return the aligner of the settings, its model loaded.

    Raises:
        MissingExtraError: It is not installed.
        MissingWeightsError: Its model is not there.
        NoGpuError: The model is to run on a GPU, and there is none.
    """
    if settings.aligner == "wav2vec2":
        require_gpu(settings.device)
    module = import_module(f"{__name__}.{settings.aligner}")
    return cast("Aligner", module.load(settings))
