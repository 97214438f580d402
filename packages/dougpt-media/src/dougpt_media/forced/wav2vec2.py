"""Forced alignment on the emissions of a wav2vec2 model, by an exact search instead of WhisperX's.

WhisperX's aligner drops what it cannot place, and over a long silence all words may collapse onto one place. The
search here is exact, and passes over words that cannot be heard. A model may hear a letter in a hum, and hold it for
seconds: the words before it then have no room. So where a word is not heard, or drawn out, the search is run again with
every frame outside speech held silent, and the better of the two is taken.
"""

from collections.abc import Sequence
from math import exp, log
from statistics import fmean, median

import numpy as np
from numpy.typing import NDArray

from dougpt_media import align_models
from dougpt_media.align_models import AlignModel, torch
from dougpt_media.forced import RATE_HZ, Placed
from dougpt_media.forced.ctc import Path, viterbi
from dougpt_media.memory import explained, free
from dougpt_media.settings import RefineSettings
from dougpt_media.speech_activity import speech_spans
from dougpt_media.transcript import longest_ms

BLANKS = ("[pad]", "<pad>")
BETWEEN_WORDS = "|"
STRIDE, FIELD = 320, 400  # samples from frame to frame of wav2vec2, and those that one frame sees
NEVER = np.float32(-1e4)


def load(settings: RefineSettings) -> "Wav2vec2Aligner":
    """Return the aligner.

    Raises:
        MissingExtraError: whisperx is not installed.
        MissingWeightsError: The model is not there and cannot be fetched.
    """
    model = align_models.load(
        settings.align_model,
        language=settings.language,
        device=settings.device,
        cache=settings.model_cache,
        offline=settings.offline,
    )
    return Wav2vec2Aligner(model, settings.min_probability)


class Wav2vec2Aligner:
    """Aligns letters; words are placed from the first frame of their first letter to the last of their last."""

    def __init__(self, model: AlignModel, min_probability: float) -> None:
        self._model: AlignModel | None = model
        self._symbols = model.symbols
        self._min_probability = min_probability
        self._blank = next((model.symbols[name] for name in BLANKS if name in model.symbols), 0)

    def can_say(self, word: str) -> bool:
        """Return whether the model knows a letter of the word."""
        return bool(self._labels(word))

    def in_dictionary(self, word: str) -> bool:
        """Return whether the model knows all its letters."""
        return len(self._labels(word)) == len(word)

    def align(self, words: list[str], samples_N: NDArray[np.int16]) -> list[Placed]:
        """Return the places of all words, or none where their letters do not fit into the sound."""
        if not words or not len(samples_N):
            return []
        logs_TV = self._emissions(samples_N)
        placed = self._placed(words, logs_TV, len(samples_N))
        pairs = zip(words, placed, strict=bool(placed))
        if any(_is_drawn_out(word, place) or not self.is_heard([place]) for word, place in pairs):
            silenced_TV = self._silenced(logs_TV, samples_N)
            again = self._placed(words, silenced_TV, len(samples_N)) if silenced_TV is not None else []
            if again and _mean(again) > _mean(placed):
                return again
        return placed

    def is_what_is_said(self, places: Sequence[Placed]) -> bool:
        """Return whether some word was heard; each is judged alone."""
        return any(self.is_heard([place]) for place in places)

    def is_heard(self, places: Sequence[Placed]) -> bool:
        """Return whether most of its letters are probable where they were placed."""
        return bool(places) and fmean(place.score for place in places) >= log(self._min_probability)

    def close(self) -> None:
        """Give back the model's memory."""
        self._model = None
        free()

    def _labels(self, word: str) -> list[int]:
        return [self._symbols[letter] for letter in word if letter in self._symbols and letter != BETWEEN_WORDS]

    def _emissions(self, samples_N: NDArray[np.int16]) -> NDArray[np.float32]:
        """Return log-probabilities of shape (T, V)."""
        model = self._model
        if model is None:
            raise ValueError("the aligner is closed")
        sound_1N = torch.from_numpy(samples_N.astype(np.float32) / np.float32(32768))[None]
        sound_1N = torch.nn.functional.pad(sound_1N, (0, max(0, FIELD - len(samples_N)))).to(model.device)
        with torch.inference_mode(), explained("forced alignment with wav2vec2"):
            answer = model.network(sound_1N) if model.kind == "huggingface" else model.network(sound_1N, lengths=None)
            emissions_1TV = answer.logits if model.kind == "huggingface" else answer[0]
            logs_TV: NDArray[np.float32] = torch.log_softmax(emissions_1TV.float(), dim=-1)[0].cpu().numpy()
        return logs_TV

    def _placed(self, words: list[str], logs_TV: NDArray[np.float32], n_samples: int) -> list[Placed]:
        between = self._symbols.get(BETWEEN_WORDS)
        labels: list[int] = []
        firsts: list[int] = []
        for word in words:
            if labels and between is not None:
                labels.append(between)
            firsts.append(len(labels))
            labels += self._labels(word)
        lengths = np.diff([*firsts, len(labels)])
        costs_W = -log(self._min_probability) * (lengths + 1.0)
        path = viterbi(logs_TV, np.array(labels, np.int64), self._blank, np.array(firsts, np.int64), costs_W)
        if path is None:
            return []
        frame_ms = _frame_ms(len(logs_TV), n_samples)
        ends = [first + len(self._labels(word)) for first, word in zip(firsts, words, strict=True)]
        return [_place(path, first, end, frame_ms) for first, end in zip(firsts, ends, strict=True)]

    def _silenced(self, logs_TV: NDArray[np.float32], samples_N: NDArray[np.int16]) -> NDArray[np.float32] | None:
        """Return the emissions with blanks alone outside speech, or None where no speech is heard."""
        spans = speech_spans(samples_N)
        if not spans:
            return None
        frame_ms = _frame_ms(len(logs_TV), len(samples_N))
        silent_T = np.ones(len(logs_TV), bool)
        for span in spans:
            silent_T[int(span.start_ms / frame_ms) : int(span.end_ms / frame_ms) + 1] = False
        held_TV = logs_TV.copy()
        held_TV[silent_T] = NEVER
        held_TV[silent_T, self._blank] = 0.0
        return held_TV


def _frame_ms(n_frames: int, n_samples: int) -> float:
    """Return the time from frame to frame: wav2vec2's own, else the sound's length shared out."""
    is_wav2vec2 = n_frames == max(0, n_samples - FIELD) // STRIDE + 1
    return (STRIDE if is_wav2vec2 else n_samples / n_frames) * 1000 / RATE_HZ


def _place(path: Path, first: int, last: int, frame_ms: float) -> Placed:
    start_ms, end_ms = round(path.first_L[first] * frame_ms), round(path.last_L[last - 1] * frame_ms)
    scores = path.score_L[first:last].tolist()
    # Each letter counts alike, however long it is held. Where half of them are heard the word is, though one be
    # improbable; one that is heard by chance makes no word.
    return Placed(start_ms, end_ms, median(scores), min(1.0, fmean(exp(score) for score in scores)))


def _is_drawn_out(word: str, place: Placed) -> bool:
    """Tell a word that takes longer than anybody says it: a letter of it was heard in something else."""
    return place.end_ms - place.start_ms > longest_ms(word)


def _mean(places: Sequence[Placed]) -> float:
    return fmean(place.probability or 0.0 for place in places)
