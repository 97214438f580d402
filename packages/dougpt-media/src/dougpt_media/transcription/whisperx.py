"""WhisperX: Whisper in batches of stretches that pyannote's detector, in its wheel, takes for speech.

Its text has no word times: they come from forced alignment with a wav2vec2 model, once the recogniser's
memory is given back. Whisper's fallbacks for loops and silence, which WhisperX leaves out, are made up for by
hearing doubtful stretches again.
"""

import sys
import warnings
from contextlib import redirect_stdout
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dougpt_media.audio import Audio
from dougpt_media.extras import require
from dougpt_media.gpu import device_for
from dougpt_media.memory import explained, free
from dougpt_media.settings import TranscribeSettings
from dougpt_media.speech_activity import speech_spans
from dougpt_media.transcription.engine import Piece
from dougpt_media.transcription.whisper import careful, load_model
from dougpt_media.windows import Span

whisperx = require("whisperx", extra="whisperx", purpose="speech recognition with WhisperX")
torch = require("torch", extra="whisperx", purpose="speech recognition with WhisperX")

ENGINE = "whisperx"


class WhisperX:
    """Heeds every setting."""

    versions: tuple[str, ...] = ("whisperx", "faster-whisper", "ctranslate2", "pyannote-audio", "tokenizers", "torch")
    warnings: tuple[str, ...] = ()
    aligner: str | None = "wav2vec2"

    def __init__(self, settings: TranscribeSettings) -> None:
        self._settings = settings
        self._pipeline: Any = None
        self.facts: dict[str, str | float] = {
            "model": Path(settings.model).name,
            "version": version("whisperx"),
        }

    def speech(self, audio: Audio) -> list[Span]:
        """Return where somebody speaks, by Silero: a second opinion beside WhisperX's own detector."""
        return speech_spans(audio.samples, audio.start_ms)

    def recognise(self, audio: Audio, batch_size: int) -> list[Piece]:
        """Return what is said; ends past the sound are cut to it.

        Raises:
            MissingWeightsError: The model cannot be loaded.
        """
        pipeline = self._loaded()
        with redirect_stdout(sys.stderr):
            segments = pipeline.transcribe(audio.as_float(), batch_size=batch_size)["segments"]
        pieces = []
        for segment in segments:
            start_ms, end_ms = (
                min(audio.start_ms + max(0, round(segment[edge] * 1000)), audio.end_ms) for edge in ("start", "end")
            )
            if text := segment["text"].strip():
                logprob = segment.get("avg_logprob")
                logprob = None if logprob is None else float(logprob)
                pieces.append(Piece(start_ms, max(start_ms, end_ms), text, logprob=logprob))
        return pieces

    def again(self, audio: Audio) -> list[Piece] | None:
        """Return what is said, heard by the same model as faster-whisper would, with fallback."""
        return careful(self._loaded().model, audio, self._settings)

    def close(self) -> None:
        """Give back the memory of the recogniser and the detector."""
        self._pipeline = None
        free()

    def _loaded(self) -> Any:
        if self._pipeline is None:
            settings = self._settings
            make = partial(
                whisperx.load_model,
                device=device_for(settings.device, torch),
                compute_type=settings.compute_type,
                asr_options={"beam_size": settings.beam_size},
                language=settings.language,
                vad_method="pyannote",
            )
            # The library prints and logs to standard output, which belongs to our caller's results. What pyannote warns
            # of is a decoder that it is never asked for.
            with redirect_stdout(sys.stderr), warnings.catch_warnings(), explained(f"loading {settings.model}"):
                warnings.filterwarnings("ignore", r"\s*torchcodec is not installed correctly", UserWarning)
                self._pipeline = load_model(settings, ENGINE, make)
        return self._pipeline


def load(settings: TranscribeSettings) -> WhisperX:
    """Return the engine; its model is loaded when it is needed."""
    return WhisperX(settings)
