"""Where on the recording's clock each frame of sound belongs, told from the time stamps of it and its neighbours.

Sound follows on sound, sample by sample, for as long as the time stamps agree with that; their rounding and
wandering moves nothing. Where they leave it, and the frames behind agree with the new place, a new run begins:
behind a gap, over what was there twice, or, after a leap in which nothing can have been lost, where the old one ended.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from dougpt_media.picture import Picture
from dougpt_media.timeline import LISTED, BadPackets, Jump, Overlap

ROUNDING_S = 0.0015  # time stamps in whole milliseconds, both ends of a difference rounded
WANDER_S = 0.040  # time stamps written by a wall clock wander by less than this
LOOK_AHEAD = 8  # frames that are asked whether a place is meant
LONGEST_GAP_S = 60.0  # a longer one is a leap of the time stamps, unless the picture goes on meanwhile
SHORTEST_REPEAT_S = 1.0
LONGEST_RECORDING_S = 48 * 3600.0  # beyond lie only broken time stamps
REPORTED_GAP_MS = 250


@dataclass(frozen=True, slots=True)
class Run:
    """What to do before a new run of sound: write so much silence, or leave out so many of its samples."""

    silence: int
    drop: int


@dataclass(slots=True)
class Placement:
    """The clock while sound is read; `written` counts the samples that stand on it so far.

    Attributes:
        rate_hz: Samples a second on the recording's clock.
        origin_s: The container's time that is 0.
        picture: When a picture was shown.
    """

    rate_hz: int
    origin_s: float
    picture: Picture
    written: int = 0
    sound_from_s: float | None = None
    lost: list[tuple[int, int, bool]] = field(default_factory=list)
    bad: BadPackets = field(default_factory=BadPackets)
    jumps: list[Jump] = field(default_factory=list)
    overlaps: list[Overlap] = field(default_factory=list)
    counts: dict[str, int] = field(
        default_factory=lambda: {"gaps": 0, "overlaps": 0, "jumps": 0, "shifts": 0, "strays": 0}
    )
    jumped_s: float = 0.0
    _run_s: float = 0.0
    _run_rate_hz: int = 1
    _run_samples: int = 0
    _first_s: float = 0.0

    @property
    def end_s(self) -> float:
        """Where the sound written so far ends."""
        return self.written / self.rate_hz

    @property
    def due_s(self) -> float:
        """Where the next frame of this run belongs."""
        return self._run_s + self._run_samples / self._run_rate_hz

    def note_bad(self, at_s: float) -> None:
        """Note a damaged packet by the container's clock."""
        self.bad.note(max(0, round((at_s - self.origin_s - self.jumped_s) * 1000)))

    def follows(self, at_s: float | None) -> bool:
        """Return whether a frame is where the run goes on, by its own time stamp alone."""
        return at_s is None or abs(at_s - self.origin_s - self.jumped_s - self.due_s) <= ROUNDING_S

    def grow(self, n_samples: int) -> None:
        """Let the run go on by a frame."""
        self._run_samples += n_samples

    def breaks(self, ahead: Sequence[tuple[float | None, float]]) -> bool:
        """Return whether a new run begins at the first of these frames, (time stamp, length), in seconds.

        Small deviations that grow or wander are none; a large one is one where most frames behind it agree.
        """
        deviations = self._deviations(ahead)
        if deviations[0] is None:
            return False
        first, rest = deviations[0], [deviation for deviation in deviations[1:] if deviation is not None]
        if abs(first) <= WANDER_S:
            agree = all(abs(other - first) <= 2 * ROUNDING_S and abs(other) > ROUNDING_S for other in rest)
            return agree and len(rest) >= LOOK_AHEAD // 2
        agreeing = sum(abs(other - first) <= WANDER_S for other in rest)
        if 2 * agreeing >= len(rest) and (rest or abs(first) <= SHORTEST_REPEAT_S):
            return True
        self.counts["strays"] += 1
        return False

    def begin(self, ahead: Sequence[tuple[float | None, float]], rate_hz: int) -> Run:
        """Begin a run at the first of these frames, whose sound has a rate; return what to write before it."""
        deviations = self._deviations(ahead)
        known = [deviation for deviation in deviations if deviation is not None]
        start_s = self.due_s
        if known and deviations[0] is not None:
            near = [other for other in known if abs(other - known[0]) <= 2 * ROUNDING_S]
            # The median of several roundings; of all frames where most contradict the first.
            start_s += median(near if 2 * len(near) >= len(known) else known)
        run = self._placed(start_s)
        self._run_rate_hz, self._run_samples = rate_hz, 0
        if self.sound_from_s is None:
            self.sound_from_s = max(0.0, self._run_s)
            self._first_s = self._run_s
        return run

    def _deviations(self, ahead: Sequence[tuple[float | None, float]]) -> list[float | None]:
        found: list[float | None] = []
        due_s = self.origin_s + self.jumped_s + self.due_s
        for at_s, length_s in ahead:
            found.append(None if at_s is None else at_s - due_s)
            due_s += length_s
        return found

    def _placed(self, start_s: float) -> Run:
        apart_s = start_s - self.end_s
        if self._is_jump(apart_s, start_s):
            self.counts["jumps"] += 1
            if len(self.jumps) < LISTED:
                self.jumps.append(Jump(round(self.end_s * 1000), round(apart_s * 1000)))
            self.jumped_s += apart_s
            self._run_s = self.end_s
            return Run(0, 0)
        self._run_s = start_s
        first = round(start_s * self.rate_hz)
        if first >= self.written:
            return Run(self._silence(first), 0)
        self._note_overlap(-apart_s)
        return Run(0, self.written - first)

    def _is_jump(self, apart_s: float, start_s: float) -> bool:
        if start_s > LONGEST_RECORDING_S:
            return True
        if abs(apart_s) <= LONGEST_GAP_S:
            # A second recording behind the first, with time stamps from its start, or from before it.
            again = self.sound_from_s is not None and start_s < self._first_s + SHORTEST_REPEAT_S
            return again and apart_s < -SHORTEST_REPEAT_S
        offset_s = self.origin_s + self.jumped_s
        return apart_s < 0 or not self.picture.goes_on(self.end_s + offset_s, start_s + offset_s)

    def _silence(self, until: int) -> int:
        n_samples = until - self.written
        from_ms, to_ms = round(self.end_s * 1000), round(until * 1000 / self.rate_hz)
        if to_ms - from_ms >= REPORTED_GAP_MS:
            self.counts["gaps"] += 1
            self.lost.append((from_ms, to_ms, self.bad.any_between(from_ms - 50, to_ms + 50)))
        elif n_samples > self.rate_hz * ROUNDING_S and self.sound_from_s is not None:
            self.counts["shifts"] += 1
        return n_samples

    def _note_overlap(self, s: float) -> None:
        if self.sound_from_s is None:
            return  # before 0, where a player shows nothing either
        if s * 1000 < REPORTED_GAP_MS:
            self.counts["shifts"] += s > ROUNDING_S
            return
        self.counts["overlaps"] += 1
        if len(self.overlaps) < LISTED:
            self.overlaps.append(Overlap(round(self.end_s * 1000), round(s * 1000)))
