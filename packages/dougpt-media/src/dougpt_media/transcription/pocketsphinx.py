"""Speech recognition from a wheel, with no network and no weights to fetch: for trying things out, not for data.

Of its words 50 to 70 in a hundred were wrong on real speech, and confidence only orders them.
"""

import re
from collections.abc import Iterator
from importlib.metadata import version

from dougpt_schema import DougptError

from dougpt_media.audio import Audio
from dougpt_media.extras import require
from dougpt_media.settings import TranscribeSettings
from dougpt_media.transcription.engine import HeardWord, Piece
from dougpt_media.windows import Span

pocketsphinx = require("pocketsphinx", extra="pocketsphinx", purpose="speech recognition with pocketsphinx")

FRAME_MS = 10
VARIANT = re.compile(r"\(\d+\)$")
WARNING = (
    "pocketsphinx recognised this speech: expect 50 to 70 of 100 words to be wrong. "
    "Use captions, or the engine whisperx or faster_whisper, for anything but a trial run"
)


class Pocketsphinx:
    """Recognises English; of the settings only the language and `chunk_s` are heeded."""

    versions: tuple[str, ...] = ("pocketsphinx",)
    warnings: tuple[str, ...] = (WARNING,)
    aligner: str | None = None

    def __init__(self) -> None:
        self._decoder = pocketsphinx.Decoder(loglevel="FATAL")
        self.facts: dict[str, str | float] = {"version": version("pocketsphinx")}

    def speech(self, audio: Audio) -> list[Span]:
        """Return where somebody speaks, by the library's own detector."""
        rate_hz = audio.rate_hz
        return [
            Span(start_ms, start_ms + len(pcm) * 1000 // (2 * rate_hz)) for start_ms, pcm in _stretches_of_speech(audio)
        ]

    def recognise(self, audio: Audio, batch_size: int) -> list[Piece]:  # noqa: ARG002 (the protocol's)
        """Return what is said, one stretch of speech after the other."""
        return [piece for start_ms, pcm in _stretches_of_speech(audio) if (piece := self._piece(start_ms, pcm))]

    def again(self, audio: Audio) -> list[Piece] | None:  # noqa: ARG002 (the protocol's)
        """Return None: there is one way alone."""
        return None

    def close(self) -> None:
        """Do nothing: a few megabytes stay."""

    def _piece(self, start_ms: int, pcm: bytes) -> Piece | None:
        # Without this the running mean of the last stretch would colour this one.
        self._decoder.reinit_feat()
        self._decoder.start_utt()
        self._decoder.process_raw(pcm, full_utt=True)
        self._decoder.end_utt()
        words = tuple(
            HeardWord(
                start_ms + found.start_frame * FRAME_MS,
                start_ms + (found.end_frame + 1) * FRAME_MS,
                VARIANT.sub("", found.word),
                min(1.0, max(0.0, found.prob)),
            )
            for found in self._decoder.seg() or ()
            if found.word[0] not in "<[+"
        )
        text = " ".join(word.text for word in words)
        return Piece(words[0].start_ms, words[-1].end_ms, text, words) if words else None


def load(settings: TranscribeSettings) -> Pocketsphinx:
    """Return the engine.

    Raises:
        DougptError: The language is not English.
    """
    if settings.language != "en":
        raise DougptError(f"pocketsphinx recognises English alone, not {settings.language!r}: choose another engine")
    return Pocketsphinx()


def _stretches_of_speech(audio: Audio) -> Iterator[tuple[int, bytes]]:
    """Yield where each stretch of speech starts, in ms, and its samples."""
    endpointer = pocketsphinx.Endpointer(sample_rate=audio.rate_hz)
    step = endpointer.frame_bytes // audio.samples.itemsize
    collected = bytearray()
    for first in range(0, len(audio.samples), step):
        frame = audio.samples[first : first + step].tobytes()
        whole = len(frame) == endpointer.frame_bytes
        speech = endpointer.process(frame) if whole else endpointer.end_stream(frame)
        if speech is not None:
            collected += speech
        if collected and not endpointer.in_speech:
            yield audio.start_ms + round(endpointer.speech_start * 1000), bytes(collected)
            collected.clear()
    if collected:
        yield audio.start_ms + round(endpointer.speech_start * 1000), bytes(collected)
