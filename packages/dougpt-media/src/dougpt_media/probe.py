"""What a media file holds and whether it is whole, found by reading it to its end."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from av.container.input import InputContainer
from dougpt_schema import SourceRole, SourceStatus

from dougpt_media.demux import Reading, UnreadableMediaError, frames, open_media, origin_s, picture_of, sound_of
from dougpt_media.streams import Stream, streams_of
from dougpt_media.told import LATEST_S, LONGEST_S

# Containers that say in their head how long they are, so that a cut shows.
SELF_DESCRIBED = {"mov": "mp4", "matroska": "matroska", "wav": "wav", "flac": "flac", "avi": "avi", "flv": "flv"}
STILL_PICTURES = ("image2", "_pipe", "gif", "tty")
MISSING_END_S = 1.0
FRAMES_A_REPORT = 500
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


@dataclass(slots=True)
class _Damage:
    """Where damaged packets were met, as seconds of the sound read by then."""

    first_s: float = 0.0
    last_s: float = 0.0
    packets: int = 0

    def note(self, packets: int, at_s: float) -> None:
        """Take note of how many there were up to `at_s`."""
        if packets > self.packets:
            self.first_s = at_s if not self.packets else self.first_s
            self.packets, self.last_s = packets, at_s

    def __str__(self) -> str:
        where = f"at {self.first_s:.1f} s"
        if self.last_s - self.first_s >= 1:
            where = f"between {self.first_s:.1f} and {self.last_s:.1f} s"
        return f"{self.packets} {'packet is' if self.packets == 1 else 'packets are'} damaged, {where}"


def probe(path: Path, read: Callable[[float], None] | None = None) -> Probe:
    """Read a media file through, decoding its sound.

    Args:
        path: The file.
        read: Called now and then with the share of the file that was read.

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
        damage = _read_through(container, reading, start_s, read)
        ends = [end_s for end_s in (reading.audio_end_s, reading.video_end_s) if end_s is not None]
        if not ends:
            raise UnreadableMediaError(path.name, "none of its sound or picture can be decoded")
        found_s = max(ends) - start_s
        if not 0 <= found_s <= LONGEST_S or abs(start_s) > LATEST_S:
            raise UnreadableMediaError(path.name, f"its time stamps make no sense: {start_s:.0f} to {max(ends):.0f} s")
        status, evidence = _status(reading, damage, promised_s, found_s)
        rate = picture.average_rate or picture.guessed_rate if picture is not None else None
        return Probe(
            role=SourceRole.VIDEO if picture is not None else SourceRole.AUDIO,
            container=SELF_DESCRIBED.get(name.split(",")[0], name.split(",")[0]),
            duration_ms=round(found_s * 1000),
            start_ms=round(start_s * 1000),
            width=picture.width or None if picture is not None else None,
            height=picture.height or None if picture is not None else None,
            frame_rate=float(rate) if rate else None,
            status=status,
            evidence=evidence,
            address=container.metadata.get("purl") or container.metadata.get("comment") or "",
            streams=streams_of(container),
        )


def _read_through(
    container: InputContainer, reading: Reading, start_s: float, read: Callable[[float], None] | None
) -> _Damage:
    """Read to the end, and return where damage was met."""
    damage, at_s = _Damage(), 0.0
    length_s = (container.duration or 0) / 1e6
    for number, frame in enumerate(frames(container, reading)):
        at_s = at_s if frame.time is None else frame.time - start_s
        damage.note(reading.bad_packets, at_s)
        if read is not None and not number % FRAMES_A_REPORT and length_s > 0:
            read(min(1.0, max(0.0, at_s / length_s)))
    damage.note(reading.bad_packets, at_s)
    return damage


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


def _status(reading: Reading, damage: _Damage, promised_s: float | None, found_s: float) -> tuple[SourceStatus, str]:
    if promised_s is not None and is_cut(found_s, promised_s):
        return SourceStatus.TRUNCATED, f"only {found_s:.1f} of {promised_s:.1f} s can be read"
    if reading.stopped:
        return SourceStatus.DAMAGED, f"reading stops at {found_s:.1f} s"
    if reading.bad_packets:
        return SourceStatus.DAMAGED, str(damage)
    return SourceStatus.OK, ""
