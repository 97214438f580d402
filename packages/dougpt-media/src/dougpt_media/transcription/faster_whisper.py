"""Whisper on CTranslate2, batched, with its own word times; needs no torch.

Sound goes in as an array that stands on the recording's clock: the library's own decoder is not used,
since it loses sync at every gap.
"""

from importlib.metadata import version
from pathlib import Path
from typing import Any

from dougpt_schema import Timing

from dougpt_media.audio import Audio
from dougpt_media.extras import require
from dougpt_media.settings import TranscribeSettings
from dougpt_media.transcript import Word
from dougpt_media.transcription.recognition import MissingWeightsError, Recognition, check_model_folder

faster_whisper = require("faster_whisper", extra="faster-whisper", purpose="speech recognition with faster-whisper")

ENGINE = "faster_whisper"
REPETITIVE = 2.4  # Whisper's own bounds: text that compresses this well is a loop,
NO_SPEECH = 0.6  # and text where it hears no speech
UNLIKELY = -1.0  # and does not believe itself is made up


def recognise(audio: Audio, settings: TranscribeSettings) -> Recognition:
    """Recognise speech; heeds model, language, device, compute_type, batch_size, beam_size and offline.

    Raises:
        MissingWeightsError: The model is neither a folder with all its files nor can it be fetched.
    """
    pipeline = faster_whisper.BatchedInferencePipeline(model=_model(settings))
    segments, _ = pipeline.transcribe(
        audio.as_float(),
        language=settings.language,
        beam_size=settings.beam_size,
        batch_size=settings.batch_size,
        word_timestamps=True,
        vad_filter=True,
    )
    words = [word for index, segment in enumerate(segments) for word in _words(segment, index, audio.start_ms)]
    return Recognition(words, {"model": Path(settings.model).name, "version": version("faster-whisper")})


def _model(settings: TranscribeSettings) -> Any:
    folder = Path(settings.model)
    if folder.is_dir():
        check_model_folder(folder, ENGINE)
    try:
        return faster_whisper.WhisperModel(
            settings.model,
            device=settings.device,
            compute_type=settings.compute_type,
            local_files_only=settings.offline,
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise MissingWeightsError(ENGINE, settings.model, error) from error


def _words(segment: Any, index: int, offset_ms: int) -> list[Word]:
    flags = []
    if segment.compression_ratio > REPETITIVE:
        flags.append("repetitive")
    if segment.no_speech_prob > NO_SPEECH and segment.avg_logprob < UNLIKELY:
        flags.append("perhaps_no_speech")
    return [
        Word(
            offset_ms + round(word.start * 1000),
            offset_ms + round(max(word.start, word.end) * 1000),
            word.word.strip(),
            index,
            Timing.DECODED,
            min(1.0, max(0.0, word.probability)),
            flags=tuple(flags),
        )
        for word in segment.words or ()
        if word.word.strip()
    ]
