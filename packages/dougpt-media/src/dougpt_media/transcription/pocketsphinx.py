"""Speech recognition from a wheel, with no network and no weights to fetch: for trying things out, not for data.

Of its words 50 to 70 in a hundred were wrong on real speech, and confidence only orders them.
"""

import re
from collections.abc import Iterator
from importlib.metadata import version

from dougpt_schema import DougptError, Timing

from dougpt_media.audio import Audio
from dougpt_media.extras import require
from dougpt_media.settings import TranscribeSettings
from dougpt_media.transcript import Word
from dougpt_media.transcription.recognition import Recognition

pocketsphinx = require("pocketsphinx", extra="pocketsphinx", purpose="speech recognition with pocketsphinx")

FRAME_MS = 10
VARIANT = re.compile(r"\(\d+\)$")
WARNING = (
    "pocketsphinx recognised this speech: expect 50 to 70 of 100 words to be wrong. "
    "Use captions, or the engine whisperx or faster_whisper, for anything but a trial run"
)


def recognise(audio: Audio, settings: TranscribeSettings) -> Recognition:
    """Recognise English speech; of the settings only the language is heeded.

    Raises:
        DougptError: The language is not English.
    """
    if settings.language != "en":
        raise DougptError(f"pocketsphinx recognises English alone, not {settings.language!r}: choose another engine")
    decoder = pocketsphinx.Decoder(loglevel="FATAL")
    words: list[Word] = []
    for segment, (start_ms, pcm) in enumerate(_stretches_of_speech(audio)):
        # Without this the running mean of the last stretch would colour this one.
        decoder.reinit_feat()
        decoder.start_utt()
        decoder.process_raw(pcm, full_utt=True)
        decoder.end_utt()
        for found in decoder.seg() or ():
            if found.word[0] in "<[+":
                continue
            words.append(
                Word(
                    start_ms + found.start_frame * FRAME_MS,
                    start_ms + (found.end_frame + 1) * FRAME_MS,
                    VARIANT.sub("", found.word),
                    segment,
                    Timing.DECODED,
                    min(1.0, max(0.0, found.prob)),
                )
            )
    return Recognition(words, {"version": version("pocketsphinx")}, (WARNING,))


def _stretches_of_speech(audio: Audio) -> Iterator[tuple[int, bytes]]:
    """Yield where each stretch of speech starts, in ms, and its samples."""
    endpointer = pocketsphinx.Endpointer(sample_rate=audio.rate_hz)
    pcm = audio.samples.tobytes()
    collected = bytearray()
    for first in range(0, len(pcm), endpointer.frame_bytes):
        frame = pcm[first : first + endpointer.frame_bytes]
        whole = len(frame) == endpointer.frame_bytes
        speech = endpointer.process(frame) if whole else endpointer.end_stream(frame)
        if speech is not None:
            collected += speech
        if collected and not endpointer.in_speech:
            yield audio.start_ms + round(endpointer.speech_start * 1000), bytes(collected)
            collected.clear()
    if collected:
        yield audio.start_ms + round(endpointer.speech_start * 1000), bytes(collected)
