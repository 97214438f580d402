"""A clip written to a file, picture by picture, with the truth of it noted on the way."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ImageColor

from chat_clips.clip import Clip, Message, Panel, Truth
from chat_clips.scene import Scene
from chat_clips.timeline import Arrival, Placed, arrivals, placements
from chat_clips.typeset import PHASES, Strip, Typesetter
from chat_clips.vocabulary import Said, endless

PHASE_S = 0.1
CONTAINERS = {"libx264": {".mp4", ".mkv", ".ts", ".mov"}, "libvpx-vp9": {".webm", ".mkv", ".mp4"}}
Picture = NDArray[np.uint8]


def render(clip: Clip, path: Path) -> Truth:
    """Write `clip` to `path` and return what is true of it.

    Raises:
        ValueError: The codec does not go into a file of that name.
    """
    if path.suffix not in CONTAINERS[clip.codec]:
        raise ValueError(f"{clip.codec} does not go into {path.name}")
    script = _Script.of(clip)
    watched = _Watched(script)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(clip.codec, rate=clip.fps, options=_options(clip))
        stream.width, stream.height = clip.encoded
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, clip.fps)
        for number, picture in enumerate(_pictures(script, watched)):
            frame = av.VideoFrame.from_ndarray(cv2.cvtColor(picture, cv2.COLOR_RGB2YUV_I420), "yuv420p")
            if clip.rescaled:
                frame = frame.reformat(*clip.rescaled, interpolation="BICUBIC")
            frame.pts = number
            frame.time_base = Fraction(1, clip.fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return watched.truth()


def _options(clip: Clip) -> dict[str, str]:
    if clip.codec == "libvpx-vp9":
        return {"crf": str(clip.crf), "b": "0", "deadline": "realtime", "cpu-used": "8", "row-mt": "1"}
    return {"crf": str(clip.crf), "preset": clip.preset, "threads": "2"}


@dataclass(frozen=True)
class _Script:
    """The messages of a clip, drawn, and when they come."""

    clip: Clip
    coming: list[Arrival]
    said: list[Said]
    strips: list[Strip]
    gap_px: int

    @classmethod
    def of(cls, clip: Clip) -> "_Script":
        coming = arrivals(clip)
        lines = iter(clip.script) if clip.script else endless(clip.seed, clip.chat, clip.cjk)
        said = list(islice(lines, len(coming)))
        typesetter = Typesetter(clip)
        gap_px = round(0.4 * clip.font_px) if clip.gap_px < 0 else clip.gap_px
        return cls(clip, coming, said, [typesetter.strip(one) for one in said], gap_px)

    def placements(self) -> Iterator[tuple[Placed, ...]]:
        return placements(self.clip, self.coming, [strip.height for strip in self.strips], self.gap_px)

    def origin(self, frame: int) -> tuple[int, int] | None:
        """Where the panel stands in a frame, if it does."""
        now_s = frame / self.clip.fps + 1e-6
        if any(start <= now_s < end for start, end in self.clip.hidden):
            return None
        origin = self.clip.panel[:2]
        for moved in self.clip.moved:
            if moved.at_s <= now_s:
                origin = (moved.left, moved.top)
        return origin


def _pictures(script: _Script, watched: "_Watched") -> Iterator[Picture]:
    scene, overlay = Scene(script.clip), _Overlay(script)
    for frame, placed in enumerate(script.placements()):
        picture = scene.picture(frame)
        origin = script.origin(frame)
        if origin is not None:
            overlay.lay(picture, origin, placed, int((frame / script.clip.fps) / PHASE_S) % PHASES)
        watched.see(frame, origin, placed)
        yield picture


class _Overlay:
    """The panel as a picture with alpha, drawn anew where something in it changed."""

    def __init__(self, script: _Script) -> None:
        self._script = script
        self._drawn: tuple[object, Picture, NDArray[np.uint16]] | None = None
        clip = script.clip
        alpha = round(255 * clip.opacity)
        red, green, blue = (part * alpha // 255 for part in ImageColor.getrgb(clip.ground)[:3])
        self._ground = np.empty((clip.panel[3], clip.panel[2], 4), dtype=np.uint8)
        self._ground[:] = (red, green, blue, alpha)

    def lay(self, picture: Picture, origin: tuple[int, int], placed: tuple[Placed, ...], phase: int) -> None:
        """Write the panel into `picture`."""
        moving = any(self._script.strips[one.number].moves for one in placed)
        key = (placed, phase if moving else 0)
        if self._drawn is None or self._drawn[0] != key:
            drawn = self._panel(placed, phase)
            self._drawn = (key, drawn[..., :3], 255 - drawn[..., 3:].astype(np.uint16))
        _, colors, through = self._drawn
        left, top = origin
        place = picture[top : top + colors.shape[0], left : left + colors.shape[1]]
        if self._script.clip.opacity == 1:
            place[:] = colors
        else:
            place[:] = colors + (place * through + 127) // 255

    def _panel(self, placed: tuple[Placed, ...], phase: int) -> Picture:
        panel = self._ground.copy()
        for one in placed:
            strip = self._script.strips[one.number]
            picture = strip.phases[phase % len(strip.phases)]
            cut, top = max(0, -one.top), min(max(0, one.top), panel.shape[0])
            part = picture[cut : cut + panel.shape[0] - top].astype(np.uint16)
            if one.strength < 1:
                part = (part * one.strength).astype(np.uint16)
            place = panel[top : top + len(part)]
            place[:] = part + (place * (255 - part[..., 3:]) + 127) // 255
        return panel


@dataclass
class _Watched:
    """What was to be seen so far."""

    script: _Script
    first: dict[int, int] = field(default_factory=dict)
    last: dict[int, int] = field(default_factory=dict)
    placed: dict[int, tuple[tuple[int, float], ...]] = field(default_factory=dict)
    origins: list[tuple[int, tuple[int, int] | None]] = field(default_factory=list)

    def see(self, frame: int, origin: tuple[int, int] | None, placed: tuple[Placed, ...]) -> None:
        """Note a picture."""
        if not self.origins or self.origins[-1][1] != origin:
            self.origins.append((frame, origin))
            self.placed[frame] = ()
        if origin is None:
            return
        tops = tuple((one.number, float(origin[1] + one.top)) for one in placed)
        if tops != next(reversed(self.placed.values())):
            self.placed[frame] = tops
        for one in placed:
            if self._is_whole(one):
                self.first.setdefault(one.number, frame)
                if one.strength == 1:
                    self.last[one.number] = frame

    def _is_whole(self, one: Placed) -> bool:
        rows = self.script.strips[one.number].rows
        top, bottom = one.top + rows[0].top, one.top + rows[-1].top + rows[-1].height
        return top >= 0 and bottom <= self.script.clip.panel[3]

    def truth(self) -> Truth:
        """What is true of the clip; messages that were never whole are left out, and so are their rows."""
        clip = self.script.clip
        numbers = {number: place for place, number in enumerate(sorted(self.first))}
        placed = {
            frame: tuple((numbers[number], top) for number, top in tops if number in numbers)
            for frame, tops in self.placed.items()
        }
        messages = tuple(self._message(number) for number in numbers)
        return Truth(clip, messages, tuple(self._panels()), placed, tuple(self.origins))

    def _message(self, number: int) -> Message:
        clip, said, strip = self.script.clip, self.script.said[number], self.script.strips[number]
        first, gone = self.first[number], self.last.get(number, self.first[number]) + 1
        pieces = tuple(piece for piece in said.pieces if clip.emotes or piece.kind != "emote")
        return Message(
            name=said.name,
            text=" ".join(piece.text for piece in pieces if piece.kind == "words"),
            pieces=pieces,
            color=strip.color,
            badges=said.badges * clip.badges,
            first_frame=first,
            first_ms=clip.ms(first),
            gone_frame=gone,
            gone_ms=clip.ms(gone),
            removed=abs(gone / clip.fps - self.script.coming[number].removed_s) <= 1 / clip.fps,
            rows=strip.rows,
        )

    def _panels(self) -> Iterator[Panel]:
        clip = self.script.clip
        across, down = clip.scale
        ends = [start for start, _ in self.origins[1:]] + [clip.frames]
        for (start, origin), end in zip(self.origins, ends, strict=True):
            if origin is not None:
                left, top = origin
                right, bottom = left + clip.panel[2], top + clip.panel[3]
                box = (left * across, top * down, right * across, bottom * down)
                yield Panel(clip.ms(start), clip.ms(end), box)
