"""Sound on the recording's clock: every frame stands where its presentation time puts it.

Decoding frame after frame loses sync whenever sound starts late, packets are lost or time stamps jump;
here lost sound becomes silence of the same length, and every repair is reported.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
import pyarrow as pa
from av.audio.stream import AudioStream
from av.container.input import InputContainer
from dougpt_schema import GAPS, GapCause
from numpy.typing import NDArray

from dougpt_media.decoding import codec_of, decoder_for
from dougpt_media.demux import (
    Reading,
    UnreadableMediaError,
    frames,
    open_media,
    origin_s,
    packets_of,
    picture_of,
    sound_of,
)
from dougpt_media.pcm import PcmFile, let_go
from dougpt_media.placement import Placement
from dougpt_media.progress import Progress, Tell
from dougpt_media.recorder import Recorder
from dougpt_media.report import Report
from dougpt_media.silence import SilenceWatch
from dougpt_media.soundtrack import Soundtrack
from dougpt_media.timeline import Timeline, lead_ms

MISSING_END_MS = 1_000
MUTED_MS = 30_000  # digital silence this long is a muted stretch, not a pause


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
    """Mono sound from `start_ms` on: `samples` are int16 of shape (N,), `rate_hz` a second.

    The samples of `read_audio` lie in a file without a name and are read from there as they are looked at; it goes
    with the last array that shows them.
    """

    samples: NDArray[np.int16]
    rate_hz: int
    start_ms: int
    gaps: tuple[Gap, ...]
    report: Report
    timeline: Timeline = field(default_factory=Timeline)

    @property
    def end_ms(self) -> int:
        """Where the sound ends on the recording's clock."""
        return self.start_ms + len(self.samples) * 1000 // self.rate_hz

    def between(self, from_ms: int, to_ms: int) -> NDArray[np.int16]:
        """Return the samples of a stretch, cut to what there is."""
        first, last = ((t - self.start_ms) * self.rate_hz // 1000 for t in (from_ms, to_ms))
        return self.samples[max(first, 0) : max(last, 0)]

    def as_float(self) -> NDArray[np.float32]:
        """Return all samples as recognisers take them, from -1 to 1: 230 MB an hour at 16 kHz."""
        return self._floats(self.samples)

    def floats_between(self, from_ms: int, to_ms: int) -> NDArray[np.float32]:
        """Return a stretch as recognisers take it, cut to what there is; no memory but the result's stays in use."""
        return self._floats(self.between(from_ms, to_ms))

    def _floats(self, samples: NDArray[np.int16]) -> NDArray[np.float32]:
        floats = samples.astype(np.float32)
        floats /= np.float32(32768)
        let_go(self.samples)
        return floats

    def gaps_table(self, recording_id: str) -> pa.Table:
        """Return the gaps as the contract's table."""
        return GAPS.table(
            {"recording_id": recording_id, "from_ms": gap.from_ms, "to_ms": gap.to_ms, "cause": gap.cause.value}
            for gap in self.gaps
        )


def read_audio(
    path: Path | str,
    rate_hz: int = 16_000,
    *,
    exact: bool = False,
    track: int | None = None,
    pcm_path: Path | None = None,
    progress: Tell | None = None,
) -> Audio:
    """Decode the sound of a media file to mono at `rate_hz`, placed by presentation time; 0 is the file's start.

    Args:
        path: The file.
        rate_hz: Samples a second of the result.
        exact: Compute in whole numbers, so that the same file gives the same bits on every CPU; twice as slow.
        track: Which track of sound to read, counted from 0, where there are several; else the one a player takes.
        pcm_path: Keep the samples in this file, int16 without a header, instead of one without a name.
        progress: Told how far the work is.

    Raises:
        UnreadableMediaError: The file cannot be opened.
        NoSoundError: It has no sound, or none that can be decoded.
        InexactCodecError: Exact samples are asked for, and its codec gives none.
        NoRoomError: The disk has no room for the samples.
    """
    path = Path(path)
    with open_media(path) as container, PcmFile(pcm_path) as pcm, ThreadPoolExecutor(1) as thread:
        sound = sound_of(container, track)
        if sound is None:
            raise NoSoundError(path.name, _why_none(container, track))
        decoder, decoder_name = decoder_for(sound, exact=exact, name=path.name)
        reading = Reading()
        recorder = Recorder(rate_hz, pcm, exact, thread)
        placement = Placement(rate_hz, origin_s(container), reading.picture)
        soundtrack = Soundtrack(placement, reading, recorder)
        packets = packets_of(container, sound, picture_of(container), reading)
        total_ms = (container.duration or 0) // 1000
        try:
            for done_s in soundtrack.blocks(frames(packets, decoder, reading)):
                if progress is not None:
                    progress(Progress("decode", round(done_s * 1000), max(total_ms, round(done_s * 1000))))
        except av.error.FFmpegError as error:
            raise NoSoundError(path.name, f"its sound cannot be brought to {rate_hz} Hz ({error.strerror})") from error
        if not recorder.heard:
            raise NoSoundError(path.name, "none of its sound can be decoded")
        gaps = _gaps(soundtrack, recorder.silence)
        timeline = _timeline(container, sound, soundtrack, gaps, decoder_name)
        return Audio(pcm.mapped(), rate_hz, 0, gaps, _report(soundtrack, timeline, exact=exact), timeline)


def _why_none(container: InputContainer, track: int | None) -> str:
    tracks = len(container.streams.audio)
    if not tracks:
        return "holds no sound"
    if track is None or 0 <= track < tracks:
        return "holds no sound of a codec that can be decoded"
    return f"has {tracks} tracks of sound, numbered from 0, and none of the number {track}"


def _gaps(soundtrack: Soundtrack, silence: SilenceWatch) -> tuple[Gap, ...]:
    """Return what is missing, what the picture shows beyond the sound's end, and what is muted."""
    placement, reading = soundtrack.placement, soundtrack.reading
    known = [
        Gap(from_ms, to_ms, GapCause.DAMAGED if damaged else GapCause.NO_SIGNAL)
        for from_ms, to_ms, damaged in placement.lost
    ]
    end_ms = round(placement.end_s * 1000)
    picture_to_ms = _picture_to_ms(soundtrack)
    if picture_to_ms is not None and picture_to_ms - end_ms >= MISSING_END_MS:
        known.append(Gap(end_ms, picture_to_ms, GapCause.DAMAGED if reading.stopped else GapCause.NO_SIGNAL))
    muted = silence.stretches([(gap.from_ms, gap.to_ms) for gap in known], MUTED_MS)
    return tuple(sorted([*known, *(Gap(*one, GapCause.MUTED) for one in muted)], key=lambda gap: gap.from_ms))


def _picture_to_ms(soundtrack: Soundtrack) -> int | None:
    placement = soundtrack.placement
    offset_s = placement.origin_s + placement.jumped_s
    end_s = soundtrack.reading.picture.end_s(placement.end_s + offset_s)
    return None if end_s is None else round((end_s - offset_s) * 1000)


def _timeline(
    container: InputContainer, sound: AudioStream, soundtrack: Soundtrack, gaps: tuple[Gap, ...], decoder: str
) -> Timeline:
    placement, tracks = soundtrack.placement, container.streams.audio
    codec = codec_of(sound)
    return Timeline(
        origin_ms=round(placement.origin_s * 1000),
        sound_from_ms=round((placement.sound_from_s or 0.0) * 1000),
        sound_to_ms=round(placement.end_s * 1000),
        picture_to_ms=_picture_to_ms(soundtrack),
        track=[stream.index for stream in tracks].index(sound.index),
        tracks=len(tracks),
        codec=codec,
        decoder=decoder,
        lead_ms=lead_ms(codec, soundtrack.changes[0].rate_hz, soundtrack.reading.cut_s),
        gaps=tuple((gap.from_ms, gap.to_ms, gap.cause.value) for gap in gaps),
        bad_packets=placement.bad.stretches(),
        jumps=tuple(placement.jumps),
        overlaps=tuple(placement.overlaps),
        changes=tuple(soundtrack.changes),
        shifts=placement.counts["shifts"],
        strays=placement.counts["strays"],
    )


def _report(soundtrack: Soundtrack, timeline: Timeline, *, exact: bool) -> Report:
    placement, reading = soundtrack.placement, soundtrack.reading
    warnings = [
        f"time stamps jump by {jump.by_ms / 1000:.1f} s at {jump.at_ms / 1000:.1f} s: taken out"
        for jump in timeline.jumps[:10]
    ]
    if len(timeline.jumps) > len(warnings):
        warnings.append(f"and {placement.counts['jumps'] - len(warnings)} more jumps")
    if reading.bad_packets:
        warnings.append(f"{reading.bad_packets} packets are damaged; their sound is silence")
    if reading.stopped:
        warnings.append(f"reading stopped at {placement.end_s:.1f} s: the rest of the file is damaged")
    counts = {**placement.counts, "bad_packets": reading.bad_packets, "samples": placement.written}
    facts: dict[str, str | float] = {"rate_hz": placement.rate_hz}
    if exact:
        facts["decoder"] = timeline.decoder
    return Report("read_audio", counts, facts, tuple(warnings))
