"""When messages come, slide, fade and go: what stands where in every picture."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, inf

from chat_clips.clip import Clip

BURST_SHARE = 0.3
BURST_S = 0.4
LAST_ARRIVAL_S = 0.6
REMOVED_AFTER_S = (1.5, 5.0)
FADE_S = 0.5
EDGE_PX = 6
EPSILON_S = 1e-6


@dataclass(frozen=True, slots=True)
class Placed:
    """A message in a picture: its top below the panel's top edge, and how much of it a fade has left, 0 to 1."""

    number: int
    top: int
    strength: float


@dataclass(frozen=True, slots=True)
class Arrival:
    """When a message comes and when it is taken out again, in seconds."""

    at_s: float
    removed_s: float = inf


def arrivals(clip: Clip) -> list[Arrival]:
    """Return the arrivals of a clip in order: as many as its rate says, some of them in bursts."""
    rng = random.Random(f"arrivals {clip.seed}")  # noqa: S311 - no secret
    span_s = clip.seconds - LAST_ARRIVAL_S
    wanted = round(clip.messages_per_s * span_s)
    if clip.script:
        wanted = min(wanted, max(0, len(clip.script) - clip.before))
    centres = [rng.uniform(0, span_s) for _ in range(max(1, round(clip.seconds / 6)))]
    times = []
    for _ in range(wanted):
        at_s = rng.gauss(rng.choice(centres), BURST_S) if rng.random() < BURST_SHARE else rng.uniform(0, span_s)
        times.append(_on_tick(clip, min(max(at_s, 0.0), span_s)))
    found = [Arrival(-inf)] * clip.before
    for at_s in sorted(times):
        removed = rng.random() < clip.removed
        removed_s = _on_tick(clip, at_s + rng.uniform(*REMOVED_AFTER_S)) if removed else inf
        found.append(Arrival(at_s, removed_s))
    return found


def _on_tick(clip: Clip, at_s: float) -> float:
    return ceil(at_s / clip.tick_s) * clip.tick_s if clip.scroll == "jump" else at_s


def placements(clip: Clip, coming: list[Arrival], heights: list[int], gap_px: int) -> Iterator[tuple[Placed, ...]]:
    """Yield what stands in the panel, picture after picture, from the newest message to the oldest."""
    scroll = _Scroll(clip)
    entered = 0
    for frame in range(clip.frames):
        now_s = frame / clip.fps + EPSILON_S
        while entered < len(coming) and coming[entered].at_s <= now_s:
            scroll.push(coming[entered].at_s, heights[entered] + gap_px)
            entered += 1
        placed: list[Placed] = []
        edge = EDGE_PX - scroll.behind_px(now_s)
        for number in reversed(range(entered)):
            if edge >= clip.panel[3]:
                break
            if now_s < coming[number].removed_s:
                top = edge if clip.newest == "top" else clip.panel[3] - edge - heights[number]
                placed.append(Placed(number, top, _strength(clip, now_s - coming[number].at_s)))
                edge += heights[number] + gap_px
        yield tuple(one for one in placed if one.strength > 0)


def _strength(clip: Clip, age_s: float) -> float:
    return 1.0 if clip.fade_s is None else min(1.0, 1 - (age_s - clip.fade_s) / FADE_S)


class _Scroll:
    """How far the column still stands behind its end while it slides, cubic and slowing down."""

    def __init__(self, clip: Clip) -> None:
        self._ease_s = clip.ease_s if clip.scroll == "eased" else 0.0
        self._start_s = -inf
        self._from_px = 0.0

    def push(self, at_s: float, height_px: int) -> None:
        """A message comes: what is left of the last slide and its height are slid over anew."""
        if at_s == -inf:
            return
        self._from_px = self._left_px(at_s) + height_px
        self._start_s = at_s

    def behind_px(self, now_s: float) -> int:
        """Whole pixels, as players place text."""
        return round(self._left_px(now_s))

    def _left_px(self, now_s: float) -> float:
        if self._ease_s == 0 or now_s >= self._start_s + self._ease_s:
            return 0.0
        return self._from_px * (1 - (now_s - self._start_s) / self._ease_s) ** 3
