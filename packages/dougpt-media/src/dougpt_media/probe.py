"""What a media file holds and whether it is whole, found by reading it to its end."""

from dataclasses import dataclass
from pathlib import Path

from av.audio.frame import AudioFrame
from av.container.input import InputContainer
from dougpt_schema import SourceRole, SourceStatus

from dougpt_media.decoding import decode
from dougpt_media.demux import (
    Reading,
    UnreadableMediaError,
    frames,
    has_decoder,
    open_media,
    origin_s,
    packets_of,
    picture_of,
    sound_of,
)
from dougpt_media.placement import LONGEST_RECORDING_S, Placement, Run
from dougpt_media.progress import TellShare
from dougpt_media.soundtrack import Form, Soundtrack
from dougpt_media.streams import Stream, streams_of
from dougpt_media.timeline import Damage
from dougpt_media.told import LATEST_S, LONGEST_S

# Containers that say in their head how long they are, so that a cut shows.
SELF_DESCRIBED = {"mov": "mp4", "matroska": "matroska", "wav": "wav", "flac": "flac", "avi": "avi", "flv": "flv"}
STILL_PICTURES = ("image2", "_pipe", "gif", "tty")
RATE_HZ = 16_000  # what length is counted in
MISSING_END_S = 1.0
MISSING_END_SHARE = 0.01


@dataclass(frozen=True, slots=True)
class Probe:
    """A media file's facts; `start_ms` is the presentation time that becomes 0, `evidence` says why it is not whole."""

    role: SourceRole
    container: str
    duration_ms: int
    start_ms: int
    width: int | None
    height: int | None
    frame_rate: float | None
    status: SourceStatus
    evidence: str
    address: str
    streams: tuple[Stream, ...]


def probe(path: Path, tell: TellShare | None = None) -> Probe:
    """Read a media file through, decoding its sound.

    Args:
        path: The file.
        tell: Called now and then with the share of the file that was read.

    Raises:
        UnreadableMediaError: It cannot be opened, or holds neither sound nor moving picture.
    """
    reading = Reading()
    with open_media(path) as container:
        name = container.format.name
        if any(still in name for still in STILL_PICTURES):
            raise UnreadableMediaError(path.name, f"a still picture or text ({name}), no recording")
        sound, picture = sound_of(container), picture_of(container)
        if sound is None and picture is None:
            raise UnreadableMediaError(path.name, "holds neither sound nor moving picture")
        promised_s, start_s = _promised_s(container, path), origin_s(container)
        found_s, damage = _read_through(container, reading, promised_s, tell)
        if found_s is None:
            raise UnreadableMediaError(path.name, "none of its sound or picture can be decoded")
        if not 0 <= found_s <= LONGEST_S or abs(start_s) > LATEST_S:
            raise UnreadableMediaError(
                path.name, f"its time stamps make no sense: {start_s:.0f} s, then {found_s:.0f} s"
            )
        status, evidence = _status(reading, damage, promised_s, found_s)
        size = (picture.width, picture.height) if picture is not None and has_decoder(picture) else (0, 0)
        rate = picture.average_rate or picture.guessed_rate if picture is not None else None
        return Probe(
            role=SourceRole.VIDEO if picture is not None else SourceRole.AUDIO,
            container=SELF_DESCRIBED.get(name.split(",")[0], name.split(",")[0]),
            duration_ms=round(found_s * 1000),
            start_ms=round(start_s * 1000),
            width=size[0] or None,
            height=size[1] or None,
            frame_rate=float(rate) if rate else None,
            status=status,
            evidence=evidence,
            address=container.metadata.get("purl") or container.metadata.get("comment") or "",
            streams=streams_of(container),
        )


