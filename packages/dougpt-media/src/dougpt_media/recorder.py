"""Runs of sound to a file of samples: resampled, written and listened to while decoding goes on."""

from collections import deque
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field

import av
from av.audio.frame import AudioFrame

from dougpt_media.decoding import Resampler
from dougpt_media.pcm import PcmFile
from dougpt_media.placement import Run
from dougpt_media.silence import SilenceWatch
from dougpt_media.soundtrack import Form

BLOCKS_AHEAD = 2  # decoded and not yet written


@dataclass(slots=True)
class Recorder:
    """Writes runs of sound to a file of samples, and listens for silence, in `thread` while decoding goes on."""

    rate_hz: int
    pcm: PcmFile
    exact: bool
    thread: Executor
    heard: int = 0
    silence: SilenceWatch = field(init=False)
    _resampler: Resampler | None = None
    _to_drop: int = 0
    _frames: list[AudioFrame] = field(default_factory=list)
    _at_work: deque[Future[int]] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self.silence = SilenceWatch(self.rate_hz)

    def begin(self, run: Run, form: Form) -> int:
        """Write the silence before a run, and make ready for its form."""
        if run.silence:
            self.pcm.skip(run.silence)
            self.silence.skip(run.silence)
        self._to_drop = run.drop
        try:
            self._resampler = Resampler(self.rate_hz, form, self.exact)
        except (av.error.FFmpegError, ValueError):
            self._resampler = None  # channels that nobody can mix to one
        return run.silence

    def push(self, frame: AudioFrame) -> None:
        """Take a frame.

        Raises:
            ValueError: Nobody can mix its channels to one.
        """
        if self._resampler is None:
            raise ValueError(f"sound of the form {frame.layout.name} cannot be mixed to one channel")
        self._frames.append(frame)

    def settle(self, *, finish: bool) -> int:
        """Hand the frames taken so far on; return how many samples were written meanwhile, all of them at a finish."""
        if self._resampler is None:
            return 0
        self._at_work.append(self.thread.submit(self._write, self._resampler, self._frames, finish=finish))
        self._frames = []
        written = 0
        while len(self._at_work) > (0 if finish else BLOCKS_AHEAD):
            written += self._at_work.popleft().result()
        if finish:
            self._resampler = None
        return written

    def _write(self, resampler: Resampler, frames: list[AudioFrame], *, finish: bool) -> int:
        before = self.pcm.length
        for frame in frames:
            resampler.push(frame)
        for piece in resampler.finish() if finish else resampler.pull():
            dropped = min(self._to_drop, len(piece))
            self._to_drop -= dropped
            samples = piece[dropped:]
            self.heard += len(samples)
            self.pcm.write(samples)
            self.silence.hear(samples)
        return self.pcm.length - before
