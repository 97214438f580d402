"""Sound on the recording's clock: every frame stands where its presentation time puts it.

Decoding frame after frame loses sync whenever sound starts late, packets are lost or time stamps jump;
here lost sound becomes silence of the same length, and every repair is reported.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from dougpt_schema import GAPS, GapCause
from numpy.typing import NDArray

from dougpt_media.demux import Reading, UnreadableMediaError, frames, open_media, origin_s, sound_of
from dougpt_media.report import Report

TOLERANCE_S = 0.040  # time stamps wander by less than this in sound files
REPORTED_GAP_MS = 250
MISSING_END_MS = 1_000
MUTED_MS = 30_000  # digital silence this long is a muted stretch, not a pause
MUTED_STEP_MS = 100
LONGEST_GAP_S = 60.0  # a longer one is a jump of the time stamps, unless the picture goes on meanwhile


class NoSoundError(UnreadableMediaError):
    """A file holds no sound, or none that can be decoded."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch without sound, in milliseconds on the recording's clock, and why."""

    from_ms: int
    to_ms: int
    cause: GapCause


@dataclass(frozen=True, slots=True)
class Audio:
    """Mono sound from `start_ms` on: `samples` are int16 of shape (N,), `rate_hz` a second."""

    samples: NDArray[np.int16]
    rate_hz: int
    start_ms: int
    gaps: tuple[Gap, ...]
    report: Report

    @property
    def end_ms(self) -> int:
        """Where the sound ends on the recording's clock."""
        return self.start_ms + len(self.samples) * 1000 // self.rate_hz

    def between(self, from_ms: int, to_ms: int) -> NDArray[np.int16]:
        """Return the samples of a stretch, cut to what there is."""
        first, last = ((t - self.start_ms) * self.rate_hz // 1000 for t in (from_ms, to_ms))
        return self.samples[max(first, 0) : max(last, 0)]

    def as_float(self) -> NDArray[np.float32]:
        """Return the samples as recognisers take them, from -1 to 1."""
        return self.samples.astype(np.float32) / np.float32(32768)

    def gaps_table(self, recording_id: str) -> pa.Table:
        """Return the gaps as the contract's table."""
        return GAPS.table(
            {"recording_id": recording_id, "from_ms": gap.from_ms, "to_ms": gap.to_ms, "cause": gap.cause.value}
            for gap in self.gaps
        )


def read_audio(path: Path | str, rate_hz: int = 16_000) -> Audio:
    """Decode the sound of a media file to mono at `rate_hz`, placed by presentation time; 0 is the file's start.

    Raises:
        UnreadableMediaError: The file cannot be opened.
        NoSoundError: It has no sound, or none that can be decoded.
    """
    path = Path(path)
    reading = Reading()
    with open_media(path) as container:
        if sound_of(container) is None:
            raise NoSoundError(path.name, "holds no sound")
        timeline = _Timeline(rate_hz, origin_s(container), reading)
        for frame in frames(container, reading):
            timeline.add(frame)
        timeline.close()
    if not timeline.pcm:
        raise NoSoundError(path.name, "none of its sound can be decoded")
    samples = np.frombuffer(timeline.pcm, np.int16)
    gaps = sorted([*timeline.gaps, *_muted(samples, rate_hz, timeline.gaps)], key=lambda gap: gap.from_ms)
    return Audio(samples, rate_hz, 0, tuple(gaps), timeline.report(len(samples)))


@dataclass(slots=True)
class _Timeline:
    """Sound written so far, and where the next frame of an unbroken run is due."""

    rate_hz: int
    origin_s: float
    reading: Reading
    pcm: bytearray = field(default_factory=bytearray)
    gaps: list[Gap] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=lambda: {"gaps": 0, "overlaps": 0, "jumps": 0})
    warnings: list[str] = field(default_factory=list)
    _resampler: AudioResampler | None = None
    _format: tuple[int, str, str] = (0, "", "")
    _due_s: float = 0.0
    _run_start_s: float = 0.0
    _run_frames: int = 0
    _jumped_s: float = 0.0
    _to_drop: int = 0
    _bad_before: int = 0

    @property
    def end_s(self) -> float:
        return len(self.pcm) / 2 / self.rate_hz

    def add(self, frame: AudioFrame) -> None:
        """Write a frame where it belongs."""
        start_s = self._due_s if frame.time is None else frame.time - self.origin_s - self._jumped_s
        shape = (frame.sample_rate, frame.format.name, frame.layout.name)
        if self._resampler is None or shape != self._format or abs(start_s - self._due_s) > TOLERANCE_S:
            self.flush()
            start_s = self._place(start_s)
            self._resampler = AudioResampler(format="s16", layout="mono", rate=self.rate_hz)
            self._format, self._run_start_s, self._run_frames = shape, start_s, 0
        self._run_frames += frame.samples
        self._due_s = self._run_start_s + self._run_frames / frame.sample_rate
        self._bad_before = self.reading.bad_packets
        # The resampler checks that time stamps follow on each other; ours are accounted for already.
        frame.pts = None
        for piece in self._resampler.resample(frame):
            self._write(piece)

    def flush(self) -> None:
        """Write what the resampler still holds; the next frame begins a new run."""
        if self._resampler is not None:
            for piece in self._resampler.resample(None):
                self._write(piece)
            self._resampler = None

    def close(self) -> None:
        """Write what is left, and report a picture that goes on without sound."""
        self.flush()
        picture_end_s = (self.reading.video_end_s or 0.0) - self.origin_s - self._jumped_s
        if self.pcm and (picture_end_s - self.end_s) * 1000 >= MISSING_END_MS:
            cause = GapCause.DAMAGED if self.reading.stopped else GapCause.NO_SIGNAL
            self.gaps.append(Gap(round(self.end_s * 1000), round(picture_end_s * 1000), cause))

    def _place(self, start_s: float) -> float:
        """Fill or cut up to a run that begins at `start_s`; return where it begins after jumps were taken out."""
        self._to_drop = 0
        apart_s = start_s - self.end_s
        if abs(apart_s) > LONGEST_GAP_S and not self._picture_goes_on(self.end_s, start_s):
            self.counts["jumps"] += 1
            self.warnings.append(f"time stamps jump by {apart_s:.1f} s at {self.end_s:.1f} s: taken out")
            self._jumped_s += apart_s
            return self.end_s
        if apart_s > 0:
            self._silence(start_s)
        elif apart_s < 0:
            self._to_drop = round(-apart_s * self.rate_hz)
            self.counts["overlaps"] += apart_s < -TOLERANCE_S
        return start_s

    def _silence(self, until_s: float) -> None:
        from_ms, to_ms = round(self.end_s * 1000), round(until_s * 1000)
        self.pcm.extend(bytes(2 * max(0, round(until_s * self.rate_hz) - len(self.pcm) // 2)))
        if to_ms - from_ms >= REPORTED_GAP_MS:
            damaged = self.reading.bad_packets > self._bad_before
            self.counts["gaps"] += 1
            self.gaps.append(Gap(from_ms, to_ms, GapCause.DAMAGED if damaged else GapCause.NO_SIGNAL))

    def _picture_goes_on(self, from_s: float, to_s: float) -> bool:
        offset_s = self.origin_s + self._jumped_s
        seconds = range(int(from_s + offset_s) + 1, int(to_s + offset_s))
        seen = sum(second in self.reading.seconds_with_picture for second in seconds)
        return bool(seconds) and seen > len(seconds) / 2

    def _write(self, piece: AudioFrame) -> None:
        samples = piece.to_ndarray()[0]
        dropped = min(self._to_drop, len(samples))
        self._to_drop -= dropped
        self.pcm.extend(samples[dropped:].tobytes())

    def report(self, n_samples: int) -> Report:
        warnings = list(self.warnings)
        if self.reading.bad_packets:
            warnings.append(f"{self.reading.bad_packets} packets are damaged; their sound is silence")
        if self.reading.stopped:
            warnings.append(f"reading stopped at {self.end_s:.1f} s: the rest of the file is damaged")
        counts = {**self.counts, "bad_packets": self.reading.bad_packets, "samples": n_samples}
        return Report("read_audio", counts, {"rate_hz": self.rate_hz}, tuple(warnings))


def _muted(samples: NDArray[np.int16], rate_hz: int, gaps: list[Gap]) -> list[Gap]:
    """Find long digital silence outside the gaps already known."""
    step = rate_hz * MUTED_STEP_MS // 1000
    steps = len(samples) // step
    silent_T = ~samples[: steps * step].reshape(steps, step).any(axis=1)
    for gap in gaps:
        silent_T[gap.from_ms // MUTED_STEP_MS : -(-gap.to_ms // MUTED_STEP_MS)] = False
    edges = np.flatnonzero(np.diff(np.concatenate([[0], silent_T.astype(np.int8), [0]])))
    return [
        Gap(int(first) * MUTED_STEP_MS, int(last) * MUTED_STEP_MS, GapCause.MUTED)
        for first, last in edges.reshape(-1, 2)
        if (last - first) * MUTED_STEP_MS >= MUTED_MS
    ]
