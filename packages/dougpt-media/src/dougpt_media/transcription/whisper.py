"""What the two engines built on faster-whisper share: loading, careful hearing, and what it answers as pieces."""

from collections.abc import Iterable
from typing import Any

from dougpt_media.audio import Audio
from dougpt_media.extras import require
from dougpt_media.memory import is_out_of_memory
from dougpt_media.settings import TranscribeSettings
from dougpt_media.transcription.engine import HeardWord, Piece
from dougpt_media.transcription.whisper_weights import SETTING
from dougpt_media.weights import MissingWeightsError, is_offline

ctranslate2 = require("ctranslate2", extra="faster-whisper", purpose="speech recognition with Whisper")
faster_whisper = require("faster_whisper", extra="faster-whisper", purpose="speech recognition with Whisper")

TEMPERATURES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
SEED = 0


def load_model(settings: TranscribeSettings, engine: str, make: Any) -> Any:
    """Return `make(model, **options)` with the options that all Whisper models share; `find_model` found it before.

    Raises:
        MissingWeightsError: It cannot be loaded: it is damaged, or nothing for this device or number format.
        OutOfMemoryError: It does not fit; from `make`.
    """
    try:
        return make(settings.model, download_root=settings.model_cache, local_files_only=is_offline(settings.offline))
    except (OSError, ValueError, RuntimeError) as error:
        if is_out_of_memory(error):
            raise
        raise MissingWeightsError(engine, settings.model, error, fetch="", setting=SETTING) from error


def careful(model: Any, audio: Audio, settings: TranscribeSettings) -> list[Piece]:
    """Hear a stretch one window at a time, at rising temperatures while the text is a loop or improbable.

    The draws at a temperature above 0 come from a seed, so that the same sound gives the same text.
    """
    ctranslate2.set_random_seed(SEED)
    segments, _ = model.transcribe(
        audio.as_float(),
        language=settings.language,
        beam_size=settings.beam_size,
        temperature=TEMPERATURES,
        compression_ratio_threshold=settings.max_compression,
        log_prob_threshold=settings.min_logprob,
        condition_on_previous_text=False,
        # By timestamps it would crawl where the model writes nonsense; a stretch is a window or two.
        without_timestamps=True,
        word_timestamps=True,
    )
    return pieces_of(segments, audio)


def pieces_of(segments: Iterable[Any], audio: Audio) -> list[Piece]:
    """Return faster-whisper's segments on the recording's clock, cut to the sound."""

    def at(seconds: float) -> int:
        return min(audio.start_ms + max(0, round(seconds * 1000)), audio.end_ms)

    return [
        Piece(
            at(segment.start),
            max(at(segment.start), at(segment.end)),
            segment.text.strip(),
            tuple(
                HeardWord(
                    at(word.start),
                    max(at(word.start), at(word.end)),
                    word.word.strip(),
                    min(1.0, max(0.0, float(word.probability))),
                )
                for word in segment.words or ()
                if word.word.strip()
            ),
            float(segment.avg_logprob),
        )
        for segment in segments
        if segment.text.strip()
    ]
