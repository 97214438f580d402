"""Which of a caption's words can be heard, and where: stretch by stretch, in smaller ones where that fails.

The first time, stretches are cut where the captions have pauses, which may be anywhere. So it is all heard a second
time, in stretches cut where the first has heard pauses.
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from statistics import median

from dougpt_media.audio import Audio
from dougpt_media.forced import Aligner, Placed
from dougpt_media.progress import Progress, Tell
from dougpt_media.retiming import settle, without_disorder
from dougpt_media.settings import RefineSettings
from dougpt_media.windows import Span, cues_of, plan, widest_pause, with_context

MOST_HALVINGS = 2  # where not even the first word is found, smaller pieces rarely help and cost as much again
FEW_WORDS = 4  # a stretch of so few is not cut further
ENOUGH = 0.25  # with fewer words heard, there is nothing to go by the second time


@dataclass(slots=True)
class Hearing:
    """The search for words in sound.

    Attributes:
        spans: Where the captions say each word is.
        segments: The cue of each word.
        timed: Whether the captions time the word itself, and not only its cue.
        spoken: Each word's spoken forms, none where it has no sound.
        heard: Where each word was found, as far as it is believed.
        probability: How sure the aligner is of each word heard, where it can tell.
        guess: Where each word seems to be, by what was heard so far.
        cues: What that times, as (first, last): a word, or the words of a cue.
        within: What the caption says of each word: its own time, or its cue's.
        counts: How the stretches went.
    """

    spans: list[Span]
    segments: list[int]
    timed: list[bool]
    spoken: list[list[str]]
    audio: Audio
    aligner: Aligner
    settings: RefineSettings
    heard: list[Span | None] = field(init=False)
    probability: list[float | None] = field(init=False)
    guess: list[Span] = field(init=False)
    cues: list[tuple[int, int]] = field(init=False)
    within: list[Span] = field(init=False)
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.heard = [None] * len(self.spans)
        self.probability = [None] * len(self.spans)
        self.guess = self.spans
        self.within = list(self.spans)
        self.cues = cues_of(self.segments, self.timed)
        for first, last in self.cues:
            if not self.timed[first]:
                cue = Span(self.spans[first].start_ms, max(span.end_ms for span in self.spans[first:last]))
                self.within[first:last] = [cue] * (last - first)

    def listen(self, progress: Tell | None = None) -> None:
        """Look for every word, and again with what was found."""
        self._listen(progress, "refining times")
        n_heard = sum(span is not None for span in self.heard)
        if n_heard < ENOUGH * len(self.spans) or all(self.timed):
            return
        heard = without_disorder(self.heard)
        self.guess = settle(self.spans, heard)
        known = [own or span is not None for own, span in zip(self.timed, heard, strict=True)]
        self.cues = cues_of(self.segments, known)
        self.counts.clear()
        self._listen(progress, "refining times again")

    def _listen(self, progress: Tell | None, step: str) -> None:
        for first, last in plan(self.guess, self.settings, self.cues):
            if progress is not None:
                progress(Progress(step, self.guess[first].start_ms, self.guess[-1].end_ms))
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
            cut = widest_pause(self.guess, first, last)
            self._listen_to(first, cut, halvings=halvings - 1)
            self._listen_to(cut, last, halvings=halvings - 1)

    def _placed(self, first: int, last: int) -> dict[int, list[Placed]]:
        """Align a stretch with its context, on the recording's clock; nothing where the sound says something else."""
        window = with_context(self.guess, first, last, self.settings, self.cues)
        tokens = [
            (index, token) for index in range(window.context_first, window.context_last) for token in self.spoken[index]
        ]
        samples = self.audio.between(window.from_ms, window.to_ms)
        found = self.aligner.align([token for _, token in tokens], samples)
        if not found:
            return {}
        if not self.aligner.is_what_is_said(found):
            self.counts["not_what_is_said"] += 1
            return {}
        offset_ms = max(window.from_ms, self.audio.start_ms)
        parts: dict[int, list[Placed]] = {}
        for (index, _), place in zip(tokens, found, strict=False):
            moved = replace(place, start_ms=place.start_ms + offset_ms, end_ms=place.end_ms + offset_ms)
            parts.setdefault(index, []).append(moved)
        return {
            index: places
            for index, places in parts.items()
            if first <= index < last and len(places) == len(self.spoken[index])
        }

    def _believe(self, placed: dict[int, list[Placed]]) -> None:
        """Keep the places that can be heard and that the captions can have meant.

        A word that the caption times itself should move with those around it; alone, it was heard in a noise.
        """
        audible = {index: places for index, places in placed.items() if self.aligner.is_heard(places)}
        self.counts["inaudible"] += len(placed) - len(audible)
        if not audible:
            return
        shift_ms = median(places[0].start_ms - self.spans[index].start_ms for index, places in audible.items())
        for index, places in audible.items():
            span, caption = Span(places[0].start_ms, places[-1].end_ms), self.within[index]
            outside_ms = max(caption.start_ms - span.start_ms, span.end_ms - caption.end_ms)
            stray_ms = abs(span.start_ms - caption.start_ms - shift_ms)
            if outside_ms > self.settings.max_shift_ms:
                self.counts["moved_too_far"] += 1
            elif self.timed[index] and stray_ms > self.settings.max_stray_ms:
                self.counts["strayed"] += 1
            else:
                self.heard[index] = span
                known = [place.probability for place in places if place.probability is not None]
                self.probability[index] = sum(known) / len(known) if known else None