def _read_through(
    container: InputContainer, reading: Reading, promised_s: float | None, tell: TellShare | None
) -> tuple[float | None, tuple[Damage, ...]]:
    """Return how far sound or picture can be read, on the recording's clock, and where damage was met."""
    sound = sound_of(container)
    placement = Placement(RATE_HZ, origin_s(container), reading.picture)
    packets = packets_of(container, sound, picture_of(container), reading)
    length_s = (container.duration or 0) / 1e6
    for done_s in Soundtrack(placement, reading, _Counter()).blocks(frames(packets, decode, reading)):
        if tell is not None and length_s > 0:
            tell(min(1.0, done_s / length_s))
    offset_s = placement.origin_s + placement.jumped_s
    known_s = max(placement.end_s, min(promised_s or 0.0, LONGEST_RECORDING_S))
    picture_end_s = reading.picture.end_s(known_s + offset_s)
    ends = [placement.end_s] if placement.written else []
    if picture_end_s is not None:
        ends.append(picture_end_s - offset_s)
    return max(ends, default=None), placement.bad.stretches()


@dataclass(slots=True)
class _Counter:
    """Counts the samples that a recorder would write, and keeps none."""

    _form_rate_hz: int = 1
    _n_samples: int = 0
    _left_out: int = 0
    _counted: int = 0

    def begin(self, run: Run, form: Form) -> int:
        self._form_rate_hz, self._n_samples, self._left_out, self._counted = form[0], 0, run.drop, 0
        return run.silence

    def push(self, frame: AudioFrame) -> None:
        self._n_samples += frame.samples

    def settle(self, *, finish: bool) -> int:  # noqa: ARG002 - nothing is ever held back
        before = self._counted
        self._counted = max(0, round(self._n_samples * RATE_HZ / self._form_rate_hz) - self._left_out)
        return self._counted - before


def is_cut(found_s: float, promised_s: float, *, slack_s: float = MISSING_END_S) -> bool:
    """Return whether a file ends early enough to call it cut off."""
    return promised_s - found_s > max(slack_s, MISSING_END_SHARE * promised_s)


def _promised_s(container: InputContainer, path: Path) -> float | None:
    """Return how long sound and picture should be, from 0:00, where the container says so reliably."""
    if container.format.name == "wav" and container.duration is not None:
        return container.duration / 1e6 * _riff_share(path)
    if container.format.name.split(",")[0] not in SELF_DESCRIBED:
        return None
    start_s = origin_s(container)
    ends = [
        float(((stream.start_time or 0) + stream.duration) * stream.time_base) - start_s
        for stream in (sound_of(container), picture_of(container))
        if stream is not None and stream.duration is not None and stream.time_base is not None
    ]
    if ends:
        return max(ends)
    return None if container.duration is None else container.duration / 1e6


def _riff_share(path: Path) -> float:
    """Return how many times as long as it is a RIFF file says to be; FFmpeg only tells what is there."""
    with path.open("rb") as file:
        head = file.read(8)
    told = int.from_bytes(head[4:8], "little") + 8
    streamed = told <= 8 or told >= 1 << 32  # its writer could not go back to fill the length in
    return 1.0 if head[:4] != b"RIFF" or streamed else max(1.0, told / path.stat().st_size)


def _status(
    reading: Reading, damage: tuple[Damage, ...], promised_s: float | None, found_s: float
) -> tuple[SourceStatus, str]:
    if promised_s is not None and is_cut(found_s, promised_s):
        return SourceStatus.TRUNCATED, f"only {found_s:.1f} of {promised_s:.1f} s can be read"
    if reading.stopped:
        return SourceStatus.DAMAGED, f"reading stops at {found_s:.1f} s"
    if reading.bad_packets:
        return SourceStatus.DAMAGED, _told(damage)
    return SourceStatus.OK, ""


def _told(damage: tuple[Damage, ...]) -> str:
    packets = sum(stretch.count for stretch in damage)
    first_s, last_s = damage[0].from_ms / 1000, damage[-1].to_ms / 1000
    where = f"between {first_s:.1f} and {last_s:.1f} s" if last_s - first_s >= 1 else f"at {first_s:.1f} s"
    return f"{packets} {'packet is' if packets == 1 else 'packets are'} damaged, {where}"
