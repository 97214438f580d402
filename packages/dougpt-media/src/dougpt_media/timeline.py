"""How a file's own clock was read and repaired, as facts that a page can draw; all times in milliseconds.

Times are on the recording's clock, where 0 is what a player shows as 0:00.
"""

from dataclasses import asdict, dataclass, field

# How many samples encoders put before the sound, by codec.
ENCODER_LEAD = {"aac": 1024, "mp3": 1105, "ac3": 256, "eac3": 256, "opus": 312}
LISTED = 1_000  # a file so damaged that it has more is described well enough by the first


@dataclass(frozen=True, slots=True)
class Damage:
    """`count` damaged packets between the first and the last of them."""

    from_ms: int
    to_ms: int
    count: int


@dataclass(frozen=True, slots=True)
class Jump:
    """Time stamps leapt here without anything lost, and the leap was taken out: later ones mean `by_ms` less."""

    at_ms: int
    by_ms: int


@dataclass(frozen=True, slots=True)
class Overlap:
    """Sound that was there twice: `ms` of the second copy were left out."""

    at_ms: int
    ms: int


@dataclass(frozen=True, slots=True)
class Change:
    """From here on the sound has this rate and these channels."""

    at_ms: int
    rate_hz: int
    channels: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """What was found between a file's first sound and its last.

    Attributes:
        origin_ms: The container's time that is 0 here.
        sound_from_ms: Where the first sound lies.
        sound_to_ms: Where the last ends.
        picture_to_ms: Where the picture ends, if there is any.
        track: Which track of sound was read, and of how many.
        codec: How it is coded.
        decoder: What decoded it.
        lead_ms: How much later than true all sound may lie, since encoders put a lead before it and this file does
            not tell of it.
        gaps: From where to where sound is missing, and why.
        bad_packets: Where packets are damaged.
        jumps: Where time stamps leapt.
        overlaps: Where sound was there twice.
        changes: Which forms the sound had; the first is the one it begins with.
        shifts: How often sound had to be moved by less than a reported gap.
        strays: How many frames had a time stamp that no other frame agrees with.
    """

    origin_ms: int = 0
    sound_from_ms: int = 0
    sound_to_ms: int = 0
    picture_to_ms: int | None = None
    track: int = 0
    tracks: int = 1
    codec: str = ""
    decoder: str = ""
    lead_ms: float = 0.0
    gaps: tuple[tuple[int, int, str], ...] = ()
    bad_packets: tuple[Damage, ...] = ()
    jumps: tuple[Jump, ...] = ()
    overlaps: tuple[Overlap, ...] = ()
    changes: tuple[Change, ...] = ()
    shifts: int = 0
    strays: int = 0

    def to_dict(self) -> dict[str, object]:
        """Return everything as plain JSON values."""
        gaps = [{"from_ms": from_ms, "to_ms": to_ms, "cause": cause} for from_ms, to_ms, cause in self.gaps]
        return {**asdict(self), "gaps": gaps}


def lead_ms(codec: str, rate_hz: int, cut_s: float) -> float:
    """Return how much of an encoder's lead may be left in the sound when so much of its beginning was cut off."""
    return 0.0 if cut_s > 0 else round(ENCODER_LEAD.get(codec, 0) * 1000 / rate_hz, 1)


@dataclass(slots=True)
class BadPackets:
    """Damaged packets, gathered into stretches that lie a second apart at least."""

    apart_ms: int = 1_000
    _stretches: list[Damage] = field(default_factory=list)

    def note(self, at_ms: int) -> None:
        """Count a packet, in any order; late ones that fit nowhere count to the nearest stretch before."""
        if self._stretches:
            last = self._stretches[-1]
            near = last.from_ms - self.apart_ms <= at_ms <= last.to_ms + self.apart_ms
            if near or len(self._stretches) >= LISTED:
                self._stretches[-1] = Damage(min(last.from_ms, at_ms), max(last.to_ms, at_ms), last.count + 1)
                return
        self._stretches.append(Damage(at_ms, at_ms, 1))

    def any_between(self, from_ms: int, to_ms: int) -> bool:
        """Return whether a stretch of them touches that one."""
        return any(one.from_ms <= to_ms and one.to_ms >= from_ms for one in self._stretches)

    def stretches(self) -> tuple[Damage, ...]:
        """Return the stretches by time, those that grew together joined."""
        found: list[Damage] = []
        for one in sorted(self._stretches, key=lambda stretch: stretch.from_ms):
            if found and one.from_ms <= found[-1].to_ms + self.apart_ms:
                last = found.pop()
                one = Damage(last.from_ms, max(last.to_ms, one.to_ms), last.count + one.count)  # noqa: PLW2901
            found.append(one)
        return tuple(found)
