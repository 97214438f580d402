"""WhisperX: batched Whisper, then forced alignment of its text with a wav2vec2 model.

Its aligner times a word with a digit by a wildcard, which also misplaces the words after it. So it is
given the spoken form of each word, one segment at a time, and the times are copied back to the words as
written; a segment for which other words come back than were sent keeps even times and a flag.
"""

import gc
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from dougpt_media.audio import Audio
from dougpt_media.extras import require
from dougpt_media.normalise import normal
from dougpt_media.settings import TranscribeSettings
from dougpt_media.transcript import Word, longest_ms
from dougpt_media.transcription.copying_back import Times, copied_back
from dougpt_media.transcription.recognition import MissingWeightsError, Recognition, check_model_folder

whisperx = require("whisperx", extra="whisperx", purpose="speech recognition with WhisperX")
torch = require("torch", extra="whisperx", purpose="speech recognition with WhisperX")
nltk = require("nltk", extra="whisperx", purpose="speech recognition with WhisperX")

ENGINE = "whisperx"
RATE_HZ = 16_000
# The aligner splits sentences with a table that it would fetch; sentences do not matter here, so an empty one serves.
PUNKT_FILES = ("abbrev_types.txt", "sent_starters.txt", "collocations.tab", "ortho_context.tab")


class Segment(TypedDict):
    """A stretch of speech with its text, in seconds."""

    start: float
    end: float
    text: str


class AlignedWord(TypedDict, total=False):
    """A word of the aligner; times are missing where it has none."""

    word: str
    start: float
    end: float
    score: float


def recognise(audio: Audio, settings: TranscribeSettings) -> Recognition:
    """Recognise speech; heeds every setting.

    Raises:
        MissingWeightsError: The recogniser's or the aligner's model is not there and cannot be fetched.
    """
    device = settings.device if settings.device != "auto" else "cuda" if torch.cuda.is_available() else "cpu"
    samples_N = audio.as_float()
    # The library prints and logs to standard output, which belongs to our caller's results.
    with redirect_stdout(sys.stderr):
        segments = _segments(samples_N, settings, device)
        # One model at a time fits a small GPU.
        gc.collect()
        if device == "cuda":
            torch.cuda.empty_cache()
        words = list(_aligned(segments, samples_N, settings, device, audio.start_ms)) if segments else []
    facts: dict[str, str | float] = {
        "model": Path(settings.model).name,
        "align_model": Path(settings.align_model).name if settings.align_model else "default",
        "version": version("whisperx"),
    }
    return Recognition(words, facts)


def _segments(samples_N: NDArray[np.float32], settings: TranscribeSettings, device: str) -> list[Segment]:
    if Path(settings.model).is_dir():
        check_model_folder(Path(settings.model), ENGINE)
    try:
        model = whisperx.load_model(
            settings.model,
            device,
            compute_type=settings.compute_type,
            asr_options={"beam_size": settings.beam_size},
            language=settings.language,
            vad_method="pyannote",
            local_files_only=settings.offline,
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise MissingWeightsError(ENGINE, settings.model, error) from error
    found: list[Segment] = model.transcribe(samples_N, batch_size=settings.batch_size)["segments"]
    return found


def _aligned(
    segments: list[Segment], samples_N: NDArray[np.float32], settings: TranscribeSettings, device: str, offset_ms: int
) -> Iterator[Word]:
    try:
        model, metadata = whisperx.load_align_model(
            settings.language, device, model_name=settings.align_model, model_cache_only=settings.offline
        )
    except (OSError, ValueError, RuntimeError) as error:
        name = settings.align_model or f"the default for {settings.language}"
        raise MissingWeightsError(f"{ENGINE} (alignment)", name, error) from error
    end_s = len(samples_N) / RATE_HZ
    with TemporaryDirectory() as folder:
        _without_sentences(Path(folder))
        for index, segment in enumerate(segments):
            words = segment["text"].split()
            tokens = [normal(word).split() for word in words]
            # An end beyond the sound would stretch all times of the segment.
            start_s, last_s = segment["start"], min(segment["end"], end_s)
            text = " ".join(token for spoken in tokens for token in spoken)
            found: list[AlignedWord] = []
            if text and start_s < last_s:
                sent: Segment = {"start": start_s, "end": last_s, "text": text}
                found = whisperx.align([sent], model, metadata, samples_N, device)["word_segments"]
            times = [_times(word, offset_ms) for word in found]
            span_ms = (offset_ms + round(start_s * 1000), offset_ms + round(max(start_s, last_s) * 1000))
            yield from copied_back(list(zip(words, tokens, strict=True)), times, segment_id=index, span_ms=span_ms)
        nltk.data.path.remove(folder)


def _times(word: AlignedWord, offset_ms: int) -> Times | None:
    if "start" not in word or "end" not in word:
        return None
    start_ms = offset_ms + round(word["start"] * 1000)
    # The last letter of a word is drawn out to where the aligner hears the next word break.
    end_ms = min(offset_ms + round(word["end"] * 1000), start_ms + longest_ms(word.get("word", "")))
    return Times(start_ms, max(start_ms, end_ms), min(1.0, max(0.0, float(word.get("score", 0.0)))))


def _without_sentences(folder: Path) -> None:
    """Let the aligner find an empty sentence table instead of fetching one."""
    english = folder / "tokenizers" / "punkt_tab" / "english"
    english.mkdir(parents=True)
    for name in PUNKT_FILES:
        (english / name).write_text("", encoding="utf-8")
    nltk.data.path.insert(0, str(folder))
