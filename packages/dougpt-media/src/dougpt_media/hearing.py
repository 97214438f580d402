"""Which of a caption's words can be heard, and where: stretch by stretch, in smaller ones where that fails."""

from collections import Counter
from dataclasses import dataclass, field
from statistics import median

from dougpt_media.audio import Audio
from dougpt_media.forced import Aligner, Placed
from dougpt_media.progress import Progress, Tell
from dougpt_media.settings import RefineSettings
from dougpt_media.windows import Span, plan, widest_pause, with_context

MOST_HALVINGS = 2  # where not even the first word is found, smaller pieces rarely help and cost as much again
FEW_WORDS = 4  # a stretch of so few is not cut further


@dataclass(slots=True)
class Hearing:
    """The search for words in sound.

    Attributes:
        spans: Where the captions say each word is.
        timed: Whether the captions time the word itself, and not only its cue.
        spoken: Each word's spoken forms, none where it has no sound.
        heard: Where each word was found, as far as it is believed.
        counts: How the stretches went.
    """

    spans: list[Span]
    timed: list[bool]
    spoken: list[list[str]]
    audio: Audio
    aligner: Aligner
    settings: RefineSettings
    heard: list[Span | None] = field(init=False)
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.heard = [None] * len(self.spans)

    def listen(self, progress: Tell | None = None) -> None:
        """Look for every word."""
        for first, last in plan(self.spans, self.settings):
            if progress is not None:
                progress(Progress("refining times", self.spans[first].start_ms, self.spans[-1].end_ms))
            self.counts["stretches"] += 1
            self._listen_to(first, last, halvings=MOST_HALVINGS)

    def _listen_to(self, first: int, last: int, *, halvings: int) -> None:
        placed = self._placed(first, last)
        missing = [index for index in range(first, last) if self.spoken[index] and index not in placed]
        from_start = bool(missing) and missing[0] == first
        if not missing or last - first <= FEW_WORDS or (from_start and not halvings):
            self._believe(placed)
            return
        self.counts["cut_further"] += 1
        if not from_start:
            self._believe({index: place for index, place in placed.items() if index < missing[0]})
            self._listen_to(missing[0], last, halvings=halvings)
        else:
            cut = widest_pause(self.spans, first, last)
            self._listen_to(first, cut, halvings=halvings - 1)
            self._listen_to(cut, last, halvings=halvings - 1)

    def _placed(self, first: int, last: int) -> dict[int, Span]:
        """Align a stretch with its context; nothing where the text is not what the sound says."""
        window = with_context(self.spans, first, last, self.settings)
        tokens = [
            (index, token) for index in range(window.context_first, window.context_last) for token in self.spoken[index]
        ]
        samples = self.audio.between(window.from_ms, window.to_ms)
        found = self.aligner.align([token for _, token in tokens], samples)
        if not found:
            return {}
        if median(place.score for place in found) < self.settings.min_score:
            self.counts["not_what_is_said"] += 1
            return {}
        parts: dict[int, list[Placed]] = {}
        for (index, _), place in zip(tokens, found, strict=False):
            parts.setdefault(index, []).append(place)
        offset_ms = max(window.from_ms, self.audio.start_ms)
        return {
            index: Span(places[0].start_ms + offset_ms, places[-1].end_ms + offset_ms)
            for index, places in parts.items()
            if first <= index < last and len(places) == len(self.spoken[index])
        }

    def _believe(self, placed: dict[int, Span]) -> None:
        """Keep the places that the captions can have meant.

        A word that the caption times itself should move with those around it; alone, it was heard in a noise.
        """
        if not placed:
            return
        shift_ms = median(span.start_ms - self.spans[index].start_ms for index, span in placed.items())
        for index, span in placed.items():
            caption = self.spans[index]
            outside_ms = max(caption.start_ms - span.start_ms, span.end_ms - caption.end_ms)
            stray_ms = abs(span.start_ms - caption.start_ms - shift_ms)
            if outside_ms > self.settings.max_shift_ms:
                self.counts["moved_too_far"] += 1
            elif self.timed[index] and stray_ms > self.settings.max_stray_ms:
                self.counts["strayed"] += 1
            else:
                self.heard[index] = span
