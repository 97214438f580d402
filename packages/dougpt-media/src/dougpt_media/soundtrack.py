"""A file's sound from its first frame to its last, each placed on the recording's clock and handed on."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

import av
from av.audio.frame import AudioFrame

from dougpt_media.demux import Reading
from dougpt_media.placement import LOOK_AHEAD, Placement, Run
from dougpt_media.timeline import LISTED, Change

Form = tuple[int, str, str]  # rate, sample format, channels
Timed = tuple[AudioFrame, float | None]
BLOCK_FRAMES = 256  # frames handed on at once: Python waits for none of them alone
BLOCK_SAMPLES = 1 << 18


class Writer(Protocol):
    """Takes the sound of one run after another."""

    def begin(self, run: Run, form: Form) -> int:
        """Begin a run whose frames all have that form; return how many samples were written before it."""

    def push(self, frame: AudioFrame) -> None:
        """Take a frame."""

    def settle(self, *, finish: bool) -> int:
        """Write what is ready, or all that is left of the run; return how many samples that were."""


@dataclass(slots=True)
class Soundtrack:
    """The way of frames through the placement to a writer.

    Attributes:
        placement: The clock.
        reading: What the file's reader meets meanwhile.
        writer: Where the sound goes.
        changes: The forms that the sound had.
    """

    placement: Placement
    reading: Reading
    writer: Writer
    changes: list[Change] = field(default_factory=list)
    _form: Form | None = None

    def blocks(self, frames: Iterable[Timed]) -> Iterator[float]:
        """Place and write all frames; yield now and then how far the sound is written, in seconds."""
        waiting: list[Timed] = []
        n_samples = 0
        for timed in frames:
            waiting.append(timed)
            n_samples += timed[0].samples * len(timed[0].planes)
            if len(waiting) > LOOK_AHEAD and (n_samples > BLOCK_SAMPLES or len(waiting) > BLOCK_FRAMES + LOOK_AHEAD):
                self._hand_on(waiting, len(waiting) - LOOK_AHEAD)
                n_samples = sum(frame.samples * len(frame.planes) for frame, _ in waiting)
                yield self.placement.end_s
        self._hand_on(waiting, len(waiting))
        self._settle(finish=True)
        self._note_bad()
        yield self.placement.end_s

    def _hand_on(self, waiting: list[Timed], count: int) -> None:
        self._note_bad()
        for index in range(count):
            frame, at_s = waiting[index]
            form = (frame.sample_rate, frame.format.name, frame.layout.name)
            if form != self._form or not self.placement.follows(at_s):
                self._turn(waiting[index : index + LOOK_AHEAD + 1], form)
            self.placement.grow(frame.samples)
            try:
                self.writer.push(frame)
            except (av.error.FFmpegError, ValueError):
                self.reading.note_bad(at_s)
        self._settle(finish=False)
        del waiting[:count]

    def _note_bad(self) -> None:
        for bad_s in self.reading.bad_at_s:
            self.placement.note_bad(bad_s)
        self.reading.bad_at_s.clear()

    def _turn(self, ahead: list[Timed], form: Form) -> None:
        """Begin a new run where the form of the sound changes or its time stamps demand it."""
        times = [(at_s, frame.samples / frame.sample_rate) for frame, at_s in ahead]
        if form == self._form and not self.placement.breaks(times):
            return
        self._settle(finish=True)
        run = self.placement.begin(times, form[0])
        self.placement.written += self.writer.begin(run, form)
        if form != self._form and len(self.changes) < LISTED:
            self.changes.append(Change(round(self.placement.end_s * 1000), form[0], form[2]))
        self._form = form

    def _settle(self, *, finish: bool) -> None:
        self.placement.written += self.writer.settle(finish=finish)
