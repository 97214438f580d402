"""Barnaby's voice: espeak-ng through its C interface, with the true time of every word from the synthesis itself."""

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import espeakng_loader
import numpy as np
from numpy.typing import NDArray

from generator.script import Cue
from generator.voice import Line, Word

VOICE = b"en-us"
WORDS_A_MINUTE = 158
PITCH, PITCH_RANGE = 38, 62
# From speak_lib.h.
SYNCHRONOUS, PHONEME_EVENTS = 2, 1
RATE_PARAMETER, PITCH_PARAMETER, RANGE_PARAMETER = 1, 3, 4
UTF8 = 1
END, WORD_BEGINS, PHONEME = 0, 1, 7
STOPS = ("p", "t", "k", "b", "d", "g")
CLOSURE_SAMPLES = 1400  # 63 ms at the library's 22050 Hz
FIRST_SOUNDS = {"the": ("D",), "a": ("a#", "@", "a"), "an": ("a#", "@", "a"), "to": ("t",)}


class _Identity(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Identity),
    )


_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


@dataclass(frozen=True)
class Sound:
    """What the synthesiser reports while it speaks: a word's first letter, or a phoneme, and its first sample."""

    letter: int | None
    phoneme: str
    sample: int


class Speaker:
    """One voice. It is a global of the library: there is one at a time."""

    def __init__(self) -> None:
        self._library: Any = ctypes.CDLL(espeakng_loader.get_library_path())
        data = espeakng_loader.get_data_path().encode()
        self.rate_hz = int(self._library.espeak_Initialize(SYNCHRONOUS, 0, data, PHONEME_EVENTS))
        self._samples: list[bytes] = []
        self._sounds: list[Sound] = []
        # The library keeps a bare pointer to it.
        self._heard = _CALLBACK(self._hear)
        self._library.espeak_SetSynthCallback(self._heard)
        self._library.espeak_SetVoiceByName(VOICE)
        parameters = ((RATE_PARAMETER, WORDS_A_MINUTE), (PITCH_PARAMETER, PITCH), (RANGE_PARAMETER, PITCH_RANGE))
        for parameter, value in parameters:
            self._library.espeak_SetParameter(parameter, value, 0)

    def say(self, text: str) -> tuple[NDArray[np.float32], list[tuple[int, int]]]:
        """The sound of the text in [-1, 1], and the first and last sample of each of its words.

        Raises:
            ValueError: The synthesiser ran words together so that we cannot tell where one begins.
        """
        self._samples, self._sounds = [], []
        encoded = text.encode()
        self._library.espeak_Synth(encoded, len(encoded) + 1, 0, 1, 0, UTF8, None, None)
        self._library.espeak_Synchronize()
        samples = np.frombuffer(b"".join(self._samples), np.int16).astype(np.float32) / 32768
        return samples, _word_spans(text, self._sounds, len(samples))

    def _hear(self, samples: Any, count: int, events: Any) -> int:
        if count > 0:
            self._samples.append(ctypes.string_at(samples, 2 * count))
        place = 0
        while events[place].type != END:
            event = events[place]
            if event.type == WORD_BEGINS:
                self._sounds.append(Sound(event.text_position - 1, "", event.sample))
            elif event.type == PHONEME:
                self._sounds.append(Sound(None, event.id.string.decode(), event.sample))
            place += 1
        return 0


def _word_spans(text: str, sounds: Sequence[Sound], n_samples: int) -> list[tuple[int, int]]:
    words, letters, at = text.split(), [], 0
    for word in words:
        at = text.index(word, at)
        letters.append(at)
        at += len(word)
    begins = {sound.letter: place for place, sound in enumerate(sounds) if sound.letter is not None}
    starts = []
    for word, letter in zip(words, letters, strict=True):
        starts.append(begins[letter] if letter in begins else _run_together(word, starts[-1], sounds))
    spans = zip(starts, [*starts[1:], len(sounds)], strict=True)
    first_last = [(_first(start, after, sounds), _last(start, after, sounds, n_samples)) for start, after in spans]
    follows = [first for first, _ in first_last[1:]] + [n_samples]
    return [(first, min(last, follow)) for (first, last), follow in zip(first_last, follows, strict=True)]


def _run_together(word: str, before: int, sounds: Sequence[Sound]) -> int:
    """Where a word begins that is spoken as one with the word before it, as 'of the' is."""
    for place in range(before + 2, len(sounds)):
        if sounds[place].letter is not None:
            break
        if sounds[place].phoneme.strip("',") in FIRST_SOUNDS.get(word.strip(".,?!").lower(), ()):
            return place
    raise ValueError(f"the synthesiser does not say where {word!r} begins")


def _first(start: int, after: int, sounds: Sequence[Sound]) -> int:
    """Where a word begins: with its first phoneme, and with the closure before that where it is a stop in mid-speech.

    The library's own word events are up to one phoneme early, so they only bound that closure.
    """
    first = sounds[_spoken(start, after, sounds)[0]]
    silent_before = start == 0 or sounds[start - 1].phoneme.startswith("_")
    if silent_before or not first.phoneme.lstrip("',").startswith(STOPS):
        return first.sample
    return max(sounds[start].sample, first.sample - CLOSURE_SAMPLES)


def _last(start: int, after: int, sounds: Sequence[Sound], n_samples: int) -> int:
    """Where a word ends: before the next phoneme, spoken or silent."""
    ends = _spoken(start, after, sounds)[-1] + 1
    return next((sound.sample for sound in sounds[ends:] if sound.letter is None), n_samples)


def _spoken(start: int, after: int, sounds: Sequence[Sound]) -> list[int]:
    own = ((place, sounds[place]) for place in range(start, after))
    return [place for place, sound in own if sound.letter is None and not sound.phoneme.startswith("_")]


def perform(cues: Sequence[Cue]) -> tuple[NDArray[np.float32], int, list[Line]]:
    """All cues said one after the other: the samples, their rate in Hz, and the lines with the times of their words."""
    speaker = Speaker()
    pieces, lines, at = [], [], 0
    for number, cue in enumerate(cues):
        silence = round(cue.gap_ms / 1000 * speaker.rate_hz)
        samples, spans = speaker.say(cue.text)
        # What the synthesiser leaves of silence at the end is not part of our timing.
        samples = samples[: spans[-1][1] + round(0.05 * speaker.rate_hz)]
        begin = at + silence
        words = tuple(
            Word(text, round(1000 * (begin + first) / speaker.rate_hz), round(1000 * (begin + last) / speaker.rate_hz))
            for text, (first, last) in zip(cue.text.split(), spans, strict=True)
        )
        lines.append(Line(number, cue, words))
        pieces += [np.zeros(silence, np.float32), samples]
        at = begin + len(samples)
    return np.concatenate(pieces), speaker.rate_hz, lines
