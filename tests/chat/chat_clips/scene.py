"""The moving picture behind the chat: a landscape of soft and hard shapes that pans, another after every cut."""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from chat_clips.clip import Clip

MARGIN = (240, 160)
# Pixels to and fro, and seconds for it: about 100 pixels a second at the fastest.
SWING_S = (14.0, 9.0)


class Scene:
    """Pictures without the chat."""

    def __init__(self, clip: Clip) -> None:
        self._clip = clip
        self._cuts = sorted({*clip.cuts, *(moved.at_s for moved in clip.moved)})
        self._lands = [_land(clip, number) for number in range(len(self._cuts) + 1)]
        self._score: tuple[int, Image.Image] = (-1, Image.new("L", (1, 1)))
        self._font = ImageFont.load_default(max(12, clip.size[1] // 28))

    def picture(self, frame: int) -> NDArray[np.uint8]:
        """Return the picture (H, W, 3) of a frame, to be written into."""
        now_s = frame / self._clip.fps + 1e-6
        land = self._lands[sum(cut <= now_s for cut in self._cuts)]
        width, height = self._clip.size
        left, top = (
            round(margin / 2 * (1 + math.sin(2 * math.pi * now_s / swing_s)))
            for margin, swing_s in zip(MARGIN, SWING_S, strict=True)
        )
        picture = land[top : top + height, left : left + width].copy()
        if self._clip.hud:
            self._write_hud(picture, int(now_s))
        return picture

    def _write_hud(self, picture: NDArray[np.uint8], second: int) -> None:
        if self._score[0] != second:
            words = Image.new("L", (self._clip.size[0] // 3, self._clip.size[1] // 9))
            pen = ImageDraw.Draw(words)
            pen.text((4, 2), "WORLD 3-2: THE SWAMP", 255, self._font)
            pen.text((4, words.height // 2), f"SCORE: {1200 + 35 * second:06d}", 255, self._font)
            self._score = (second, words)
        ink = np.asarray(self._score[1])
        place = picture[20 : 20 + ink.shape[0], 24 : 24 + ink.shape[1]]
        np.maximum(place, ink[..., None], out=place)


def _land(clip: Clip, number: int) -> NDArray[np.uint8]:
    rng = np.random.default_rng([clip.seed, number])
    width, height = (edge + margin for edge, margin in zip(clip.size, MARGIN, strict=True))
    coarse = rng.integers(20, 200, (9, 16, 3), dtype=np.uint8)
    land = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    fine = rng.integers(0, 255, (height // 12, width // 12), dtype=np.uint8)
    grain = Image.fromarray(fine // 4).resize(land.size, Image.Resampling.BICUBIC)
    land.paste(Image.new("RGB", land.size, "#303038"), mask=grain)
    pen = ImageDraw.Draw(land)
    for x, y, across, down, shape in rng.integers((0, 0, 20, 20, 0), (width, height, 180, 140, 3), (60, 5)).tolist():
        color = tuple(rng.integers(10, 245, 3).tolist())
        match shape:
            case 0:
                pen.rectangle((x, y, x + across, y + down), color)
            case 1:
                pen.ellipse((x, y, x + across, y + down), color)
            case _:
                pen.line((x, y, x + across, y + down), color, 4)
    return np.asarray(land)
