"""Whisper on CTranslate2, batched, with its own word times; needs no torch.

Sound goes in as an array that stands on the recording's clock: the library's own decoder is not used,
since it loses sync at every gap.
"""

from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dougpt_media.audio import Audio
from dougpt_media.memory import explained, free
from dougpt_media.settings import TranscribeSettings
from dougpt_media.speech_activity import speech_spans
from dougpt_media.transcription.engine import Piece
from dougpt_media.transcription.whisper import careful, faster_whisper, load_model, pieces_of
from dougpt_media.windows import Span

ENGINE = "faster_whisper"


class FasterWhisper:
    """Heeds every setting of recognition."""

    versions: tuple[str, ...] = ("faster-whisper", "ctranslate2", "tokenizers", "onnxruntime")
    warnings: tuple[str, ...] = ()
    aligner: str | None = None

    def __init__(self, settings: TranscribeSettings) -> None:
        self._settings = settings
        self._model: Any = None
        self.facts: dict[str, str | float] = {
            "model": Path(settings.model).name,
            "version": version("faster-whisper"),
        }

    def speech(self, audio: Audio) -> list[Span]:
        """Return where somebody speaks, by Silero."""
        return speech_spans(audio.samples, audio.start_ms)

    def recognise(self, audio: Audio, batch_size: int) -> list[Piece]:
        """Return what is said.

        Raises:
            MissingWeightsError: The model cannot be loaded.
        """
        pipeline = faster_whisper.BatchedInferencePipeline(model=self._loaded())
        segments, _ = pipeline.transcribe(
            audio.as_float(),
            language=self._settings.language,
            beam_size=self._settings.beam_size,
            batch_size=batch_size,
            word_timestamps=True,
            vad_filter=True,
        )
        return pieces_of(segments, audio)

    def again(self, audio: Audio) -> list[Piece] | None:
        """Return what is said, heard with fallback."""
        return careful(self._loaded(), audio, self._settings)

    def close(self) -> None:
        """Give back the model's memory."""
        self._model = None
        free()

    def _loaded(self) -> Any:
        if self._model is None:
            make = partial(
                faster_whisper.WhisperModel, device=self._settings.device, compute_type=self._settings.compute_type
            )
            with explained(f"loading {self._settings.model}"):
                self._model = load_model(self._settings, ENGINE, make)
        return self._model


def load(settings: TranscribeSettings) -> FasterWhisper:
    """Return the engine; its model is loaded when it is needed."""
    return FasterWhisper(settings)
