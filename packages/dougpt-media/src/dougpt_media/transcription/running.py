"""One run of an engine: chunk after chunk is recognised and kept, then chunk after chunk is aligned and kept.

All chunks are recognised before any is aligned, so that one model at a time fits a small GPU.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from importlib import import_module

from dougpt_schema import Timing

from dougpt_media.audio import Audio
from dougpt_media.forced import Aligner, load_aligner
from dougpt_media.gpu import require_gpu
from dougpt_media.memory import Batches, explained
from dougpt_media.progress import Progress, Tell
from dougpt_media.refinement import UNALIGNED
from dougpt_media.settings import AlignerName, RefineSettings, TranscribeSettings
from dougpt_media.transcript import Word, longest_ms, shared_out
from dougpt_media.transcription.aligning import aligned
from dougpt_media.transcription.chunks import cut
from dougpt_media.transcription.doubts import doubts_about
from dougpt_media.transcription.engine import Engine, Piece, speech_in
from dougpt_media.transcription.repeats import REPEATED, without_repeats
from dougpt_media.transcription.resume import Shelf
from dougpt_media.windows import Span

HALLUCINATED = "hallucinated"
HEARD_AGAIN = "heard_again"
RECOGNISING, ALIGNING = "recognising speech", "aligning words"


@dataclass(slots=True)
class Run:
    """An engine at work, and how it goes.

    Attributes:
        engine: Who recognises.
        settings: How.
        progress: Told how far the work is, if anybody wants to know.
        counts: Pieces that were doubted, and words that stay doubtful.
    """

    engine: Engine
    settings: TranscribeSettings
    progress: Tell | None = None
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def aligner(self) -> AlignerName | None:
        """Which aligner gives the times, if any."""
        choice = self.engine.aligner if self.settings.align == "auto" else self.settings.align
        return None if choice in {None, "none"} else "wav2vec2" if choice == "wav2vec2" else "pocketsphinx"

    def check(self) -> None:
        """Refuse an aligner whose model is missing, before hours are spent on recognition.

        Raises:
            MissingExtraError: The aligner is not installed.
            MissingWeightsError: Its model is not there.
            NoGpuError: The model is to run on a GPU, and there is none.
        """
        settings = self._refine_settings()
        if settings is not None and settings.aligner == "wav2vec2":
            require_gpu(settings.device)
            import_module("dougpt_media.align_models").check(
                settings.align_model,
                language=settings.language,
                cache=settings.model_cache,
                offline=settings.offline,
            )

    def words(self, audio: Audio, shelf: Shelf) -> list[Word]:
        """Return every word recognised, the doubtful ones with flags, segments numbered from 0.

        Args:
            audio: All sound.
            shelf: What is finished already, and what will be.
        """
        speech = shelf.spans("speech", lambda: self.engine.speech(audio))
        sounds = [_part(audio, chunk) for chunk in cut(audio, speech, round(self.settings.chunk_s * 1000))]
        pieces = list(self._recognised(sounds, speech, shelf))
        self.engine.close()
        words = without_repeats(list(self._aligned(sounds, pieces, shelf)), frozenset({UNALIGNED}))
        for flag in (HALLUCINATED, REPEATED, UNALIGNED):
            self.counts[flag] = sum(flag in word.flags for word in words)
        return words

    def _recognised(self, sounds: Sequence[Audio], speech: Sequence[Span], shelf: Shelf) -> Iterator[list[Piece]]:
        batches = Batches(self.settings.batch_size)

        def heard(sound: Audio) -> list[Piece]:
            spoken = speech_in(speech, sound.start_ms, sound.end_ms)
            found = batches.run("speech recognition", partial(self.engine.recognise, sound))
            return list(self._believed(sound, found, spoken))

        kept_ms = 0
        for index, sound in enumerate(sounds):
            name = f"recognised-{index:05}"
            kept_ms += _length_ms(sound) if shelf.holds(name) else 0
            pieces = shelf.pieces(name, partial(heard, sound))
            self.counts.update(f"piece_{doubt}" for piece in pieces for doubt in piece.doubts)
            yield pieces
            self._told(RECOGNISING, sound, sounds, kept_ms)
        self.counts["batch_halvings"] = batches.halvings

    def _believed(self, sound: Audio, pieces: Iterable[Piece], speech: Sequence[Span]) -> Iterator[Piece]:
        """Hear doubtful pieces again, and mark those that stay doubtful."""
        for piece in pieces:
            doubts = doubts_about(piece, speech, self.settings)
            if not doubts:
                yield piece
                continue
            with explained("speech recognition"):
                again = self.engine.again(_part(sound, Span(piece.start_ms, piece.end_ms)))
            if again is None:
                yield replace(piece, doubts=doubts)
                continue
            remaining = [doubts_about(other, speech, self.settings) for other in again]
            if all(remaining):
                yield replace(piece, doubts=(HALLUCINATED, *doubts))
                continue
            for other, still in zip(again, remaining, strict=True):
                yield replace(other, doubts=(HALLUCINATED, *still) if still else (HEARD_AGAIN,))

    def _aligned(self, sounds: Sequence[Audio], pieces: Sequence[list[Piece]], shelf: Shelf) -> Iterator[Word]:
        settings = self._refine_settings()
        loaded: list[Aligner] = []

        def align(sound: Audio, found: list[Piece]) -> list[Word]:
            if settings is None:
                return list(_written(found))
            if not loaded:
                loaded.append(load_aligner(settings))
            return aligned(list(_written(found)), sound, settings, loaded[0], made_up=HALLUCINATED)

        first_segment = kept_ms = 0
        for index, (sound, found) in enumerate(zip(sounds, pieces, strict=True)):
            name = f"aligned-{index:05}"
            kept_ms += _length_ms(sound) if shelf.holds(name) else 0
            words = shelf.words(name, partial(align, sound, found)) if found else []
            yield from (replace(word, segment_id=word.segment_id + first_segment) for word in words)
            first_segment += len(found)
            if settings is not None:
                self._told(ALIGNING, sound, sounds, kept_ms)
        for aligner in loaded:
            aligner.close()

    def _refine_settings(self) -> RefineSettings | None:
        if self.aligner is None:
            return None
        own = self.settings
        return RefineSettings(
            aligner=self.aligner,
            align_model=own.align_model,
            model_cache=own.model_cache,
            language=own.language,
            device=own.device,
            offline=own.offline,
        )

    def _told(self, step: str, sound: Audio, sounds: Sequence[Audio], kept_ms: int) -> None:
        if self.progress is not None:
            start_ms = sounds[0].start_ms
            self.progress(Progress(step, sound.end_ms - start_ms, sounds[-1].end_ms - start_ms, kept_ms))


def _length_ms(sound: Audio) -> int:
    return sound.end_ms - sound.start_ms


def _part(audio: Audio, span: Span) -> Audio:
    start_ms = max(span.start_ms, audio.start_ms)
    return replace(audio, samples=audio.between(start_ms, span.end_ms), start_ms=start_ms, gaps=())


def _written(pieces: Sequence[Piece]) -> Iterator[Word]:
    """Yield the words of pieces: with the recogniser's times, or with the piece's shared out."""
    for segment, piece in enumerate(pieces):
        if piece.words:
            for word in piece.words:
                # Whisper lets the last word before a pause run on to its end.
                end_ms = min(word.end_ms, word.start_ms + longest_ms(word.text))
                yield Word(
                    word.start_ms, end_ms, word.text, segment, Timing.DECODED, word.probability, flags=piece.doubts
                )
            continue
        texts = piece.text.split()
        for text, times in zip(texts, shared_out(texts, piece.start_ms, piece.end_ms), strict=True):
            yield Word(*times, text, segment, Timing.INTERPOLATED, flags=piece.doubts)
